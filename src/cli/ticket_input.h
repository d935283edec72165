/* SPDX-License-Identifier: MIT */
/*
 * The tickets to be predicted: from files and standard input, one after the other, in batches of
 * bounded size. All files must have one format, and CSV files the same columns. Thread-owned.
 */
#ifndef CLI_TICKET_INPUT_H
#define CLI_TICKET_INPUT_H

#include "cli/data_source.h"
#include "cli/ticket_batch.h"
#include "data/reader.h"

typedef struct ticket_input {
    const text_list *paths; /* borrowed */
    size_t next_path;
    triage_read_options options;
    data_log log;
    reader *reader; /* of the file being read; NULL behind the last */
    triage_format format;
    char separator; /* of the first CSV file */
    buffer header;  /* its header row as text */
    bool keeps_rows;
    bool may_wait; /* more input may be long in coming: it is a terminal or a pipe */
} ticket_input;

/*
 * Opens the first of `paths` (at least one). `text_columns` may be empty. What it points to must
 * outlive the input. Errors as triage_dataset_load().
 */
triage_status ticket_input_open(ticket_input *in, const text_list *paths, triage_format format,
                                const text_list *text_columns, bool is_strict, console *c,
                                triage_error *err) TRIAGE_CHECKED;
void ticket_input_close(ticket_input *in);

/* The columns of the CSV file being read. */
const slice *ticket_input_columns(const ticket_input *in, size_t *ret_n);

/* From now on batches keep what the output repeats: the CSV row, the JSONL object. */
void ticket_input_keep_rows(ticket_input *in);

/*
 * Fills `batch` with about `size` bytes of tickets, fewer if the input would have to be waited for,
 * and none at the end.
 */
triage_status ticket_input_fill(ticket_input *in, size_t size, ticket_batch *batch,
                                triage_error *err) TRIAGE_CHECKED;

#endif
