/* SPDX-License-Identifier: MIT */
/* A prediction as the JSON that callers get, of contract and OpenAPI document. */
#ifndef SERVICES_PREDICTION_ANSWER_H
#define SERVICES_PREDICTION_ANSWER_H

#include "services/prediction/view.h"

#include <stdint.h>

/* One ticket's prediction under a view. Thread-owned; arrays have an entry a field. */
typedef struct prediction {
    const prediction_view *view;
    const char *id; /* "prediction_id"; NULL: left out */
    triage_outcome *outcomes;
    float *probabilities; /* of all labels of all fields, as the policy left them */
    uint32_t n_words, n_known_words;
    const buffer *explanations; /* by field, the members of an explanation; NULL: none */
    uint32_t top;
} prediction;

/* Appends the whole object. */
void answer_append(const prediction *p, buffer *out);

/* Appends {"FIELD":{"label","confidence","decision"},...}: what is stored of a prediction. */
void answer_append_outcomes(const prediction *p, buffer *out);

/* Appends ,"runner_up":..,"logit":..,"intercept":..,"explanation":[{"term","weight"}]. */
void answer_append_explanation(const prediction_view *view, size_t field, uint32_t runner_up,
                               const triage_explanation *explanation, buffer *out);

/* "auto" or "review". */
const char *answer_decision_name(triage_decision decision);

#endif
