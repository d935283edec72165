/* SPDX-License-Identifier: MIT */
/* Taking request targets apart. */
#include "http/target.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* For the values of a match, each with a NUL: more than a row of routes can have. */
#define SPARE_BYTES 16

/* A part of the target that is decoded into the memory at `out`. */
typedef struct decoder {
    const char *raw, *end;
    char *out;
    bool is_query; /* '+' is a space there, and '/' may be encoded */
} decoder;

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The next byte, decoded, or -1 for a broken encoding. */
static int next_byte(decoder *d)
{
    char c = *d->raw++;
    if (c == '+' && d->is_query)
        return ' ';
    if (c != '%')
        return (unsigned char)c;
    if (d->end - d->raw < 2)
        return -1;
    int high = hex_value(d->raw[0]), low = hex_value(d->raw[1]);
    d->raw += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes up to one of the two stop characters (as written, not encoded) or the end; NULL, or why
 * not. A NUL is written behind. */
static const char *decode(decoder *d, char stop, char other_stop)
{
    const char *start = d->out;
    while (d->raw < d->end && *d->raw != stop && *d->raw != other_stop) {
        bool is_encoded = *d->raw == '%';
        if (*d->raw == ' ')
            return "The address has a space.";
        int byte = next_byte(d);
        if (byte < 0)
            return "A percent encoding in the address is broken.";
        if (byte < 0x20 || byte == 0x7F)
            return "The address has a control character.";
        if (is_encoded && byte == '/' && !d->is_query)
            return "The address has an encoded slash.";
        *d->out++ = (char)byte;
    }
    if (!utf8_is_valid(start, (size_t)(d->out - start)))
        return "The address is not UTF-8.";
    *d->out++ = '\0';
    return NULL;
}

static bool is_dots(const char *segment)
{
    return strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0;
}

/* "/a/b" with each segment decoded: a slash in the result was one in the request. */
static const char *decode_path(target *t, decoder *d)
{
    const char *start = d->out;
    while (d->raw < d->end) {
        d->raw++;
        *d->out++ = '/';
        char *segment = d->out;
        const char *reason = decode(d, '/', '/');
        if (reason)
            return reason;
        if (is_dots(segment))
            return "The address has a segment of dots.";
        d->out--; /* the NUL */
    }
    t->path = start;
    t->path_length = (size_t)(d->out - start);
    *d->out++ = '\0';
    return NULL;
}

static const char *decode_query(target *t, decoder *d)
{
    while (d->raw < d->end) {
        if (*d->raw == '&') {
            d->raw++;
            continue;
        }
        if (t->n_parameters == TARGET_MAX_PARAMETERS)
            return "The address has too many parameters.";
        target_parameter *p = &t->parameters[t->n_parameters++];
        p->name = d->out;
        const char *reason = decode(d, '=', '&');
        if (reason)
            return reason;
        p->value = "";
        if (d->raw == d->end || *d->raw != '=')
            continue;
        d->raw++;
        p->value = d->out;
        reason = decode(d, '&', '&');
        if (reason)
            return reason;
    }
    return NULL;
}

/* Where the path begins: behind the host of an absolute address; NULL if there is none. */
static const char *path_of(const char *raw, size_t length)
{
    static const char *const schemes[] = {"http://", "https://"};
    if (length > 0 && raw[0] == '/')
        return raw;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (length > n && memcmp(raw, schemes[i], n) == 0)
            return memchr(raw + n, '/', length - n);
    }
    return NULL;
}

/* A NUL for the path and two for each parameter; the values of a match at the end. */
static bool make_room(target *t, size_t length)
{
    size_t twice, needed;
    if (!size_multiply(length, 2, &twice) ||
        !size_add(twice, 2 + 2 * TARGET_MAX_PARAMETERS + SPARE_BYTES, &needed))
        return false;
    void *memory = t->memory;
    if (!mem_reserve(&memory, &t->capacity, needed, 1))
        return false;
    t->memory = memory;
    return true;
}

target_result target_parse(target *t, const char *raw, size_t length, const char **ret_reason)
{
    t->path = "";
    t->path_length = t->n_parameters = 0;
    if (!make_room(t, length))
        return TARGET_MEMORY;
    const char *end = raw + length, *path = path_of(raw, length);
    const char *query = path ? memchr(path, '?', (size_t)(end - path)) : NULL;
    const char *reason = NULL;
    if (length == 1 && raw[0] == '*') {
        t->path = "*";
        t->path_length = 1;
    } else if (!path || memchr(path, '#', (size_t)(end - path))) {
        reason = "The address is not a path.";
    } else {
        decoder d = {.raw = path, .end = query ? query : end, .out = t->memory};
        reason = decode_path(t, &d);
        if (!reason && query) {
            d = (decoder){.raw = query + 1, .end = end, .out = d.out, .is_query = true};
            reason = decode_query(t, &d);
        }
        t->spare = d.out;
    }
    if (!reason)
        return TARGET_OK;
    *ret_reason = reason;
    return TARGET_REFUSED;
}

const char *target_query(const target *t, const char *name)
{
    for (size_t i = 0; i < t->n_parameters; i++)
        if (strcmp(t->parameters[i].name, name) == 0)
            return t->parameters[i].value;
    return NULL;
}

void target_free(target *t)
{
    free(t->memory);
    *t = (target){0};
}
