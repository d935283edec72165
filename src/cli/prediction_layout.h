/* SPDX-License-Identifier: MIT */
/*
 * How predictions are written: which form, how many labels, under which names; with all that is the
 * same for every ticket made ready once. Shared-immutable.
 */
#ifndef CLI_PREDICTION_LAYOUT_H
#define CLI_PREDICTION_LAYOUT_H

#include "base/buffer.h"
#include "data/slice.h"
#include "triage/model.h"

#include <stdbool.h>

typedef enum prediction_form {
    PREDICTION_LINES, /* a line a ticket, values separated by tabs */
    PREDICTION_TABLE, /* the same for a person at a terminal */
    PREDICTION_JSON,  /* an object a ticket */
    PREDICTION_CSV,   /* the row that was read, with columns added */
    PREDICTION_JSONL, /* the object that was read, with members added */
} prediction_form;

/* The columns (CSV) or members (JSONL) that a field adds to a row; see prediction_field.columns. */
typedef enum prediction_column {
    COLUMN_LABEL,
    COLUMN_CONFIDENCE,
    COLUMN_DECISION,
    COLUMN_EXPLANATION,  /* if explanations are wanted */
    COLUMN_ALTERNATIVES, /* if any: CSV: two for each further label; JSONL: an array */
} prediction_column;

/* Names are prefixed as often as needed to be new in the row. */
#define TAKEN_NAME_PREFIX "predicted_"

typedef struct prediction_field {
    const char *name; /* owned by the model */
    size_t n_labels;
    size_t n_alternatives; /* further labels shown beside the most probable one */
    slice *labels;         /* ready to be written, quoted as the form wants; owned */
    slice *thresholds;     /* JSON: of each label, ready to be written; owned */
    slice columns[COLUMN_ALTERNATIVES + 1]; /* names, JSONL: escaped, without quotes; owned */
} prediction_field;

typedef struct prediction_layout {
    const triage_model *model; /* borrowed */
    prediction_form form;
    bool has_explanations;
    char separator; /* CSV */
    size_t n_fields;
    prediction_field *fields;       /* owned */
    size_t name_width, label_width; /* TABLE: columns that the longest one takes */
} prediction_layout;

/*
 * Makes ready what `model` (borrowed) needs. `n_top` (at least 1) is how many labels a ticket gets
 * for each field, as far as the field has them. ERROR_MEMORY.
 */
triage_status prediction_layout_build(const triage_model *model, prediction_form form, size_t n_top,
                                      bool has_explanations, char separator,
                                      prediction_layout *ret_layout,
                                      triage_error *err) TRIAGE_CHECKED;

void prediction_layout_free(prediction_layout *layout);

#endif
