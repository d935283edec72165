/* SPDX-License-Identifier: MIT */
/*
 * The part of a stream that is in memory: the row being read is contiguous in it. A reader looks at
 * start .. end, asks for more with window_fill(), and moves `start` behind what it has used.
 */
#ifndef DATA_WINDOW_H
#define DATA_WINDOW_H

#include "data/input.h"
#include "data/slice.h"

#include <stdbool.h>

typedef struct window {
    input *in;  /* borrowed */
    char *data; /* owned; moves when filled: positions are kept relative to `start` */
    size_t start, end, capacity;
    bool is_at_end;   /* the stream has no bytes behind `end` */
    uint64_t n_lines; /* line feeds before `start`, counted by the reader */
} window;

/* Begins at the start of `in`, behind a UTF-8 byte order mark; UTF-16 is ERROR_DATA. */
triage_status window_open(window *w, input *in, triage_error *err) TRIAGE_CHECKED;
void window_close(window *w);

/* The bytes from `start` to `end`. */
static inline slice window_rest(const window *w)
{
    return (slice){w->data + w->start, w->end - w->start};
}

/* Reads more behind `end`, or finds the end of the stream. */
triage_status window_fill(window *w, triage_error *err) TRIAGE_CHECKED;

/* What a format's parser has found. */
typedef enum record_kind {
    RECORD_ROW, /* a row */
    RECORD_BAD, /* a row that cannot be used */
    RECORD_END, /* the end of the stream */
} record_kind;

/* A line without its line end. */
typedef struct line_record {
    slice text; /* valid until the next call */
    uint64_t number;
    const char *reason; /* of RECORD_BAD: it is too long */
} line_record;

/* The next line: ends in LF or CRLF; the last one may lack it. */
triage_status window_next_line(window *w, line_record *ret_line, record_kind *ret_kind,
                               triage_error *err) TRIAGE_CHECKED;

#endif
