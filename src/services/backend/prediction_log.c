/* SPDX-License-Identifier: MIT */
/* Two buffers: requests append to one while the writer empties the other. */
#define _GNU_SOURCE /* setpriority for one thread, gettid */
#include "services/backend/prediction_log.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "text/similar.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Predictions of one transaction, and how long the first one waits for others. */
#define BATCH          1024
#define BATCH_WAIT_MS  50
#define RETRY_MS       500
#define WRITER_NICE    15
#define RETENTION_MS   60000
#define RETENTION_STEP 5000

/* One waiting prediction: this head, then its texts one behind the other. */
typedef struct entry {
    char id[STORE_ID_SIZE];
    bool is_review, is_auto; /* is_auto: the decision of the first field */
    uint32_t source_length, ticket_id_length, version_length, outcomes_length, label_length;
    uint32_t text_length;
    int64_t created_at;
    double confidence, uncertainty;
} entry;

struct prediction_log {
    prediction_log_options options;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t added, written;
    buffer front; /* entries that were added */
    uint64_t n_front, n_added, n_written, n_dropped;
    bool is_stopping, is_failing, is_hurried;
    /* of the writer's thread alone */
    buffer back;
    size_t back_at; /* entries before it have been written */
    similar_index *similar;
    store_prediction batch[BATCH];
};

static struct timespec after_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* How far the most doubtful field is from being routed: 0 at the threshold, 1 for no confidence. */
static double uncertainty(const prediction *p)
{
    double highest = 0;
    for (size_t f = 0; f < p->view->n_fields; f++) {
        const triage_outcome *o = &p->outcomes[f];
        double reach = o->threshold > 0 && o->threshold <= 1 ? (double)o->threshold : 1;
        double doubt = 1 - (double)o->confidence / reach;
        if (o->decision == TRIAGE_REVIEW && doubt > highest)
            highest = doubt;
    }
    return highest;
}

static bool needs_review(const prediction *p)
{
    for (size_t f = 0; f < p->view->n_fields; f++)
        if (p->outcomes[f].decision == TRIAGE_REVIEW)
            return true;
    return false;
}

/* Appends the entry; its lengths follow from what was appended. */
static void append_entry(buffer *out, entry *e, const ticket_request *ticket, const prediction *p)
{
    const char *label = triage_model_label_name(p->view->model, 0, p->outcomes[0].label);
    size_t head = out->length;
    e->source_length = (uint32_t)ticket->source_length;
    e->ticket_id_length = (uint32_t)ticket->id_length;
    e->version_length = (uint32_t)strlen(p->view->version);
    e->label_length = (uint32_t)strlen(label);
    e->text_length = (uint32_t)ticket->length;
    buffer_append(out, e, sizeof *e);
    buffer_append(out, ticket->source, ticket->source_length);
    buffer_append(out, ticket->id, ticket->id_length);
    buffer_append(out, p->view->version, e->version_length);
    buffer_append(out, label, e->label_length);
    buffer_append(out, ticket->text, ticket->length);
    size_t outcomes = out->length;
    answer_append_outcomes(p, out);
    e->outcomes_length = (uint32_t)(out->length - outcomes);
    /* Entries are read in place: the next one begins where it may. */
    static const char padding[sizeof(double)];
    buffer_append(out, padding, (size_t)-out->length % sizeof padding);
    if (!out->failed)
        memcpy(out->data + head, e, sizeof *e);
}

bool prediction_log_add(prediction_log *log, const char *id, int64_t now_ms,
                        const ticket_request *ticket, const prediction *p)
{
    entry e = {.created_at = now_ms,
               .is_review = needs_review(p),
               .is_auto = p->outcomes[0].decision == TRIAGE_AUTO,
               .confidence = (double)p->outcomes[0].confidence,
               .uncertainty = uncertainty(p)};
    memcpy(e.id, id, sizeof e.id);
    pthread_mutex_lock(&log->lock);
    size_t before = log->front.length;
    bool is_added = before + ticket->length < log->options.max_bytes;
    if (is_added) {
        append_entry(&log->front, &e, ticket, p);
        is_added = !log->front.failed && log->front.length <= log->options.max_bytes;
    }
    bool wakes = is_added && (log->n_front == 0 || log->n_front + 1 == BATCH);
    if (is_added) {
        log->n_front++;
        log->n_added++;
    } else {
        log->front.length = before;
        log->front.failed = false;
        log->n_dropped++;
    }
    pthread_mutex_unlock(&log->lock);
    if (wakes)
        pthread_cond_signal(&log->added);
    return is_added;
}

static store_text take(const char **at, size_t length)
{
    store_text text = {length ? *at : NULL, length};
    *at += length;
    return text;
}

/* The entry at `at` as a row of the store; its cluster is found, too. Returns where the next
 * begins. */
static size_t read_entry(prediction_log *log, size_t start, store_prediction *ret_row)
{
    const entry *e = (const entry *)(const void *)(log->back.data + start);
    const char *at = log->back.data + start + sizeof *e;
    store_prediction row = {.created_at = e->created_at,
                            .confidence = e->confidence,
                            .is_review = e->is_review,
                            .decision =
                                e->is_auto ? (store_text){"auto", 4} : (store_text){"review", 6},
                            .uncertainty = e->uncertainty};
    memcpy(row.id, e->id, sizeof row.id);
    row.source = take(&at, e->source_length);
    row.ticket_id = take(&at, e->ticket_id_length);
    row.model_version = take(&at, e->version_length);
    row.label = take(&at, e->label_length);
    row.text = (store_text){at, e->text_length};
    at += e->text_length;
    row.outcomes = take(&at, e->outcomes_length);
    row.text_hash = similar_text_hash(row.text.data, row.text.length);
    row.cluster = row.is_review ? similar_index_place(log->similar, row.text.data, row.text.length,
                                                      row.text_hash)
                                : row.text_hash;
    *ret_row = row;
    size_t end = (size_t)(at - log->back.data);
    return end + (size_t)-end % sizeof(double);
}

/* Writes up to a batch of the back buffer. False if the store failed: it is tried again. */
static bool write_batch(prediction_log *log)
{
    triage_error err;
    size_t at = log->back_at, n = 0;
    while (n < BATCH && at < log->back.length)
        at = read_entry(log, at, &log->batch[n++]);
    triage_status status = store_add_predictions(log->options.store, log->batch, n, &err);
    pthread_mutex_lock(&log->lock);
    bool begins_to_fail = status != TRIAGE_OK && !log->is_failing;
    log->is_failing = status != TRIAGE_OK;
    if (status == TRIAGE_OK)
        log->n_written += n;
    pthread_mutex_unlock(&log->lock);
    pthread_cond_broadcast(&log->written);
    if (begins_to_fail && log->options.on_fault)
        log->options.on_fault(log->options.context, err.message);
    if (status == TRIAGE_OK)
        log->back_at = at;
    return status == TRIAGE_OK;
}

/* Waits for entries and swaps the buffers. False when stopping with nothing left. */
static bool fill_back(prediction_log *log)
{
    pthread_mutex_lock(&log->lock);
    struct timespec limit = after_ms(RETENTION_MS);
    while (log->n_front == 0 && !log->is_stopping)
        if (pthread_cond_timedwait(&log->added, &log->lock, &limit) != 0)
            break;
    limit = after_ms(BATCH_WAIT_MS);
    while (log->n_front > 0 && log->n_front < BATCH && !log->is_stopping && !log->is_hurried)
        if (pthread_cond_timedwait(&log->added, &log->lock, &limit) != 0)
            break;
    buffer empty = log->back;
    log->back = log->front;
    log->front = empty;
    buffer_clear(&log->front);
    log->n_front = 0;
    log->back_at = 0;
    bool goes_on = log->back.length > 0 || !log->is_stopping;
    pthread_mutex_unlock(&log->lock);
    return goes_on;
}

/* Waits before the next try. False when stopping: what is left is given up. */
static bool wait_to_retry(prediction_log *log)
{
    struct timespec limit = after_ms(RETRY_MS);
    pthread_mutex_lock(&log->lock);
    while (!log->is_stopping && pthread_cond_timedwait(&log->added, &log->lock, &limit) == 0)
        ;
    bool goes_on = !log->is_stopping;
    pthread_mutex_unlock(&log->lock);
    return goes_on;
}

static void delete_old(prediction_log *log)
{
    if (log->options.retention_days <= 0)
        return;
    uint64_t n = 0;
    int64_t before = clock_unix_ms() - (int64_t)log->options.retention_days * 86400000;
    do {
        if (store_delete_predictions(log->options.store, before, RETENTION_STEP, &n, NULL) !=
            TRIAGE_OK)
            return;
    } while (n == RETENTION_STEP);
}

static bool note_waiting(void *context, const store_prediction *row)
{
    prediction_log *log = context;
    similar_index_place(log->similar, row->text.data, row->text.length, row->cluster);
    return true;
}

static void *write_behind(void *argument)
{
    prediction_log *log = argument;
    double next_deletion = 0;
    /* Requests come first, and are not interrupted for this. */
    struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    setpriority(PRIO_PROCESS, (id_t)gettid(), WRITER_NICE);
    /* Without them near-copies of older tickets get clusters of their own: no reason not to start.
     */
    (void)!store_each_waiting(log->options.store, log->options.n_similar, note_waiting, log, NULL);
    while (fill_back(log)) {
        while (log->back_at < log->back.length)
            if (!write_batch(log) && !wait_to_retry(log))
                return NULL;
        buffer_clear(&log->back);
        if (clock_seconds() >= next_deletion) {
            delete_old(log);
            next_deletion = clock_seconds() + RETENTION_MS / 1000.0;
        }
    }
    return NULL;
}

triage_status prediction_log_start(const prediction_log_options *options, prediction_log **ret_log,
                                   triage_error *err)
{
    prediction_log *log = mem_new_zeroed(1, sizeof *log);
    if (!log)
        return error_memory(err);
    log->options = *options;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->added, &monotonic);
    pthread_cond_init(&log->written, &monotonic);
    pthread_condattr_destroy(&monotonic);
    log->similar = similar_index_new(options->n_similar);
    triage_status status = log->similar ? TRIAGE_OK : error_memory(err);
    if (status == TRIAGE_OK && pthread_create(&log->thread, NULL, write_behind, log) != 0)
        status = error_set(err, TRIAGE_ERROR_IO, "cannot start the thread of the prediction log");
    if (status == TRIAGE_OK) {
        *ret_log = log;
        return TRIAGE_OK;
    }
    similar_index_free(log->similar);
    free(log);
    return status;
}

void prediction_log_stop(prediction_log *log)
{
    if (!log)
        return;
    pthread_mutex_lock(&log->lock);
    log->is_stopping = true;
    pthread_mutex_unlock(&log->lock);
    pthread_cond_broadcast(&log->added);
    pthread_join(log->thread, NULL);
    similar_index_free(log->similar);
    buffer_free(&log->front);
    buffer_free(&log->back);
    pthread_cond_destroy(&log->added);
    pthread_cond_destroy(&log->written);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

bool prediction_log_flush(prediction_log *log, int timeout_ms)
{
    struct timespec limit = after_ms(timeout_ms);
    pthread_mutex_lock(&log->lock);
    uint64_t wanted = log->n_added;
    log->is_hurried = true;
    pthread_cond_signal(&log->added);
    while (log->n_written < wanted && !log->is_failing)
        if (pthread_cond_timedwait(&log->written, &log->lock, &limit) != 0)
            break;
    log->is_hurried = false;
    bool is_written = log->n_written >= wanted;
    pthread_mutex_unlock(&log->lock);
    return is_written;
}

prediction_log_counts prediction_log_read(prediction_log *log)
{
    pthread_mutex_lock(&log->lock);
    prediction_log_counts counts = {.n_written = log->n_written,
                                    .n_dropped = log->n_dropped,
                                    .n_waiting = log->n_added - log->n_written,
                                    .is_failing = log->is_failing};
    pthread_mutex_unlock(&log->lock);
    return counts;
}
