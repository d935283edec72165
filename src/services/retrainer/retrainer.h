/* SPDX-License-Identifier: MIT */
/*
 * Retrains when it is time to: when somebody asked for it, when there is no model yet, when enough
 * corrections have come in since the last run, or on a schedule. A thread of low priority that
 * lives inside `triage serve` or is all there is to `triage retrainer`.
 *
 * Any number of retrainers may share a store: the lock of the store lets one of them work at a
 * time. A rejected candidate has learnt its corrections, too: the next automatic run waits for as
 * many new ones. After a failure it tries again after RETRAINER_RETRY_MIN_MS, then twice as long
 * each time up to RETRAINER_RETRY_MAX_MS; whoever asks for a run gets one at once.
 */
#ifndef RETRAINER_RETRAINER_H
#define RETRAINER_RETRAINER_H

#include "services/retrainer/retrain.h"

#define RETRAINER_AFTER        10 /* default: corrections */
#define RETRAINER_NICE         10
#define RETRAINER_RETRY_MIN_MS 10000
#define RETRAINER_RETRY_MAX_MS 3600000

typedef struct retrainer retrainer;

typedef enum retrainer_event_kind {
    RETRAINER_STARTED,  /* trigger */
    RETRAINER_FINISHED, /* trigger, outcome */
    RETRAINER_PRUNED,   /* n_pruned versions were deleted; message: why no more of them, or NULL */
    RETRAINER_FAULT,    /* message: the store or the registry does not answer; once until it does */
} retrainer_event_kind;

/* Valid during the call only. */
typedef struct retrainer_event {
    retrainer_event_kind kind;
    const char *trigger; /* "feedback", "request", "schedule", "start" */
    const retrain_outcome *outcome;
    const char *message;
    size_t n_pruned;
} retrainer_event;

typedef struct retrainer_options {
    retrain_options retrain; /* borrowed; its on_progress and context are the retrainer's */
    uint32_t after;          /* corrections that start a run; 0: they do not */
    int64_t every_ms;        /* after the last version, if there is any correction; 0: never */
    uint64_t n_kept;         /* versions that are kept, see prune.h; 0: all */
    bool starts;             /* train a first model if there is none */
    int nice;                /* of its threads, 0 to 19: as in setpriority() */
    /* Both from the retrainer's thread; NULL: none. */
    void (*on_event)(void *context, const retrainer_event *event);
    void (*on_progress)(void *context, const char *stage, uint64_t done, uint64_t total);
    void *context;
} retrainer_options;

/* retrain_options_default(), RETRAINER_AFTER, no schedule, a first model, RETRAINER_NICE. */
retrainer_options retrainer_options_default(void);

/* Starts the thread. ERROR_MEMORY, ERROR_IO (no thread). */
triage_status retrainer_start(const retrainer_options *options, retrainer **ret_retrainer,
                              triage_error *err) TRIAGE_CHECKED;

/* Changes the options from the next run on, but for store, registry, nice and the callbacks. What
 * the new ones borrow must stay, and so must that of the old ones until the retrainer is stopped.
 */
void retrainer_change(retrainer *r, const retrainer_options *options);

/* Any thread: is a run going on? */
bool retrainer_is_running(const retrainer *r);

/* Cancels a run that is going on, stops the thread, waits for it and frees; NULL is fine. */
void retrainer_stop(retrainer *r);

#endif
