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

/*
 * Measured with five models, each on the fifth of the tickets that it was not trained on; eight
 * labels. Real: the mistakes corrected to the truth. Random: any label but the truth.
 *
 *                              real IT tickets (38,159)    starter tickets (3,093)
 *     rank, real               0.065, deviation 0.13       0.16, deviation 0.24
 *     rank, random             0.50, deviation 0.34        0.49, deviation 0.34
 *     outliers after 8, real   0 of 4,000                  1 of 40
 *     outliers after 8, random 90 %                        89 %
 *     held of 500, real        0 %                         0.03 %
 *     held of 500, random      98 %                        98 %
 *
 * Eight come before the ten that start a retrain by default. From twelve on the starter tickets'
 * false alarms were a third, but a retrain would learn what came before.
 */
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
