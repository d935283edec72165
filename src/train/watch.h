/* SPDX-License-Identifier: MIT */
/*
 * Progress of a training run: counts steps from all threads, tells the caller from the training
 * thread only, and carries the caller's wish to cancel back to all threads.
 */
#ifndef TRAIN_WATCH_H
#define TRAIN_WATCH_H

#include "triage/train.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct watch {
    const triage_train_options *options;
    pthread_t thread; /* the training thread */
    const char *stage;
    uint64_t total;
    atomic_uint_fast64_t done;
    atomic_bool is_cancelled;
} watch;

/* Starts watching; the calling thread is the training thread. */
void watch_init(watch *w, const triage_train_options *options);

/* A new stage of `total` steps (0: unknown). False if cancelled. Training thread only. */
bool watch_stage(watch *w, const char *stage, uint64_t total);

/* One more step is done. `context` is a watch. False if cancelled. Any thread. */
bool watch_advance(void *context);

/* Passes a sentence on. Training thread only. */
void watch_say(watch *w, const char *message);

#endif
