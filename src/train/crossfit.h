/* SPDX-License-Identifier: MIT */
/*
 * Fitting with held-out predictions: beside the final model, a model for each fold is trained on
 * the other folds and scores the fold's tickets, so that every ticket gets a score from weights
 * that never saw it.
 */
#ifndef TRAIN_CROSSFIT_H
#define TRAIN_CROSSFIT_H

#include "train/calibration.h"
#include "train/linear.h"

typedef enum solver {
    SOLVER_SGD,     /* sgd.h */
    SOLVER_OPTIMUM, /* objective.h */
} solver;

typedef struct fit_options {
    solver solver;
    uint32_t n_folds; /* at least 2 */
    uint32_t n_epochs;
    float step;
    double lambda;
    uint64_t seed;
    bool is_raw; /* the softmax of the scores is taken as it is, not calibrated */
} fit_options;

/* What is fitted: the rows of a matrix, their folds, and the labels of one field. */
typedef struct fit_field {
    const int32_t *labels; /* by matrix row; TRIAGE_NO_LABEL: left out of training */
    size_t n_labels;
    fit_options options;
    linear_model model; /* result: trained on all labelled rows */
    /* Result: uncalibrated scores of all rows by the fold models. Label -1: the other folds have no
     * labelled row that a model could learn from. */
    scored_tickets held_out;
} fit_field;

typedef struct fit_job {
    const doc_matrix *matrix;
    const feature_space *space;
    const uint8_t *folds; /* by matrix row: 0 .. n_folds - 1 */
    fit_field *fields;
    size_t n_fields;
    uint32_t n_threads;
    /* Only fold 0 is scored and no final model trained: to compare options. Others keep label -1.
     */
    bool is_trial;
    bool (*advance)(void *context); /* called after each epoch from any thread; false cancels */
    void *context;
} fit_job;

/*
 * Fits all fields, whose results are the caller's also on failure: fit_field_free(). The result
 * does not depend on n_threads. ERROR_MEMORY, also when `advance` cancelled: its owner knows.
 */
triage_status fit_run(fit_job *job, triage_error *err) TRIAGE_CHECKED;

void fit_field_free(fit_field *field);

/* The fold of each ticket, by a hash of its words: tickets of the same words share one. `n` bytes.
 */
void folds_assign(const corpus *c, const uint32_t *docs, size_t n, uint32_t n_folds,
                  uint8_t *ret_folds);

#endif
