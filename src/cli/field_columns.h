/* SPDX-License-Identifier: MIT */
/* Which column of the data holds the labels of which field: as asked for, or to fit a model. */
#ifndef CLI_FIELD_COLUMNS_H
#define CLI_FIELD_COLUMNS_H

#include "cli/console.h"
#include "cli/data_source.h"
#include "triage/model.h"

/* Zero-initialised is empty: to be guessed. */
typedef struct field_columns {
    triage_field_column *items; /* owned; names and columns are in `texts` or borrowed */
    size_t count, capacity;
    text_list texts;
} field_columns;

void field_columns_free(field_columns *f);

/* Adds what `--field` says: "COL" or "NAME=COL". ERROR_ARGUMENT, ERROR_MEMORY. */
triage_status field_columns_parse(field_columns *f, const text_list *options,
                                  triage_error *err) TRIAGE_CHECKED;

/*
 * Adds the columns of the first of `paths` that are called like fields of `model`; if there are
 * none and the model has one field, the column that would be guessed, which is told. Leaves `f`
 * empty if the file cannot say, or cannot be read: loading it will. ERROR_MEMORY.
 */
triage_status field_columns_match(field_columns *f, const data_settings *settings,
                                  const text_list *paths, const triage_model *model, console *c,
                                  triage_error *err) TRIAGE_CHECKED;

#endif
