/* SPDX-License-Identifier: MIT */
/* A growable run of bytes with a sticky failure flag. */
#include "base/buffer.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(buffer *b)
{
    if (!b)
        return;
    free(b->data);
    *b = (buffer){0};
}

void buffer_clear(buffer *b)
{
    b->length = 0;
    b->failed = false;
}

bool buffer_reserve(buffer *b, size_t extra)
{
    size_t needed;
    if (extra <= b->capacity - b->length)
        return true;
    if (size_add(b->length, extra, &needed) &&
        mem_reserve((void **)&b->data, &b->capacity, needed, 1))
        return true;
    b->failed = true;
    return false;
}

void buffer_append(buffer *b, const void *bytes, size_t length)
{
    if (length == 0 || !buffer_reserve(b, length))
        return;
    memcpy(b->data + b->length, bytes, length);
    b->length += length;
}

void buffer_append_text(buffer *b, const char *text)
{
    buffer_append(b, text, strlen(text));
}

void buffer_append_char(buffer *b, char c)
{
    if (buffer_reserve(b, 1))
        b->data[b->length++] = c;
}

void buffer_printf(buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (needed < 0)
        b->failed = true;
    else if (buffer_reserve(b, (size_t)needed + 1)) {
        vsnprintf(b->data + b->length, (size_t)needed + 1, format, again);
        b->length += (size_t)needed;
    }
    va_end(again);
}

const char *buffer_string(buffer *b)
{
    if (!buffer_reserve(b, 1) || b->failed)
        return NULL;
    b->data[b->length] = '\0';
    return b->data;
}
