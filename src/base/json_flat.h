/* SPDX-License-Identifier: MIT */
/*
 * The members of a JSON object whose values are strings, numbers, true, false and null: what most
 * requests are.
 *
 * json_flat_read() reads plain ones without building values, in a fraction of the time that
 * json_parse() takes. It takes nothing that json_parse() would refuse, and gives the same; whatever
 * needs a second thought (nesting, \u escapes, doubled names, anything wrong) it leaves to
 * json_parse() and json_flat_take(). A fuzz target compares the two. See docs/adr/0004-json.md.
 */
#ifndef BASE_JSON_FLAT_H
#define BASE_JSON_FLAT_H

#include "base/json.h"

/* An object with more members is none that anybody wants. */
#define JSON_FLAT_MAX 16

typedef struct json_flat_member {
    const char *name; /* NUL-terminated */
    json_kind kind;
    const char
        *text; /* of a string its characters, NUL-terminated; of a number as written; else NULL */
    size_t length;
} json_flat_member;

/* Zero-initialised is empty. Thread-owned; used again for the next object. */
typedef struct json_flat {
    json_flat_member members[JSON_FLAT_MAX];
    size_t n;
    buffer memory; /* owned: the names and texts that json_flat_read() found */
} json_flat;

/* True with the members of `text` (`length` bytes); they refer to `flat`, not to `text`. */
bool json_flat_read(json_flat *flat, const char *text, size_t length);

/* The members of `object`, to which they refer. False, with `*ret_sentence` a static reason, if it
 * is no object or has too many. */
bool json_flat_take(json_flat *flat, const json_value *object, const char **ret_sentence);

void json_flat_free(json_flat *flat);

/* The member of that name, or NULL. */
const json_flat_member *json_flat_find(const json_flat *flat, const char *name);

/* False if it is NULL or not a number, or not one in [min, max]; as json_int() and json_double().
 */
bool json_flat_int(const json_flat_member *member, int64_t min, int64_t max, int64_t *ret_value);
bool json_flat_double(const json_flat_member *member, double *ret_value);

#endif
