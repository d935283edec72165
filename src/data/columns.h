/* SPDX-License-Identifier: MIT */
/*
 * Which columns hold the text and the labels: as asked for, or guessed from common names.
 *
 * Names are compared for guessing without case, with spaces, hyphens and dots as underscores, and
 * without a leading "ticket_". What is guessed is said to the user.
 */
#ifndef DATA_COLUMNS_H
#define DATA_COLUMNS_H

#include "base/buffer.h"
#include "data/slice.h"
#include "triage/dataset.h"

/* The index of a column that the header lacks (JSONL objects need not all have it). */
#define NO_COLUMN SIZE_MAX

typedef struct column {
    char *name; /* owned */
    size_t index;
} column;

typedef struct field_column {
    column column;
    char *name;    /* the field's; owned */
    bool is_extra; /* guessed beside the main field */
} field_column;

typedef struct columns {
    column *text;
    size_t n_text;
    field_column *fields;
    size_t n_fields;
} columns;

/* What columns_choose() has to go by. */
typedef struct column_request {
    const char *file; /* for messages */
    const slice *header;
    size_t n_header;
    const triage_read_options *options;
    bool needs_fields; /* fields are guessed if none are asked for */
    bool must_exist;   /* columns asked for must be in the header */
} column_request;

/*
 * Fills `ret_columns`, and `guess` with a sentence on what was guessed (empty: nothing was).
 * ERROR_DATA: a column does not exist, is there twice, or cannot be guessed; ERROR_ARGUMENT: the
 * options contradict themselves; ERROR_MEMORY.
 */
triage_status columns_choose(const column_request *request, columns *ret_columns, buffer *guess,
                             triage_error *err) TRIAGE_CHECKED;

/* For a file without columns: one field of the asked name or "label", or none. */
triage_status columns_of_lines(const column_request *request, columns *ret_columns,
                               triage_error *err) TRIAGE_CHECKED;

/* "FILE has no column NAME; it has ...", as an error. */
triage_status columns_missing(const column_request *request, const char *name, triage_error *err);

void columns_free(columns *c);

#endif
