/* SPDX-License-Identifier: MIT */
/*
 * Calibration: the scores of cross-fitted models, which have not seen the tickets that they score, are
 * mapped so that a confidence of 0.9 is right nine times out of ten:
 *
 *     calibrated_k = slope * score_k + offset_k
 *
 * One slope (temperature scaling: Guo et al. 2017) and, held near 0, an offset a label.
 */
#ifndef TRAIN_CALIBRATION_H
#define TRAIN_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Scores of `n` tickets, `lanes` floats each (32-byte aligned), and their labels (TRIAGE_NO_LABEL: left out). */
typedef struct scored_tickets {
    float *scores;
    int32_t *labels;
    size_t n, n_labels, lanes;
} scored_tickets;

typedef struct calibration {
    double slope;
    double *offsets; /* n_labels; owned */
} calibration;

/* Fits slope and offsets to minimise log loss. False if out of memory. */
bool calibration_fit(const scored_tickets *tickets, calibration *ret_calibration)
    __attribute__((warn_unused_result));

/* Replaces all scores by calibrated probabilities; the padding lanes by 0. */
void calibration_apply(const calibration *c, scored_tickets *tickets);

void calibration_free(calibration *c);

#endif
