/* SPDX-License-Identifier: MIT */
/* A run of bytes that something else owns; not NUL-terminated. */
#ifndef DATA_SLICE_H
#define DATA_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct slice {
    const char *data;
    size_t length;
} slice;

static inline bool slice_equal(slice a, slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_starts_with(slice s, const char *prefix)
{
    size_t length = strlen(prefix);
    return s.length >= length && memcmp(s.data, prefix, length) == 0;
}

static inline bool slice_ends_with(slice s, const char *suffix)
{
    size_t length = strlen(suffix);
    return s.length >= length && memcmp(s.data + s.length - length, suffix, length) == 0;
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* `suffix` is in lower case; the slice's ASCII letters may be in any. */
static inline bool slice_ends_in_any_case(slice s, const char *suffix)
{
    size_t length = strlen(suffix);
    if (s.length < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (ascii_lower(s.data[s.length - length + i]) != suffix[i])
            return false;
    return true;
}

#endif
