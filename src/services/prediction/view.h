/* SPDX-License-Identifier: MIT */
/*
 * What is the same for every prediction with one model under one policy, made ready once: names and
 * labels as JSON, thresholds as text. It is the `extra` of a live model. Shared-immutable.
 */
#ifndef SERVICES_PREDICTION_VIEW_H
#define SERVICES_PREDICTION_VIEW_H

#include "base/buffer.h"
#include "model/policy.h"
#include "registry/holder.h"

#include <stdbool.h>

/* A run of bytes in the view's own memory. */
typedef struct view_text {
    const char *data;
    size_t length;
} view_text;

typedef struct view_field {
    const char *name; /* owned by the model */
    view_text json_name;
    size_t n_labels, first;      /* first: of its labels among those of all fields */
    const view_text *labels;     /* as JSON strings */
    const view_text *thresholds; /* as JSON numbers, null for a label that is never `auto` */
} view_field;

struct view_meters;

typedef struct prediction_view {
    const triage_model *model;
    const char *version;       /* owned by the live model */
    policy *policy;            /* owned */
    size_t n_fields, n_labels; /* n_labels: of all fields together */
    view_field *fields;
    view_text *texts;           /* owned: all labels, then all thresholds */
    buffer memory;              /* owned: what the texts point into */
    struct view_meters *meters; /* owned: where its predictions are counted; NULL: nowhere */
} prediction_view;

/*
 * Makes the view of `model` (borrowed, as is `version`) under the policy of `options`.
 * ERROR_MEMORY, ERROR_MODEL.
 */
triage_status prediction_view_new(const triage_model *model, const char *version,
                                  const policy_options *options, prediction_view **ret_view,
                                  triage_error *err) TRIAGE_CHECKED;
void prediction_view_free(prediction_view *view); /* NULL is fine */

/* The index of the field or label of that name (`length` bytes); false if the model has none. */
bool prediction_view_find_field(const prediction_view *view, const char *name, size_t length,
                                size_t *ret_field);
bool prediction_view_find_label(const prediction_view *view, size_t field, const char *name,
                                size_t length, size_t *ret_label);

/* The same for a label whose ASCII letters may be in any case and that may have been trimmed: the
 * exact spelling counts first. */
bool prediction_view_find_label_in_any_case(const prediction_view *view, size_t field,
                                            const char *name, size_t length, size_t *ret_label);

#endif
