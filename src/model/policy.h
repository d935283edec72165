/* SPDX-License-Identifier: MIT */
/*
 * Decisions that may change without a new model: another target precision, retired labels.
 *
 * A model's metadata holds for each label the cuts that its thresholds were chosen from: at this
 * confidence and above there were so many cross-fitted predictions, so many of them right. From
 * them follow the thresholds for any target (the same ones that training would have written), and
 * the curve of coverage against precision.
 *
 * A policy is shared-immutable once made; it belongs to one model and refers to it.
 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "triage/model.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct policy policy;

/* A label that must not be predicted any more. Borrowed for the call. */
typedef struct policy_retired {
    const char *field, *label;
} policy_retired;

typedef struct policy_options {
    double target_precision; /* in (0, 1); 0 or the model's own: the model's own thresholds */
    const policy_retired *retired;
    size_t n_retired; /* those that the model does not know are left out */
} policy_options;

/*
 * A model without cuts (of an older version) proves nothing for a target other than its own: then
 * all labels are never `auto`, and policy_n_evidence() is 0. ERROR_ARGUMENT for a target out of
 * range, ERROR_MODEL for metadata that is no JSON or has cuts that cannot be, ERROR_MEMORY.
 */
triage_status policy_new(const triage_model *model, const policy_options *options,
                         policy **ret_policy, triage_error *err) TRIAGE_CHECKED;
void policy_free(policy *p); /* NULL is fine */

/* The target of the thresholds, the model's own if the options gave none (0 if it does not say). */
double policy_target_precision(const policy *p);
/* Above 1: never `auto`, as for a retired label. */
float policy_threshold(const policy *p, size_t field, size_t label);
bool policy_is_retired(const policy *p, size_t field, size_t label);

/*
 * The outcome for `field` from the calibrated `probabilities` of all its labels: retired labels get
 * 0 and the others are scaled to sum to 1 (in place); `has_known_words` false is always `review`.
 * With all labels retired nothing is masked and the decision is `review`.
 *
 * What a label gains from retired ones does not count: its threshold is scaled by the same factor,
 * and is above 1 where a retired label was the most probable one, because the cuts were counted on
 * tickets predicted as the label. So `auto` always means: confidence >= threshold, and known words.
 */
triage_outcome policy_decide(const policy *p, size_t field, float *io_probabilities,
                             bool has_known_words);

/* One point of the curve: what a target precision would give, on cross-fitted predictions. */
typedef struct policy_point {
    double target;    /* precision asked for */
    double coverage;  /* share of the tickets routed */
    double precision; /* of those: share that was right */
    double threshold; /* of one label's curve, above 1: none; 0 for a whole field's */
} policy_point;

/* The point for `target` of a whole field (label < 0) or of one label (coverage: of the tickets
 * predicted as it). Retired labels are not routed. All 0 where nothing is. */
policy_point policy_curve(const policy *p, size_t field, int64_t label, double target);

/* How many cross-fitted predictions the curve rests on. 0: the model has none. */
uint64_t policy_n_evidence(const policy *p, size_t field, int64_t label);

#endif
