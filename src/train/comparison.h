/* SPDX-License-Identifier: MIT */
/*
 * Two models side by side on the same held-out tickets: who is right where the other one is wrong,
 * overall and for each label, and how likely it is that this is chance.
 *
 * The test is McNemar's (1947) in its exact form: of the tickets on which only one of the models is
 * right, each would fall to either side with equal chance if the models were equally good. `p` is
 * the one-sided probability that the candidate loses at least as many of them as it did.
 */
#ifndef TRAIN_COMPARISON_H
#define TRAIN_COMPARISON_H

#include "base/json.h"
#include "triage/dataset.h"
#include "triage/model.h"

typedef struct label_side {
    double precision, recall, f1;
    bool is_known; /* the model has the label */
} label_side;

typedef struct compared_label {
    const char *label;
    uint64_t support;          /* held-out tickets with it */
    uint64_t n_gained, n_lost; /* of those: right by the candidate alone, by the champion alone */
    double p;
    label_side champion, candidate;
} compared_label;

typedef struct field_side {
    double accuracy, macro_f1, log_loss;
} field_side;

/* A field that the champion or the candidate shares with the held-out tickets. */
typedef struct compared_field {
    const char *name;
    bool in_champion, in_candidate; /* unless both, all below is zero */
    uint64_t n;                     /* held-out tickets with a label */
    uint64_t n_gained, n_lost;
    double p;
    field_side champion, candidate;
    compared_label *labels; /* those of the held-out tickets, in their order; owned */
    size_t n_labels;
} compared_field;

/* Zero-initialised is empty. Names point into the held-out dataset, which must outlive it. */
typedef struct comparison {
    compared_field *fields; /* owned */
    size_t n_fields;
} comparison;

/*
 * Compares on `holdout` (finished; may be empty), field by field, matched by name, with `n_threads`
 * threads (0: one per core). Free with comparison_free(). ERROR_MEMORY.
 */
triage_status comparison_make(const triage_model *champion, const triage_model *candidate,
                              const triage_dataset *holdout, uint32_t n_threads,
                              comparison *ret_comparison, triage_error *err) TRIAGE_CHECKED;

/* Frees what it holds; NULL is fine. */
void comparison_free(comparison *c);

/* Writes the array of the fields as JSON: docs/formats/registry.md. */
void comparison_write(const comparison *c, json_writer *w);

#endif
