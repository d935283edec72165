/* SPDX-License-Identifier: MIT */
/* The escaping of text for CSV and plain lines. */
#include "cli/quoting.h"

#include <stdbool.h>
#include <string.h>

/* Four passes of memchr() are faster than one loop over the bytes. */
static bool needs_quotes(const char *text, size_t length, char separator)
{
    return memchr(text, separator, length) || memchr(text, '"', length) ||
           memchr(text, '\n', length) || memchr(text, '\r', length);
}

void quoting_append_csv(buffer *out, const char *text, size_t length, char separator)
{
    if (length == 0)
        return;
    if (!needs_quotes(text, length, separator)) {
        buffer_append(out, text, length);
        return;
    }
    buffer_append_char(out, '"');
    for (const char *quote; (quote = memchr(text, '"', length)) != NULL;) {
        size_t used = (size_t)(quote - text) + 1;
        buffer_append(out, text, used);
        buffer_append_char(out, '"');
        text += used;
        length -= used;
    }
    buffer_append(out, text, length);
    buffer_append_char(out, '"');
}

void quoting_append_plain(buffer *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        buffer_append_char(out, c < 0x20 || c == 0x7F ? ' ' : *text);
    }
}

size_t quoting_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}
