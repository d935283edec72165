/* SPDX-License-Identifier: MIT */
/*
 * Thresholds: from which confidence on a label may be routed without a person. What a cut is and
 * when it passes stands in model/cuts.h; here the cuts are made from the cross-fitted tickets.
 */
#ifndef TRAIN_THRESHOLDS_H
#define TRAIN_THRESHOLDS_H

#include "model/cuts.h"
#include "train/calibration.h"

/*
 * Writes cuts and threshold of each of the n_labels labels of `tickets`, whose scores are
 * calibrated probabilities. False if out of memory.
 */
bool thresholds_fit(const scored_tickets *tickets, double target_precision, label_cuts *ret_cuts,
                    float *ret_thresholds) __attribute__((warn_unused_result));

#endif
