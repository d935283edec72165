/* SPDX-License-Identifier: MIT */
/* Progress of a training run. */
#include "train/watch.h"

static void report(watch *w, const char *message)
{
    triage_train_progress progress = {
        .stage = w->stage, .done = atomic_load(&w->done), .total = w->total, .message = message};
    if (w->options->on_progress && !w->options->on_progress(w->options->context, &progress))
        atomic_store(&w->is_cancelled, true);
}

void watch_init(watch *w, const triage_train_options *options)
{
    w->options = options;
    w->thread = pthread_self();
    w->stage = "";
    w->total = 0;
    atomic_init(&w->done, 0);
    atomic_init(&w->is_cancelled, false);
}

bool watch_stage(watch *w, const char *stage, uint64_t total)
{
    w->stage = stage;
    w->total = total;
    atomic_store(&w->done, 0);
    report(w, NULL);
    return !atomic_load(&w->is_cancelled);
}

bool watch_advance(void *context)
{
    watch *w = context;
    atomic_fetch_add(&w->done, 1);
    if (pthread_equal(w->thread, pthread_self()))
        report(w, NULL);
    return !atomic_load(&w->is_cancelled);
}

void watch_say(watch *w, const char *message)
{
    report(w, message);
}
