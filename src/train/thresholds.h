/* SPDX-License-Identifier: MIT */
/*
 * Thresholds: from which confidence on a label may be routed without a person.
 *
 * For each label, the cross-fitted tickets predicted as it are ordered by confidence and cut at
 * equal steps, one cut for every THRESHOLD_CUT_TICKETS of them, at most THRESHOLD_CANDIDATES. A cut
 * passes if the one-sided Clopper-Pearson lower bound of the precision above it, at level
 * THRESHOLD_ALPHA / number of cuts (Bonferroni), reaches the target. The label's threshold is the
 * lowest cut that passes; without one the label is never `auto`.
 */
#ifndef TRAIN_THRESHOLDS_H
#define TRAIN_THRESHOLDS_H

#include "train/calibration.h"

/* The probability that any of a label's cuts passes although its precision is below the target. */
#define THRESHOLD_ALPHA 0.05

/* More cuts find a lower threshold, but each costs certainty: a label with few tickets gets few. */
#define THRESHOLD_CANDIDATES  24
#define THRESHOLD_CUT_TICKETS 40

/* The threshold of a label that may never be `auto`: no confidence is as high. */
#define THRESHOLD_NEVER 2.0f

/*
 * Writes a threshold for each of the n_labels labels of `tickets`, whose scores are calibrated
 * probabilities. False if out of memory.
 */
bool thresholds_fit(const scored_tickets *tickets, double target_precision, float *ret_thresholds)
    __attribute__((warn_unused_result));

#endif
