/* SPDX-License-Identifier: MIT */
/*
 * Which corrections wait for an admin: one that contradicts an accepted correction of the same
 * text, one whose label the model does not know (unless an admin gives it), and those of a key
 * whose corrections are outliers.
 *
 * How odd a correction is, is its rank: of all labels but the predicted one, ordered by the live
 * model's probabilities, the share that is more probable than the corrected one. People who correct
 * real mistakes mostly pick the second or third; random labels come to 0.5 on average. A key's last
 * corrections are outliers if there are at least SUSPICION_MIN of them and their mean is above
 * SUSPICION_MEAN.
 */
#ifndef SERVICES_BACKEND_SUSPICION_H
#define SERVICES_BACKEND_SUSPICION_H

#include "services/prediction/answer.h"
#include "store/store.h"

/* Random corrections of eight labels pass the mean after eight of them 93 times in 100; those of
 * real mistakes, whose rank is 0.15 on average with a deviation of 0.22, once in 200. */
#define SUSPICION_MIN    8
#define SUSPICION_LATEST 50
#define SUSPICION_MEAN   0.35

/* The rank of `label` in [0, 1]; 0 for the predicted label and where there are fewer than 3 labels.
 */
double suspicion_rank(const prediction *p, size_t field, size_t label);

/* Whether the corrections of `key_id` (NULL: of those without a key) are outliers, `rank`
 * (negative: unknown) being one more. */
triage_status suspicion_of_key(store *s, const char *key_id, double rank, bool *ret_is_outlier,
                               triage_error *err) TRIAGE_CHECKED;

/* Whether another label has been accepted for this text and field; a copy of it in `ret_label`. */
triage_status suspicion_contradicts(store *s, uint64_t text_hash, const char *field,
                                    const char *label, size_t label_length, buffer *ret_label,
                                    bool *ret_contradicts, triage_error *err) TRIAGE_CHECKED;

#endif
