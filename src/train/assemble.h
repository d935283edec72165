/* SPDX-License-Identifier: MIT */
/* From trained weights to a model: calibrated, n-grams folded into the words, quantised, laid out.
 */
#ifndef TRAIN_ASSEMBLE_H
#define TRAIN_ASSEMBLE_H

#include "base/buffer.h"
#include "train/crossfit.h"
#include "triage/model.h"

/* What becomes of one field. */
typedef struct field_result {
    const char *name;
    const char *const *labels; /* n_labels names */
    size_t n_labels;
    const linear_model *model;
    const calibration *calibration;
    const float *thresholds, *priors; /* n_labels */
} field_result;

typedef struct assembly {
    const feature_space *space;
    const field_result *fields;
    size_t n_fields;
    const buffer *metadata; /* JSON */
    uint32_t n_threads;
} assembly;

/* The finished model. The bytes do not depend on n_threads. ERROR_MEMORY. */
triage_status assemble_model(const assembly *a, triage_model **ret_model,
                             triage_error *err) TRIAGE_CHECKED;

#endif
