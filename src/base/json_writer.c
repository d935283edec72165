/* SPDX-License-Identifier: MIT */
/* Writing JSON: commas, escapes and numbers. */
#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Bits in json_writer.has_one. */
#define MAX_WRITER_DEPTH 63

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* buffer_append_char() where there mostly is room. */
static inline void put_char(buffer *out, char c)
{
    if (out->length < out->capacity)
        out->data[out->length++] = c;
    else
        buffer_append_char(out, c);
}

/* A comma, unless the value is the first of its container or belongs to a key. */
static void begin_value(json_writer *w)
{
    uint64_t bit = (uint64_t)1 << w->depth;
    if (!w->has_key && w->depth > 0 && (w->has_one & bit))
        put_char(w->out, ',');
    w->has_one |= bit;
    w->has_key = false;
}

static void begin_container(json_writer *w, char bracket)
{
    begin_value(w);
    put_char(w->out, bracket);
    assert(w->depth < MAX_WRITER_DEPTH);
    w->depth++;
    w->has_one &= ~((uint64_t)1 << w->depth);
}

static void end_container(json_writer *w, char bracket)
{
    assert(w->depth > 0 && !w->has_key);
    w->depth--;
    put_char(w->out, bracket);
}

void json_begin_object(json_writer *w)
{
    begin_container(w, '{');
}

void json_end_object(json_writer *w)
{
    end_container(w, '}');
}

void json_begin_array(json_writer *w)
{
    begin_container(w, '[');
}

void json_end_array(json_writer *w)
{
    end_container(w, ']');
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7F;
}

static void append_escape(buffer *out, unsigned char c)
{
    switch (c) {
    case '"': buffer_append_text(out, "\\\""); break;
    case '\\': buffer_append_text(out, "\\\\"); break;
    case '\n': buffer_append_text(out, "\\n"); break;
    case '\r': buffer_append_text(out, "\\r"); break;
    case '\t': buffer_append_text(out, "\\t"); break;
    default: buffer_printf(out, "\\u%04x", c); break;
    }
}

/* Eight bytes side by side in a word. */
#define EACH(byte) ((uint64_t)(byte)*0x0101010101010101u)

/* The upper bit of a byte of `x` is set if that byte is 0; bits above the first such may be, too.
 */
static inline uint64_t zero_bytes(uint64_t x)
{
    return (x - EACH(1)) & ~x & EACH(0x80);
}

/* Whether one of eight bytes is not ASCII or needs an escape. */
static inline bool has_special(const char *text)
{
    uint64_t x;
    memcpy(&x, text, sizeof x);
    uint64_t is_control = (x - EACH(0x20)) & ~x;
    return (((x | is_control) & EACH(0x80)) | zero_bytes(x ^ EACH('"')) |
            zero_bytes(x ^ EACH('\\')) | zero_bytes(x ^ EACH(0x7F))) != 0;
}

/* How many bytes, from the first, are ASCII and need no escape: most texts are nothing else. */
static size_t plain_length(const char *text, size_t length)
{
    size_t i = 0;
    while (length - i >= 8 && !has_special(text + i))
        i += 8;
    if (length >= 8 && length - i < 8 && !has_special(text + length - 8))
        return length;
    while (i < length && (unsigned char)text[i] < 0x80 && !needs_escape((unsigned char)text[i]))
        i++;
    return i;
}

/* `text` is valid UTF-8. */
static void append_escaped(buffer *out, const char *text, size_t length)
{
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        if (!needs_escape((unsigned char)text[i]))
            continue;
        buffer_append(out, text + from, i - from);
        append_escape(out, (unsigned char)text[i]);
        from = i + 1;
    }
    buffer_append(out, text + from, length - from);
}

static void append_quoted(buffer *out, const char *text, size_t length)
{
    size_t plain = plain_length(text, length);
    if (!buffer_reserve(out, plain + 2))
        return;
    out->data[out->length] = '"';
    if (plain > 0)
        memcpy(out->data + out->length + 1, text, plain);
    out->length += 1 + plain;
    text += plain;
    length -= plain;
    while (length > 0) {
        size_t valid = utf8_valid_length(text, length);
        append_escaped(out, text, valid);
        if (valid < length) {
            buffer_append_text(out, REPLACEMENT);
            valid++;
        }
        text += valid;
        length -= valid;
    }
    put_char(out, '"');
}

void json_write_key(json_writer *w, const char *key)
{
    assert(!w->has_key && w->depth > 0);
    begin_value(w);
    append_quoted(w->out, key, strlen(key));
    put_char(w->out, ':');
    w->has_key = true;
}

void json_write_string(json_writer *w, const char *text, size_t length)
{
    begin_value(w);
    append_quoted(w->out, text, length);
}

void json_write_text(json_writer *w, const char *text)
{
    if (text)
        json_write_string(w, text, strlen(text));
    else
        json_write_null(w);
}

static void write_digits(json_writer *w, uint64_t value, bool is_negative)
{
    char text[24]; /* 20 digits and a sign */
    size_t at = sizeof text;
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    if (is_negative)
        text[--at] = '-';
    json_write_raw(w, text + at, sizeof text - at);
}

void json_write_int(json_writer *w, int64_t value)
{
    write_digits(w, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

void json_write_uint(json_writer *w, uint64_t value)
{
    write_digits(w, value, false);
}

void json_write_double(json_writer *w, double value)
{
    char text[NUMBER_TEXT_SIZE];
    if (isfinite(value))
        json_write_raw(w, text, number_format_double(value, text));
    else
        json_write_null(w);
}

void json_write_float(json_writer *w, float value)
{
    char text[NUMBER_TEXT_SIZE];
    if (isfinite(value))
        json_write_raw(w, text, number_format_float(value, text));
    else
        json_write_null(w);
}

void json_write_bool(json_writer *w, bool value)
{
    begin_value(w);
    buffer_append_text(w->out, value ? "true" : "false");
}

void json_write_null(json_writer *w)
{
    begin_value(w);
    buffer_append_text(w->out, "null");
}

void json_write_raw(json_writer *w, const char *json, size_t length)
{
    begin_value(w);
    buffer_append(w->out, json, length);
}

/* A container that is being written, and how far that is. */
typedef struct open_container {
    const json_value *value;
    json_cursor cursor; /* of an object */
    size_t index;       /* of an array */
} open_container;

static void write_scalar(const json_value *value, json_writer *w)
{
    const char *text = "null";
    size_t length = strlen(text);
    if (json_string(value, &text, &length))
        json_write_string(w, text, length);
    else {
        (void)json_scalar_text(value, &text, &length);
        json_write_raw(w, text, length);
    }
}

/* The next value of the container, its key written if it has one; false, and it closed, if none. */
static bool next_value(open_container *c, json_writer *w, const json_value **ret_value)
{
    const char *name;
    if (json_kind_of(c->value) == JSON_OBJECT) {
        if (json_next_member(c->value, &c->cursor, &name, ret_value)) {
            json_write_key(w, name);
            return true;
        }
        json_end_object(w);
        return false;
    }
    if (c->index < json_length(c->value)) {
        *ret_value = json_element(c->value, c->index++);
        return true;
    }
    json_end_array(w);
    return false;
}

void json_write_value(json_writer *w, const json_value *value)
{
    /* The parser lets no value through that is nested deeper. */
    open_container open[JSON_MAX_DEPTH + 1];
    size_t depth = 0;
    do {
        json_kind kind = json_kind_of(value);
        if (kind == JSON_OBJECT)
            json_begin_object(w);
        else if (kind == JSON_ARRAY)
            json_begin_array(w);
        else
            write_scalar(value, w);
        if ((kind == JSON_OBJECT || kind == JSON_ARRAY) && depth <= JSON_MAX_DEPTH)
            open[depth++] = (open_container){.value = value};
        while (depth > 0 && !next_value(&open[depth - 1], w, &value))
            depth--;
    } while (depth > 0);
}

void json_write_members(json_writer *w, const char *members, size_t length)
{
    assert(!w->has_key && w->depth > 0);
    if (length > 0)
        json_write_raw(w, members, length);
}
