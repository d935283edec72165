/* SPDX-License-Identifier: MIT */
/* The part of a stream that is in memory, and lines from it. */
#include "data/window.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/limits.h"

#include <stdlib.h>

/* Large enough that system calls do not count, small enough for the second-level cache. */
#define WINDOW_SIZE ((size_t)256 << 10)

/* A byte order mark, and behind it what tells the format (format_guess() looks at 9 bytes). A pipe
 * may give fewer at first. */
#define MIN_START 12

triage_status window_open(window *w, input *in, triage_error *err)
{
    *w = (window){.in = in, .data = mem_new(WINDOW_SIZE, 1), .capacity = WINDOW_SIZE};
    triage_status status = w->data ? TRIAGE_OK : error_memory(err);
    while (status == TRIAGE_OK && !w->is_at_end && w->end < MIN_START)
        status = window_fill(w, err);
    if (status != TRIAGE_OK)
        return status;
    slice rest = window_rest(w);
    if (slice_starts_with(rest, "\xEF\xBB\xBF"))
        w->start = 3;
    else if (slice_starts_with(rest, "\xFF\xFE") || slice_starts_with(rest, "\xFE\xFF"))
        return error_set(err, TRIAGE_ERROR_DATA, "cannot read '%s': it is UTF-16; save it as UTF-8",
                         input_name(in));
    return TRIAGE_OK;
}

void window_close(window *w)
{
    free(w->data);
    *w = (window){0};
}

/* Room behind `end`: by moving the rest to the front, and if that is the whole, by growing. */
static bool make_room(window *w)
{
    if (w->end < w->capacity)
        return true;
    size_t length = w->end - w->start;
    if (w->start > 0) {
        memmove(w->data, w->data + w->start, length);
        w->start = 0;
        w->end = length;
    }
    /* Less than half free would mean moving long rows again and again. */
    return w->end <= w->capacity / 2 ||
           mem_reserve((void **)&w->data, &w->capacity, w->capacity * 2, 1);
}

triage_status window_fill(window *w, triage_error *err)
{
    if (w->start == w->end) /* nothing to keep: the whole window is free */
        w->start = w->end = 0;
    if (!make_room(w))
        return error_memory(err);
    size_t length;
    triage_status status = input_read(w->in, w->data + w->end, w->capacity - w->end, &length, err);
    if (status != TRIAGE_OK)
        return status;
    w->end += length;
    w->is_at_end = length == 0;
    return TRIAGE_OK;
}

/* The rest of a line that is too long, in constant memory. */
static triage_status skip_line(window *w, triage_error *err)
{
    for (;;) {
        slice rest = window_rest(w);
        const char *feed = rest.length ? memchr(rest.data, '\n', rest.length) : NULL;
        if (feed) {
            w->start += (size_t)(feed - rest.data) + 1;
            w->n_lines++;
            return TRIAGE_OK;
        }
        w->start = w->end;
        if (w->is_at_end)
            return TRIAGE_OK;
        triage_status status = window_fill(w, err);
        if (status != TRIAGE_OK)
            return status;
    }
}

static slice without_carriage_return(slice line)
{
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

triage_status window_next_line(window *w, line_record *ret_line, record_kind *ret_kind,
                               triage_error *err)
{
    size_t searched = 0;
    for (;;) {
        slice rest = window_rest(w);
        const char *feed = rest.length > searched
                               ? memchr(rest.data + searched, '\n', rest.length - searched)
                               : NULL;
        bool is_last = !feed && w->is_at_end;
        size_t length = feed ? (size_t)(feed - rest.data) : rest.length;
        if (length > MAX_ROW_BYTES) {
            *ret_line =
                (line_record){.number = w->n_lines + 1, .reason = "the line is longer than 16 MiB"};
            *ret_kind = RECORD_BAD;
            return skip_line(w, err);
        }
        if (is_last && length == 0) {
            *ret_kind = RECORD_END;
            return TRIAGE_OK;
        }
        if (feed || is_last) {
            *ret_line = (line_record){.text = without_carriage_return((slice){rest.data, length}),
                                      .number = w->n_lines + 1};
            w->start += length + (feed != NULL);
            w->n_lines += feed != NULL;
            *ret_kind = RECORD_ROW;
            return TRIAGE_OK;
        }
        searched = rest.length;
        triage_status status = window_fill(w, err);
        if (status != TRIAGE_OK)
            return status;
    }
}
