/* SPDX-License-Identifier: MIT */
/*
 * May a candidate take the champion's place? Pure judgement on a comparison. Of each field that
 * both have:
 *
 *   - its accuracy must not be lower by more than `tolerance` (but at least one ticket is allowed,
 *     which is no evidence of anything) significantly, nor by more than GATE_FAR times as much at
 *     all: two models that are equally good differ by as much as chance lets them, and corrections
 *     are to be learnt;
 *   - no label with at least GATE_LABEL_SUPPORT tickets may lose more than GATE_RECALL_LOSS of its
 *     recall significantly (level GATE_LABEL_LEVEL, divided by the number of such labels, after
 *     Bonferroni);
 *   - with fewer than GATE_SMALL tickets nothing can be significant: the candidate must not be
 *     wrong on more tickets than the champion.
 *
 * A field of the champion that the tickets have and the candidate has not is a loss of all of it.
 * Labels that the champion does not know cannot count against the candidate, because the champion
 * is wrong on all of their tickets.
 */
#ifndef TRAIN_GATE_H
#define TRAIN_GATE_H

#include "train/comparison.h"

#define GATE_TOLERANCE     0.002 /* default: two tickets of a thousand */
#define GATE_LEVEL         0.05
#define GATE_FAR           1.5
#define GATE_LABEL_LEVEL   0.01
#define GATE_LABEL_SUPPORT 20
#define GATE_RECALL_LOSS   0.05
#define GATE_SMALL         50

typedef struct gate_verdict {
    bool is_promoted;
    char reason[TRIAGE_ERROR_MESSAGE_SIZE]; /* one sentence for a person, UTF-8 */
} gate_verdict;

/* How many of `n` tickets may be lost on balance. */
double gate_allowance(uint64_t n, double tolerance);

gate_verdict gate_judge(const comparison *c, double tolerance);

#endif
