/* SPDX-License-Identifier: MIT */
/*
 * What a retrain learns from, and the tickets that it is judged on.
 *
 * The base tickets, with the labels that people have corrected, and the corrected texts that are
 * not among them, which count for the corrected fields alone. A text that several tickets share is
 * corrected in all of them.
 *
 * A base ticket is held out if the hash of its normalised text says so: the hold-out depends on
 * the texts alone and is the same from run to run. A corrected text is never held out: it is to be
 * learnt, and a wrong correction cannot make a wrong model look right. Nor is a ticket with a label
 * that has fewer than TRAINING_SET_RARE base tickets: they are needed to learn it at all.
 *
 * Retired labels are taken off their tickets, in both.
 */
#ifndef RETRAINER_TRAINING_SET_H
#define RETRAINER_TRAINING_SET_H

#include "services/retired.h"
#include "services/retrainer/base_tickets.h"

/* Share of the texts that are held out. */
#define TRAINING_SET_HOLDOUT 0.1

#define TRAINING_SET_RARE 10

/* How often a corrected ticket stands in the training set: see docs/ops/retraining.md. */
#define TRAINING_SET_WEIGHT 3

typedef struct training_set_options {
    base_source base;
    const retired_labels *retired; /* NULL: none */
    double holdout_share;          /* in [0, 1) */
    uint32_t correction_weight;    /* at least 1 */
} training_set_options;

/* Zero-initialised is empty. */
typedef struct training_set {
    triage_dataset *training, *holdout; /* finished; owned. The same fields in both, those for which
                                         * there is a label to be learnt */
    base_kind base;
    uint64_t n_base;            /* base tickets that were found */
    uint64_t n_feedback;        /* corrections among the training tickets */
    uint64_t feedback_sequence; /* the last correction that was read; 0: none */
    uint64_t hash;              /* of all texts and labels, in order */
} training_set;

/* ERROR_DATA if there is not a single labelled ticket; ERROR_MEMORY; errors of the sources. */
triage_status training_set_make(const training_set_options *options, training_set *ret_set,
                                triage_error *err) TRIAGE_CHECKED;
void training_set_free(training_set *set); /* frees what it holds */

#endif
