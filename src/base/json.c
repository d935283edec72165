/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON. json-c 0.16 builds the value; before it, a pass over the tokens refuses what its
 * strict mode lets through: control characters in strings, numbers such as "00", "1." or NaN,
 * integers that it would silently clamp, overlong UTF-8, and NULs in names, which it would cut.
 */
#include "base/json.h"

#include "base/error.h"
#include "base/number.h"
#include "base/utf8.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_tokener.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct json_parser {
    struct json_tokener *tokener;
};

/* The text that is checked, and what is wrong with it: the byte at `at`. */
typedef struct token_check {
    const char *text;
    size_t length, at;
    const char *reason; /* NULL while all is well */
} token_check;

static struct json_object *object_of(const json_value *value)
{
    /* json-c takes non-const objects even where it only reads. */
    return (struct json_object *)(uintptr_t)value;
}

json_parser *json_parser_new(void)
{
    json_parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        return NULL;
    parser->tokener = json_tokener_new_ex(JSON_MAX_DEPTH);
    if (!parser->tokener) {
        free(parser);
        return NULL;
    }
    json_tokener_set_flags(parser->tokener, JSON_TOKENER_STRICT);
    return parser;
}

void json_parser_free(json_parser *parser)
{
    if (!parser)
        return;
    json_tokener_free(parser->tokener);
    free(parser);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether a ':' follows behind white space: the string that ends before `at` is a name. */
static bool is_name_end(const token_check *c, size_t at)
{
    while (at < c->length && is_space(c->text[at]))
        at++;
    return at < c->length && c->text[at] == ':';
}

/* From the opening quote to behind the closing one. json-c reports a missing one. */
static void check_string(token_check *c)
{
    bool has_nul = false;
    size_t start = c->at++;
    while (c->at < c->length && c->text[c->at] != '"') {
        if ((unsigned char)c->text[c->at] < 0x20) {
            c->reason = "control character in a string";
            return;
        }
        if (c->text[c->at] == '\\') {
            has_nul |= c->length - c->at >= 6 && memcmp(c->text + c->at, "\\u0000", 6) == 0;
            c->at++;
        }
        c->at += c->at < c->length;
    }
    c->at += c->at < c->length;
    if (has_nul && is_name_end(c, c->at)) {
        c->at = start;
        c->reason = "NUL character in a name";
    }
}

static size_t skip_digits(const token_check *c, size_t at)
{
    while (at < c->length && c->text[at] >= '0' && c->text[at] <= '9')
        at++;
    return at;
}

static bool is_integer_in_range(const char *text, size_t length)
{
    int64_t negative;
    uint64_t positive;
    return text[0] == '-' ? number_parse_int(text, length, INT64_MIN, 0, &negative)
                          : number_parse_uint(text, length, 0, UINT64_MAX, &positive);
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static void check_number(token_check *c)
{
    const char *t = c->text;
    size_t start = c->at, whole = start + (t[start] == '-'), at = skip_digits(c, whole);
    bool is_good = at > whole && (t[whole] != '0' || at == whole + 1), is_integer = true;
    if (at < c->length && t[at] == '.') {
        size_t end = skip_digits(c, at + 1);
        is_good = is_good && end > at + 1;
        is_integer = false;
        at = end;
    }
    if (at < c->length && (t[at] == 'e' || t[at] == 'E')) {
        at++;
        at += at < c->length && (t[at] == '+' || t[at] == '-');
        size_t end = skip_digits(c, at);
        is_good = is_good && end > at;
        is_integer = false;
        at = end;
    }
    if (!is_good)
        c->reason = "not a number";
    else if (is_integer && !is_integer_in_range(t + start, at - start))
        c->reason = "integer of more than 64 bits";
    else
        c->at = at;
}

static void check_tokens(token_check *c)
{
    size_t valid = utf8_valid_length(c->text, c->length);
    if (valid < c->length) {
        c->at = valid;
        c->reason = "invalid UTF-8";
    }
    while (!c->reason && c->at < c->length) {
        char byte = c->text[c->at];
        if (byte == '"')
            check_string(c);
        else if (byte == '-' || (byte >= '0' && byte <= '9'))
            check_number(c);
        else if (byte == 'N' || byte == 'I' || ((unsigned char)byte < 0x20 && !is_space(byte)))
            c->reason = "unexpected character";
        else
            c->at++;
    }
}

static triage_status not_json(triage_error *err, size_t at, const char *reason)
{
    return error_set(err, TRIAGE_ERROR_DATA, "not JSON at byte %zu: %s", at + 1, reason);
}

/* json-c gives NULL for null and when out of memory: only the text can tell. */
static bool is_null_text(const char *text, size_t length)
{
    while (length > 0 && is_space(*text)) {
        text++;
        length--;
    }
    return length >= 4 && memcmp(text, "null", 4) == 0;
}

triage_status json_parse(json_parser *parser, const char *text, size_t length,
                         json_value **ret_value, triage_error *err)
{
    if (length > INT_MAX - 1) /* json-c counts in int */
        return not_json(err, INT_MAX, "text of more than 2 GiB");
    token_check check = {.text = text, .length = length};
    check_tokens(&check);
    if (check.reason)
        return not_json(err, check.at, check.reason);
    struct json_tokener *tokener = parser->tokener;
    json_tokener_reset(tokener);
    struct json_object *value = NULL;
    enum json_tokener_error problem = json_tokener_continue;
    size_t at = length;
    if (length > 0) {
        value = json_tokener_parse_ex(tokener, text, (int)length);
        problem = json_tokener_get_error(tokener);
        at = json_tokener_get_parse_end(tokener);
    }
    if (problem == json_tokener_continue) { /* a NUL tells json-c that this was all */
        value = json_tokener_parse_ex(tokener, "", 1);
        problem = json_tokener_get_error(tokener);
        at = length;
    }
    if (problem == json_tokener_error_depth)
        return not_json(err, at, "nested more than 32 deep");
    if (problem != json_tokener_success)
        return not_json(err, at, json_tokener_error_desc(problem));
    if (!value && !is_null_text(text, length))
        return error_memory(err);
    *ret_value = (json_value *)value;
    return TRIAGE_OK;
}

void json_free(json_value *value)
{
    json_object_put((struct json_object *)value);
}

json_kind json_kind_of(const json_value *value)
{
    switch (json_object_get_type(object_of(value))) {
    case json_type_boolean: return JSON_BOOL;
    case json_type_double:
    case json_type_int: return JSON_NUMBER;
    case json_type_string: return JSON_STRING;
    case json_type_array: return JSON_ARRAY;
    case json_type_object: return JSON_OBJECT;
    default: return JSON_NULL;
    }
}

const char *json_kind_name(json_kind kind)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "bool",   [JSON_NUMBER] = "number",
        [JSON_STRING] = "string", [JSON_ARRAY] = "array", [JSON_OBJECT] = "object",
    };
    return names[kind];
}

bool json_member(const json_value *object, const char *name, const json_value **ret_value)
{
    struct json_object *value;
    if (json_kind_of(object) != JSON_OBJECT ||
        !json_object_object_get_ex(object_of(object), name, &value))
        return false;
    *ret_value = (const json_value *)value;
    return true;
}

bool json_next_member(const json_value *object, json_cursor *cursor, const char **ret_name,
                      const json_value **ret_value)
{
    if (json_kind_of(object) != JSON_OBJECT)
        return false;
    struct json_object_iterator at = {cursor->position};
    struct json_object_iterator end = json_object_iter_end(object_of(object));
    if (!cursor->is_started)
        at = json_object_iter_begin(object_of(object));
    cursor->is_started = true;
    cursor->position = at.opaque_;
    if (json_object_iter_equal(&at, &end))
        return false;
    *ret_name = json_object_iter_peek_name(&at);
    *ret_value = (const json_value *)json_object_iter_peek_value(&at);
    json_object_iter_next(&at);
    cursor->position = at.opaque_;
    return true;
}

size_t json_length(const json_value *value)
{
    switch (json_kind_of(value)) {
    case JSON_ARRAY: return json_object_array_length(object_of(value));
    case JSON_OBJECT: return (size_t)json_object_object_length(object_of(value));
    default: return 0;
    }
}

const json_value *json_element(const json_value *array, size_t i)
{
    if (json_kind_of(array) != JSON_ARRAY || i >= json_length(array))
        return NULL;
    return (const json_value *)json_object_array_get_idx(object_of(array), i);
}

bool json_string(const json_value *value, const char **ret_text, size_t *ret_length)
{
    if (json_kind_of(value) != JSON_STRING)
        return false;
    *ret_text = json_object_get_string(object_of(value));
    *ret_length = (size_t)json_object_get_string_len(object_of(value));
    return true;
}

bool json_scalar_text(const json_value *value, const char **ret_text, size_t *ret_length)
{
    json_kind kind = json_kind_of(value);
    if (kind == JSON_STRING)
        return json_string(value, ret_text, ret_length);
    if (kind != JSON_NUMBER && kind != JSON_BOOL)
        return false;
    const char *text = json_object_get_string(object_of(value));
    if (!text)
        return false;
    *ret_text = text;
    *ret_length = strlen(text);
    return true;
}

bool json_double(const json_value *value, double *ret_value)
{
    if (json_kind_of(value) != JSON_NUMBER)
        return false;
    double number = json_object_get_double(object_of(value));
    if (!isfinite(number))
        return false;
    *ret_value = number;
    return true;
}

bool json_int(const json_value *value, int64_t min, int64_t max, int64_t *ret_value)
{
    const char *text;
    size_t length;
    /* By its text: json-c would round a fraction and clamp a number that is too large. */
    return json_kind_of(value) == JSON_NUMBER && json_scalar_text(value, &text, &length) &&
           number_parse_int(text, length, min, max, ret_value);
}

bool json_boolean(const json_value *value, bool *ret_value)
{
    if (json_kind_of(value) != JSON_BOOL)
        return false;
    *ret_value = json_object_get_boolean(object_of(value));
    return true;
}
