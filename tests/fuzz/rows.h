/* SPDX-License-Identifier: MIT */
/*
 * What holds for the readers of all formats: the rows are the same whatever the reads; lines
 * ascend; labels are trimmed UTF-8 without NUL; the counts add up.
 */
#ifndef FUZZ_ROWS_H
#define FUZZ_ROWS_H

#include "fuzz.h"

#include "base/buffer.h"
#include "base/utf8.h"
#include "data/input.h"
#include "data/reader.h"

typedef struct rows {
    buffer dump; /* all that was read and reported */
    uint64_t n_bad, last_line;
    bool is_damaged; /* it was compressed data that could not be read to its end */
} rows;

/* What is checked for a row beyond that; NULL: nothing. */
typedef void (*row_check)(const reader *r, const reader_row *row);

static inline void dump_slice(buffer *out, slice s)
{
    buffer_printf(out, "%zu:", s.length);
    buffer_append(out, s.data, s.length);
}

static inline void dump_event(void *context, const triage_read_event *event)
{
    rows *all = context;
    if (event->kind == TRIAGE_READ_PROGRESS)
        return;
    if (event->kind == TRIAGE_READ_BAD_ROW) {
        FUZZ_CHECK(event->line > all->last_line);
        all->last_line = event->line;
        all->n_bad++;
    }
    buffer_printf(&all->dump, "event %d %llu %s\n", (int)event->kind,
                  (unsigned long long)event->line, event->message);
}

static inline void check_label(slice label)
{
    FUZZ_CHECK(utf8_is_valid(label.data, label.length));
    if (label.length == 0)
        return;
    FUZZ_CHECK(!memchr(label.data, '\0', label.length));
    FUZZ_CHECK(label.data[0] != ' ' && label.data[label.length - 1] != ' ');
}

static inline void dump_row(rows *all, const reader *r, const reader_row *row)
{
    FUZZ_CHECK(row->line > all->last_line);
    all->last_line = row->line;
    buffer_printf(&all->dump, "%llu ", (unsigned long long)row->line);
    dump_slice(&all->dump, row->text);
    for (size_t i = 0; i < reader_n_fields(r); i++) {
        check_label(row->labels[i]);
        dump_slice(&all->dump, row->labels[i]);
    }
    for (size_t i = 0; i < row->n_cells; i++)
        dump_slice(&all->dump, row->cells[i]);
    dump_slice(&all->dump, row->raw);
}

static inline triage_status dump_rows(rows *all, reader *r, row_check check, triage_error *err)
{
    uint64_t n_tickets = 0;
    for (;;) {
        reader_row row;
        bool has_row;
        triage_status status = reader_next(r, &row, &has_row, err);
        triage_read_report report = reader_report(r);
        n_tickets += status == TRIAGE_OK && has_row;
        FUZZ_CHECK(report.n_tickets == n_tickets && report.n_bad_rows == all->n_bad);
        FUZZ_CHECK(report.n_rows == report.n_tickets + report.n_bad_rows);
        if (status != TRIAGE_OK || !has_row)
            return status;
        dump_row(all, r, &row);
        if (check)
            check(r, &row);
    }
}

static inline void read_rows(const char *name, const uint8_t *data, size_t size, size_t piece,
                             reader_mode mode, row_check check, rows *all)
{
    triage_error err;
    input *in;
    reader *r = NULL;
    triage_read_options options = {.on_event = dump_event, .context = all};
    all->n_bad = all->last_line = 0;
    buffer_clear(&all->dump);
    triage_status status = input_open_memory(name, data, size, piece, &in, &err);
    if (status == TRIAGE_OK)
        status = reader_open_input(in, &options, mode, &r, &err);
    if (status == TRIAGE_OK)
        status = dump_rows(all, r, check, &err);
    FUZZ_CHECK(status == TRIAGE_OK || status == TRIAGE_ERROR_DATA);
    if (status != TRIAGE_OK)
        buffer_printf(&all->dump, "error %s\n", err.message);
    all->is_damaged = status != TRIAGE_OK && strstr(err.message, " data is ");
    reader_close(r);
}

/* Reads `data` whole, then in pieces whose size its last byte tells. */
static inline void check_rows(const char *name, const uint8_t *data, size_t size, reader_mode mode,
                              row_check check)
{
    rows whole = {0}, pieces = {0};
    size_t piece = size ? data[size - 1] % 17 + 1u : 1;
    read_rows(name, data, size, 0, mode, check, &whole);
    read_rows(name, data, size, piece, mode, NULL, &pieces);
    /* How much of damaged data comes out before the damage is found depends on the reads. */
    if (!whole.is_damaged && !pieces.is_damaged)
        FUZZ_CHECK(slice_equal((slice){whole.dump.data, whole.dump.length},
                               (slice){pieces.dump.data, pieces.dump.length}));
    buffer_free(&whole.dump);
    buffer_free(&pieces.dump);
}

#endif
