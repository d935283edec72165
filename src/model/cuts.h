/* SPDX-License-Identifier: MIT */
/*
 * The cuts of a label, and the threshold that follows from them for a target precision.
 *
 * The cross-fitted tickets that were predicted as a label are ordered by confidence and cut at
 * equal steps, one cut for every CUT_TICKETS of them, at most CUTS_MAX. A cut passes if the
 * one-sided Clopper-Pearson lower bound of the precision above it, at level CUTS_ALPHA / number of
 * cuts (Bonferroni), reaches the target. The label's threshold is the lowest cut that passes;
 * without one the label is never `auto`.
 *
 * Training and policies share this, so that they cannot disagree. Thread-safe.
 */
#ifndef MODEL_CUTS_H
#define MODEL_CUTS_H

#include <stddef.h>
#include <stdint.h>

/* The probability that any of a label's cuts passes although its precision is below the target. */
#define CUTS_ALPHA 0.05

/* More cuts find a lower threshold, but each costs certainty: a label with few tickets gets few. */
#define CUTS_MAX    24
#define CUT_TICKETS 40

/* The threshold of a label that may never be `auto`: no confidence is as high. */
#define THRESHOLD_NEVER 2.0f

/* So many tickets were predicted with this confidence or a higher one, so many of them rightly. */
typedef struct label_cut {
    float confidence;
    uint32_t n, n_right;
} label_cut;

/* Confidence falls and `n` rises from cut to cut; the last one has all that were predicted as the
 * label. Tickets of equal confidence are cut as one, so that there may be fewer than were wanted.
 */
typedef struct label_cuts {
    uint32_t n; /* 0: the label was never predicted */
    label_cut items[CUTS_MAX];
} label_cuts;

/* How many cuts `n_tickets` predictions are worth, at least 1. */
size_t cuts_wanted(size_t n_tickets);

/* How many tickets were predicted as the label. */
uint32_t cuts_n_tickets(const label_cuts *cuts);

/* The lowest cut that passes; NULL if none does. */
const label_cut *cuts_find(const label_cuts *cuts, double target);

/* Its confidence, or THRESHOLD_NEVER. */
float cuts_threshold(const label_cuts *cuts, double target);

#endif
