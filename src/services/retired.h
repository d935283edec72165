/* SPDX-License-Identifier: MIT */
/*
 * Labels that an admin has retired: the setting "labels.retired" of the store, a JSON array of
 * {"field": NAME, "label": NAME}. Predictions leave them out at once (model/policy.h), training
 * from the next model on.
 */
#ifndef RETRAINER_RETIRED_H
#define RETRAINER_RETIRED_H

#include "model/policy.h"

#define RETIRED_SETTING "labels.retired"

/* Immutable once read. Zero-initialised is empty. */
typedef struct retired_labels {
    policy_retired *labels; /* owned, as their strings are */
    size_t n;
} retired_labels;

bool retired_has(const retired_labels *r, const char *field, const char *label);

/* Reads the setting's value; NULL is no label. ERROR_DATA, ERROR_MEMORY. */
triage_status retired_parse(const char *json, retired_labels *ret_labels,
                            triage_error *err) TRIAGE_CHECKED;
void retired_free(retired_labels *r); /* frees what it holds */

#endif
