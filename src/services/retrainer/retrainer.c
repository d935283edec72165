/* SPDX-License-Identifier: MIT */
/* The loop around retrain_run(): look, lock, look again, run, tell. */
#define _GNU_SOURCE /* SCHED_BATCH */
#include "services/retrainer/retrainer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "services/retrainer/lineage.h"
#include "services/retrainer/prune.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* A look without any news, for what the store cannot wake us for: a schedule, the end of somebody
 * else's lock. */
#define LOOK_MS   60000
#define LOCKED_MS 1000

/* How many of the newest retrains are looked at for one that was asked for: a run takes all of
 * those at once. */
#define MAX_REQUESTS 64

/* Why a run is to be made; "" if none is. */
typedef struct cause {
    char trigger[32], who[64];
    bool is_requested; /* by a row of the store */
} cause;

struct retrainer {
    store *store;
    pthread_t thread;
    atomic_bool is_stopping, is_running;
    pthread_mutex_t lock;
    retrainer_options next; /* guarded by `lock` */
    /* Of the thread alone: */
    retrainer_options options;
    lineage past;
    bool knows_past;
    uint64_t seen; /* of store_wait() */
    bool has_fault;
    int64_t retry_at, retry_ms; /* no automatic run before; 0: no failure */
    uint64_t
        looked_at; /* the last correction of a run that found nothing new and left no version */
};

retrainer_options retrainer_options_default(void)
{
    return (retrainer_options){.retrain = retrain_options_default(),
                               .after = RETRAINER_AFTER,
                               .starts = true,
                               .nice = RETRAINER_NICE};
}

bool retrainer_is_running(const retrainer *r)
{
    return atomic_load(&r->is_running);
}

static void tell(const retrainer *r, const retrainer_event *event)
{
    if (r->options.on_event)
        r->options.on_event(r->options.context, event);
}

static bool on_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    const retrainer *r = context;
    if (r->options.on_progress)
        r->options.on_progress(r->options.context, stage, done, total);
    return !atomic_load(&r->is_stopping);
}

/* Predictions go first. Threads that training starts inherit it. Refusal does not matter: then the
 * thread has less weight already or the system has no such notion. */
static void lower_priority(int nice)
{
    struct sched_param none = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &none); /* 0: this thread */
    (void)setpriority(PRIO_PROCESS, 0, nice);
}

static void copy_text(store_text text, char *ret_text, size_t size)
{
    size_t length = text.data && text.length < size ? text.length : 0;
    if (length > 0)
        memcpy(ret_text, text.data, length);
    ret_text[length] = '\0';
}

/* Looks for a row: one that is requested (id 0), or the one of that id. */
typedef struct row_search {
    uint64_t id;
    cause *cause;
} row_search;

static bool look_at_row(void *context, const store_retrain *row)
{
    row_search *search = context;
    static const char requested[] = "requested";
    bool is_it = search->id ? row->id == search->id
                            : row->state.length == sizeof requested - 1 &&
                                  memcmp(row->state.data, requested, row->state.length) == 0;
    if (!is_it)
        return true;
    copy_text(row->trigger, search->cause->trigger, sizeof search->cause->trigger);
    copy_text(row->who, search->cause->who, sizeof search->cause->who);
    search->cause->is_requested = true;
    return false;
}

static triage_status find_row(retrainer *r, uint64_t id, cause *ret_cause, triage_error *err)
{
    row_search search = {.id = id, .cause = ret_cause};
    triage_status status = store_each_retrain(r->store, MAX_REQUESTS, look_at_row, &search, err);
    /* Stopping early, because it was found, is no fault. */
    return status == TRIAGE_ERROR_CANCELLED ? TRIAGE_OK : status;
}

static void set_cause(cause *c, const char *trigger)
{
    snprintf(c->trigger, sizeof c->trigger, "%s", trigger);
    snprintf(c->who, sizeof c->who, "retrainer");
}

/* What there is to do without anybody asking for it. */
static triage_status find_automatic(retrainer *r, cause *ret_cause, triage_error *err)
{
    const retrainer_options *o = &r->options;
    int64_t now = clock_unix_ms();
    uint64_t n_pending, last, after = r->past.feedback_sequence;
    if (r->looked_at > after)
        after = r->looked_at;
    if (now < r->retry_at)
        return TRIAGE_OK;
    if (!r->past.champion[0]) {
        if (o->starts)
            set_cause(ret_cause, "start");
        return TRIAGE_OK;
    }
    if (o->after == 0 && o->every_ms == 0)
        return TRIAGE_OK;
    triage_status status = store_count_pending(r->store, after, &n_pending, &last, err);
    if (status != TRIAGE_OK)
        return status;
    if (o->after > 0 && n_pending >= o->after)
        set_cause(ret_cause, "feedback");
    else if (o->every_ms > 0 && n_pending > 0 && now - r->past.newest_created_at >= o->every_ms)
        set_cause(ret_cause, "schedule");
    return TRIAGE_OK;
}

static triage_status find_cause(retrainer *r, bool is_fresh, cause *ret_cause, triage_error *err)
{
    *ret_cause = (cause){0};
    if (is_fresh || !r->knows_past) {
        triage_status status = lineage_read(r->options.retrain.registry, &r->past, err);
        if (status != TRIAGE_OK)
            return status;
        r->knows_past = true;
    }
    triage_status status = find_row(r, 0, ret_cause, err);
    if (status == TRIAGE_OK && !ret_cause->is_requested)
        status = find_automatic(r, ret_cause, err);
    return status;
}

/* Makes the cause a row that is running; the row's trigger is the cause then. */
static triage_status take_row(retrainer *r, cause *c, uint64_t *ret_id, bool *ret_found,
                              triage_error *err)
{
    uint64_t id;
    triage_status status = TRIAGE_OK;
    if (!c->is_requested)
        status = store_request_retrain(r->store, c->trigger, c->who, &id, err);
    if (status == TRIAGE_OK)
        status = store_take_retrain(r->store, &id, ret_found, err);
    if (status != TRIAGE_OK || !*ret_found)
        return status;
    *ret_id = id;
    return find_row(r, id, c, err);
}

static store_text text_of(const char *text)
{
    return (store_text){text, text ? strlen(text) : 0};
}

static triage_status finish_row(retrainer *r, uint64_t id, const retrain_outcome *o,
                                triage_error *err)
{
    retrain_result result = o->result == RETRAIN_CANCELLED ? RETRAIN_FAILED : o->result;
    store_retrain row = {.id = id,
                         .result = text_of(retrain_result_name(result)),
                         .reason = text_of(o->reason),
                         .champion = text_of(o->champion),
                         .candidate = text_of(o->candidate),
                         .details = text_of(o->details)};
    return store_finish_retrain(r->store, &row, err);
}

/* After a failure automatic runs wait, each time twice as long. */
static void note_result(retrainer *r, const retrain_outcome *o)
{
    if (o->result == RETRAIN_CANCELLED)
        return;
    if (o->result != RETRAIN_FAILED) {
        r->retry_ms = r->retry_at = 0;
        r->looked_at = o->feedback_sequence;
        return;
    }
    r->retry_ms = r->retry_ms == 0 ? RETRAINER_RETRY_MIN_MS : 2 * r->retry_ms;
    if (r->retry_ms > RETRAINER_RETRY_MAX_MS)
        r->retry_ms = RETRAINER_RETRY_MAX_MS;
    r->retry_at = clock_unix_ms() + r->retry_ms;
}

/* Old versions that stay are no reason to stop. */
static void prune(retrainer *r)
{
    triage_error err = {0};
    retrainer_event event = {.kind = RETRAINER_PRUNED};
    if (prune_versions(r->options.retrain.registry, r->options.retrain.sync, r->options.n_kept,
                       &event.n_pruned, &err) != TRIAGE_OK)
        event.message = err.message;
    if (event.n_pruned > 0 || event.message)
        tell(r, &event);
}

static triage_status run(retrainer *r, cause *c, triage_error *err)
{
    uint64_t id = 0;
    bool found = false;
    triage_status status = take_row(r, c, &id, &found, err);
    if (status != TRIAGE_OK || !found)
        return status;
    retrain_outcome outcome;
    atomic_store(&r->is_running, true);
    tell(r, &(retrainer_event){.kind = RETRAINER_STARTED, .trigger = c->trigger});
    retrain_run(&r->options.retrain, c->trigger, c->who, &outcome);
    malloc_trim(0); /* training took much for a moment: the system gets it back */
    r->knows_past = false;
    note_result(r, &outcome);
    status = finish_row(r, id, &outcome, err);
    atomic_store(&r->is_running, false);
    tell(r, &(retrainer_event){
                .kind = RETRAINER_FINISHED, .trigger = c->trigger, .outcome = &outcome});
    prune(r);
    retrain_outcome_free(&outcome);
    return status;
}

/* Here must be all versions that other retrainers have made, else a number would be given out
 * twice. */
static triage_status synchronise(retrainer *r, triage_error *err)
{
    model_sync *sync = r->options.retrain.sync;
    triage_status status = sync ? model_sync_seed(sync, err) : TRIAGE_OK;
    return status == TRIAGE_OK && sync ? model_sync_pull(sync, err) : status;
}

/* Under the lock another retrainer may have been faster: looks again. */
static triage_status run_locked(retrainer *r, triage_error *err)
{
    cause c;
    triage_status status = store_fail_interrupted_retrains(r->store, err);
    if (status == TRIAGE_OK)
        status = synchronise(r, err);
    if (status == TRIAGE_OK)
        status = find_cause(r, true, &c, err);
    if (status == TRIAGE_OK && c.trigger[0])
        status = run(r, &c, err);
    return status;
}

/* When the next look is due, if nothing happens before. */
static int wait_ms(const retrainer *r)
{
    int64_t now = clock_unix_ms(), wait = LOOK_MS;
    if (r->options.every_ms > 0 && r->options.every_ms < wait)
        wait = r->options.every_ms;
    if (r->retry_at > now && r->retry_at - now < wait)
        wait = r->retry_at - now;
    return (int)wait;
}

static void take_options(retrainer *r)
{
    pthread_mutex_lock(&r->lock);
    r->options = r->next;
    pthread_mutex_unlock(&r->lock);
}

/* Looks once; how long to wait for news before the next look. */
static triage_status look(retrainer *r, bool is_first, int *ret_wait_ms, triage_error *err)
{
    cause c;
    bool is_held = false;
    take_options(r);
    *ret_wait_ms = wait_ms(r);
    triage_status status = find_cause(r, is_first, &c, err);
    if (status != TRIAGE_OK || (!c.trigger[0] && !is_first))
        return status;
    status = store_lock_retrainer(r->store, &is_held, err);
    if (status != TRIAGE_OK)
        return status;
    if (!is_held) {
        *ret_wait_ms = c.trigger[0] ? LOCKED_MS : *ret_wait_ms;
        r->knows_past = false; /* the other one changes it */
        return TRIAGE_OK;
    }
    status = run_locked(r, err);
    store_unlock_retrainer(r->store);
    if (c.trigger[0])
        *ret_wait_ms = 0; /* what came in meanwhile */
    return status;
}

static void tell_fault(retrainer *r, triage_status status, const triage_error *err)
{
    if (status != TRIAGE_OK && !r->has_fault)
        tell(r, &(retrainer_event){.kind = RETRAINER_FAULT, .message = err->message});
    r->has_fault = status != TRIAGE_OK;
}

static void *retrainer_main(void *context)
{
    retrainer *r = context;
    bool is_first = true;
    lower_priority(r->options.nice);
    while (!atomic_load(&r->is_stopping)) {
        triage_error err;
        int timeout_ms;
        triage_status status = look(r, is_first, &timeout_ms, &err);
        tell_fault(r, status, &err);
        if (status != TRIAGE_OK)
            timeout_ms = LOCKED_MS;
        is_first = is_first && status != TRIAGE_OK;
        if (timeout_ms > 0 && !atomic_load(&r->is_stopping))
            store_wait(r->store, &r->seen, timeout_ms);
    }
    return NULL;
}

/* The callbacks of a run are the retrainer's. */
static retrainer_options own_options(retrainer *r, const retrainer_options *options)
{
    retrainer_options own = *options;
    own.retrain.on_progress = on_progress;
    own.retrain.context = r;
    return own;
}

triage_status retrainer_start(const retrainer_options *options, retrainer **ret_retrainer,
                              triage_error *err)
{
    retrainer *r = mem_new_zeroed(1, sizeof *r);
    if (!r)
        return error_memory(err);
    r->options = r->next = own_options(r, options);
    r->store = options->retrain.store;
    atomic_init(&r->is_stopping, false);
    atomic_init(&r->is_running, false);
    pthread_mutex_init(&r->lock, NULL);
    int code = pthread_create(&r->thread, NULL, retrainer_main, r);
    if (code != 0) {
        pthread_mutex_destroy(&r->lock);
        free(r);
        return error_errno(err, code, "cannot start a thread for", "the retrainer");
    }
    *ret_retrainer = r;
    return TRIAGE_OK;
}

void retrainer_change(retrainer *r, const retrainer_options *options)
{
    retrainer_options next = own_options(r, options);
    pthread_mutex_lock(&r->lock);
    next.retrain.store = r->next.retrain.store;
    next.retrain.registry = r->next.retrain.registry;
    next.retrain.sync = r->next.retrain.sync;
    next.on_event = r->next.on_event;
    next.on_progress = r->next.on_progress;
    next.context = r->next.context;
    r->next = next;
    pthread_mutex_unlock(&r->lock);
    store_wake(r->store);
}

void retrainer_stop(retrainer *r)
{
    if (!r)
        return;
    atomic_store(&r->is_stopping, true);
    store_wake(r->store);
    pthread_join(r->thread, NULL);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
