/* SPDX-License-Identifier: MIT */
/*
 * Tickets from one file, one at a time, in constant memory. The dataset loader and `triage predict`
 * read through it.
 *
 * Labelled reading (for training and evaluation) requires a label: fields are those of the options
 * or guessed, and a row without any label is a bad row. Unlabelled reading (for prediction) guesses
 * no fields; those named in the options are read where a row has them.
 */
#ifndef DATA_READER_H
#define DATA_READER_H

#include "data/slice.h"
#include "triage/dataset.h"

typedef struct reader reader;

typedef enum reader_mode { READER_LABELLED, READER_UNLABELLED } reader_mode;

/* One ticket. All of it is owned by the reader and valid until the next call. */
typedef struct reader_row {
    uint64_t line;        /* 1-based line where the row starts */
    slice text;           /* the text columns, joined by a line feed; may hold any bytes */
    const slice *labels;  /* one a field: trimmed, valid UTF-8 without NUL; length 0: none */
    const slice *cells;   /* CSV: all cells of the row, unquoted; else NULL */
    size_t n_cells;       /* CSV: as many as reader_columns() */
    slice raw;            /* JSONL, fastText and text: the line without its line end */
    bool is_invalid_utf8; /* the text has bytes that are not UTF-8 */
} reader_row;

/*
 * Opens `path` ("-" is standard input). `options` (NULL: defaults) and what it points to must
 * outlive the reader. The columns are known afterwards; for JSONL with guessed columns the first
 * object is read for that. Errors as triage_dataset_load().
 */
triage_status reader_open(const char *path, const triage_read_options *options, reader_mode mode,
                          reader **ret_reader, triage_error *err) TRIAGE_CHECKED;

/* The same over an open stream, which the reader closes, even if this fails (see data/input.h). */
struct input;
triage_status reader_open_input(struct input *in, const triage_read_options *options,
                                reader_mode mode, reader **ret_reader,
                                triage_error *err) TRIAGE_CHECKED;

/* Frees; NULL is fine. */
void reader_close(reader *r);

/*
 * The next ticket into `*ret_row`; `*ret_has_row` is false at the end. Bad rows are reported,
 * counted and skipped; if the options say `strict`, the first one is ERROR_DATA with
 * "FILE:LINE: reason".
 */
triage_status reader_next(reader *r, reader_row *ret_row, bool *ret_has_row,
                          triage_error *err) TRIAGE_CHECKED;

/* The format that is being read; never TRIAGE_FORMAT_AUTO. */
triage_format reader_format(const reader *r);

/* CSV: the separator of the file, ',' ';' or a tab. */
char reader_separator(const reader *r);

/* CSV: the header's cells, trimmed; none for the other formats. Owned by the reader. */
const slice *reader_columns(const reader *r, size_t *ret_n);

/* The fields: as many as reader_row.labels. */
size_t reader_n_fields(const reader *r);
const char *reader_field_name(const reader *r, size_t field);

/* Whether the field was guessed as one beside the main one: such a field may be empty throughout.
 */
bool reader_is_extra_field(const reader *r, size_t field);

/* What was met so far. `n_merged_labels` stays 0: merging is the dataset's. */
triage_read_report reader_report(const reader *r);

#endif
