/* SPDX-License-Identifier: MIT */
/*
 * Calibration: the scores of cross-fitted models, which have not seen the tickets that they score,
 * are mapped so that a confidence of 0.9 is right nine times out of ten, in two steps:
 *
 *     softmax(slope * score + offset)      one slope (temperature scaling: Guo et al. 2017), an
 * offset a label confidence_map of the highest one    (beta calibration: model/confidence.h)
 *
 * The first is fitted to the log loss of all labels, the second to whether the highest one is
 * right.
 */
#ifndef TRAIN_CALIBRATION_H
#define TRAIN_CALIBRATION_H

#include "model/confidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Scores of `n` tickets, `lanes` floats each (32-byte aligned), and their labels (TRIAGE_NO_LABEL:
 * left out). */
typedef struct scored_tickets {
    float *scores;
    int32_t *labels;
    size_t n, n_labels, lanes;
} scored_tickets;

typedef struct calibration {
    double slope;
    double *offsets; /* n_labels; owned */
    confidence_map map;
} calibration;

/* Fits both steps. False if out of memory. */
bool calibration_fit(const scored_tickets *tickets, calibration *ret_calibration)
    __attribute__((warn_unused_result));

/* The calibration that changes nothing, for `n_labels` labels. False if out of memory. */
bool calibration_identity(size_t n_labels, calibration *ret_calibration)
    __attribute__((warn_unused_result));

/* Replaces all scores by calibrated probabilities; the padding lanes by 0. */
void calibration_apply(const calibration *c, scored_tickets *tickets);

void calibration_free(calibration *c);

#endif
