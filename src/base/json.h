/* SPDX-License-Identifier: MIT */
/*
 * JSON: reading, with json-c behind it, and writing. The only header that the rest of Triage knows
 * JSON by.
 *
 * Reading is strict (RFC 8259, and more than json-c's own strict mode): no comments, no NaN, no
 * single quotes, no control characters in strings, no overlong UTF-8, nothing behind the value. The
 * last of several members with the same name counts. An escape for half of a surrogate pair is read
 * as U+FFFD.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects and arrays within each other; deeper is refused, because reading is recursive. */
#define JSON_MAX_DEPTH 32

typedef enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} json_kind;

/* A value that was read. NULL is JSON's null, and every function below takes it. */
typedef struct json_value json_value;

/* Memory for reading, used again for the next text. Thread-owned. */
typedef struct json_parser json_parser;

/* NULL if out of memory. */
json_parser *json_parser_new(void);
void json_parser_free(json_parser *parser);

/*
 * Reads one value from `length` bytes of `text` (no NUL needed). It is the caller's, to be freed
 * with json_free(), and does not refer to `text` or `parser`. ERROR_DATA with a message such as
 * "not JSON at byte 17: unexpected character" (1-based); ERROR_MEMORY.
 */
triage_status json_parse(json_parser *parser, const char *text, size_t length,
                         json_value **ret_value, triage_error *err) TRIAGE_CHECKED;

/* Frees a value that json_parse() gave, and all values in it. */
void json_free(json_value *value);

json_kind json_kind_of(const json_value *value);

/* "null", "bool", "number", "string", "array" or "object". */
const char *json_kind_name(json_kind kind);

/* The member `name` of an object: false if it is not an object or has none of that name. */
bool json_member(const json_value *object, const char *name, const json_value **ret_value);

/* Where json_next_member() is in an object; zero-initialise to begin. */
typedef struct json_cursor {
    const void *position;
    bool is_started;
} json_cursor;

/* The next member, in the order of the text; false behind the last one or if not an object. */
bool json_next_member(const json_value *object, json_cursor *cursor, const char **ret_name,
                      const json_value **ret_value);

/* The number of elements of an array or members of an object; 0 for all else. */
size_t json_length(const json_value *value);

/* Element `i` of an array; NULL (null) beyond its end or if it is no array. */
const json_value *json_element(const json_value *array, size_t i);

/* The characters of a string: any bytes of UTF-8, U+0000 too; owned by the value. False if it is
 * not a string. */
bool json_string(const json_value *value, const char **ret_text, size_t *ret_length);

/* The same; a number as it was written and true and false by name are texts, too. */
bool json_scalar_text(const json_value *value, const char **ret_text, size_t *ret_length);

/* False if it is not a number or does not fit. */
bool json_double(const json_value *value, double *ret_value);

/* False if it is not a number or is not a whole number in [min, max]. */
bool json_int(const json_value *value, int64_t min, int64_t max, int64_t *ret_value);

bool json_boolean(const json_value *value, bool *ret_value);

/*
 * Writes JSON into a buffer, with commas where they belong. Zero-initialise with `out` set; look at
 * `out->failed` once at the end. Values of an object follow a json_write_key().
 */
typedef struct json_writer {
    buffer *out;      /* borrowed */
    uint64_t has_one; /* bit d: the container at depth d has an element */
    unsigned depth;
    bool has_key; /* a key was written, its value was not */
} json_writer;

void json_begin_object(json_writer *w);
void json_end_object(json_writer *w);
void json_begin_array(json_writer *w);
void json_end_array(json_writer *w);

void json_write_key(json_writer *w, const char *key);
/* Bytes that are not UTF-8 become U+FFFD, so that the result is always JSON. */
void json_write_string(json_writer *w, const char *text, size_t length);
void json_write_text(json_writer *w, const char *text); /* NUL-terminated; NULL writes null */
void json_write_int(json_writer *w, int64_t value);
void json_write_uint(json_writer *w, uint64_t value);
/* The shortest text that reads back as the same number; NaN and infinities are written as null. */
void json_write_double(json_writer *w, double value);
void json_write_float(json_writer *w, float value);
void json_write_bool(json_writer *w, bool value);
void json_write_null(json_writer *w);
/* `json` is a complete JSON value, written as it is. */
void json_write_raw(json_writer *w, const char *json, size_t length);
/* Writes a value that was read, as it is: numbers digit by digit, members in their order. */
void json_write_value(json_writer *w, const json_value *value);
/* `members` are those of an object that a writer wrote before, without its braces; none is fine. */
void json_write_members(json_writer *w, const char *members, size_t length);

#endif
