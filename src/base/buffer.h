/* SPDX-License-Identifier: MIT */
/*
 * A growable run of bytes. Zero-initialised is empty; thread-owned. An append that finds no memory
 * sets `failed` and leaves the content as it was; a writer appends freely and looks once at the
 * end.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct buffer {
    char *data; /* owned; NULL while capacity is 0; not NUL-terminated unless buffer_string() */
    size_t length, capacity;
    bool failed;
} buffer;

/* Frees the memory and makes `b` empty again; NULL is fine. */
void buffer_free(buffer *b);

/* Empties `b`, keeps its memory and clears `failed`. */
void buffer_clear(buffer *b);

/* Makes room for `extra` more bytes behind `length`; false (and `failed`) if out of memory. */
bool buffer_reserve(buffer *b, size_t extra);

void buffer_append(buffer *b, const void *bytes, size_t length);
void buffer_append_text(buffer *b, const char *text);
void buffer_append_char(buffer *b, char c);
void buffer_printf(buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content with a NUL behind it (not counted in `length`); NULL if anything has failed. */
const char *buffer_string(buffer *b);

#endif
