/* SPDX-License-Identifier: MIT */
/* The inside of a model: views into the bytes of its file. Immutable, shared between threads. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/file.h"
#include "features/options.h"
#include "features/pair_table.h"
#include "features/string_table.h"
#include "model/confidence.h"
#include "model/format.h"
#include "triage/model.h"

typedef struct model_field {
    const char *name;
    const char **labels; /* n_labels names; the array is owned, the names are in the file */
    uint32_t n_labels, first_lane, n_lanes;
} model_field;

struct triage_model {
    file_map map;         /* of a model that was opened */
    unsigned char *owned; /* of a model that was trained */
    const unsigned char *bytes;
    size_t length;
    model_section sections[SECTION_END]; /* by kind */
    uint32_t n_fields, n_lanes;
    uint64_t n_docs;
    feature_options options;
    float rare_idf;
    model_field *fields;
    const float *bias, *thresholds, *priors; /* n_lanes each */
    const confidence_map *maps;              /* n_fields */
    string_table words, grams;
    pair_table pairs;
    const unsigned char *word_rows, *gram_rows; /* of `row_stride` bytes */
    size_t row_stride;
};

/* The model in `bytes` (from malloc), which it owns from now on, also on failure. */
triage_status model_take_bytes(unsigned char *bytes, size_t length, triage_model **ret_model,
                               triage_error *err) TRIAGE_CHECKED;

/* Checks everything but the large sections and sets up the views; `bytes` must be 64-byte aligned.
 */
triage_status model_read(triage_model *model, triage_error *err) TRIAGE_CHECKED;

/* The row of word or n-gram `i`. */
static inline const model_row *model_row_at(const unsigned char *rows, size_t stride, uint32_t i)
{
    return (const model_row *)(const void *)(rows + i * stride);
}

/* The weights behind a row's head. */
static inline const int16_t *model_row_weights(const model_row *row)
{
    return (const int16_t *)(const void *)(row + 1);
}

#endif
