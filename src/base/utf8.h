/* SPDX-License-Identifier: MIT */
/* UTF-8 as the Unicode Standard defines it (table 3-7): no overlong forms, no surrogates. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* How many of the `length` bytes, from the first, are whole valid characters. */
size_t utf8_valid_length(const char *bytes, size_t length);

static inline bool utf8_is_valid(const char *bytes, size_t length)
{
    return utf8_valid_length(bytes, length) == length;
}

/* Appends the bytes as UTF-8 without NUL: each byte that is neither becomes U+FFFD. For databases,
 * which refuse both. */
void utf8_append_clean(buffer *out, const char *bytes, size_t length);

#endif
