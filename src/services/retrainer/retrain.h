/* SPDX-License-Identifier: MIT */
/*
 * One retrain: training set, candidate, comparison with the champion, and the candidate's place in
 * the registry: promoted, or kept as rejected with the reason.
 *
 * Whoever calls it holds the retrainer's lock (store_lock_retrainer()). It may be killed at any
 * moment: the registry takes a version wholly or not at all, and what was not promoted is trained
 * again by the next run.
 */
#ifndef RETRAINER_RETRAIN_H
#define RETRAINER_RETRAIN_H

#include "registry/registry.h"
#include "services/model_sync.h"
#include "services/retrainer/training_set.h"
#include "triage/train.h"

typedef struct retrain_options {
    store *store; /* borrowed, as is all that follows */
    registry *registry;
    model_sync *sync;              /* NULL: the registry is all there is */
    const char *const *base_files; /* see base_tickets.h */
    size_t n_base_files;
    const triage_read_options *read;
    triage_preset preset;
    uint32_t n_threads; /* 0: one per core */
    uint64_t seed;
    double target_precision;
    double holdout_share;
    uint32_t correction_weight;
    double tolerance; /* of the gate */
    /* Where the run is: called from its thread; false cancels. NULL: none. */
    bool (*on_progress)(void *context, const char *stage, uint64_t done, uint64_t total);
    void *context;
} retrain_options;

/* Preset auto, all cores, seed 1, and the defaults of training_set.h and train/gate.h. */
retrain_options retrain_options_default(void);

typedef enum retrain_result {
    RETRAIN_PROMOTED,
    RETRAIN_REJECTED,
    RETRAIN_FAILED,    /* there is no candidate: the reason says why */
    RETRAIN_CANCELLED, /* on_progress said so */
} retrain_result;

/* "promoted", "rejected", "failed", "cancelled". */
const char *retrain_result_name(retrain_result result);

typedef struct retrain_outcome {
    retrain_result result;
    triage_status status;                  /* of a failure */
    char champion[REGISTRY_VERSION_SIZE];  /* before the run; "" if there was none */
    char candidate[REGISTRY_VERSION_SIZE]; /* "" if none was made */
    char reason[TRIAGE_ERROR_MESSAGE_SIZE];
    char *details; /* JSON of the comparison, as in the manifest; NULL: none; owned */
    uint64_t n_training, n_holdout, n_feedback;
    uint64_t feedback_sequence; /* the last correction that it looked at */
    double seconds;
} retrain_outcome;

/* `trigger` and `who` go to manifest and history. Failures are results, too. */
void retrain_run(const retrain_options *options, const char *trigger, const char *who,
                 retrain_outcome *ret_outcome);
void retrain_outcome_free(retrain_outcome *outcome); /* frees what it holds */

#endif
