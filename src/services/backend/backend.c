/* SPDX-License-Identifier: MIT */
/* The backend's parts put together, and what its handlers share. */
#include "services/backend/backend.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "services/retired.h"

#include <stdlib.h>
#include <string.h>

/* Events that a watcher can catch up on. */
#define N_EVENTS 1024

/* Waiting tickets that new ones are compared with. */
#define N_SIMILAR 10000

/* The last millisecond of the year 9999. */
#define LATEST_MS INT64_C(253402300799999)

#define MAX_REASON 1000

/* How long the versions' manifests need not be read again. */
#define LEARNT_MS 200

static void tell_fault(void *context, const char *message)
{
    backend *b = context;
    observer_say(b->options.observer, LOG_ERROR, "prediction-log",
                 "predictions cannot be written, and wait: %s", message);
}

triage_status backend_open(const backend_options *options, backend **ret_backend, triage_error *err)
{
    backend *b = mem_new_zeroed(1, sizeof *b);
    if (!b)
        return error_memory(err);
    b->options = *options;
    pthread_mutex_init(&b->settings, NULL);
    triage_status status =
        event_hub_new(N_EVENTS, (uint64_t)clock_unix_ms() * 1000, &b->events, err);
    if (status == TRIAGE_OK && options->log_bytes > 0) {
        prediction_log_options log = {.store = options->store,
                                      .max_bytes = options->log_bytes,
                                      .n_similar = N_SIMILAR,
                                      .retention_days = options->retention_days,
                                      .on_fault = tell_fault,
                                      .context = b};
        status = prediction_log_start(&log, &b->log, err);
    }
    if (status == TRIAGE_OK)
        *ret_backend = b;
    else
        backend_close(b);
    return status;
}

void backend_close(backend *b)
{
    if (!b)
        return;
    prediction_log_stop(b->log);
    event_hub_free(b->events);
    pthread_mutex_destroy(&b->settings);
    free(b);
}

double backend_parse_target(const char *text)
{
    double target;
    bool is_good = text && number_parse_real(text, strlen(text), 0, 1, &target);
    return is_good && target > 0 && target < 1 ? target : 0;
}

triage_status backend_target_precision(backend *b, double *ret_target, triage_error *err)
{
    char *text = NULL;
    triage_status status = store_get(b->options.store, TARGET_SETTING, &text, err);
    if (status == TRIAGE_OK)
        *ret_target = backend_parse_target(text);
    free(text);
    return status;
}

triage_status backend_apply_policy(backend *b, triage_error *err)
{
    double target = 0;
    char *retired = NULL;
    bool is_changed = false;
    triage_status status = backend_target_precision(b, &target, err);
    if (status == TRIAGE_OK)
        status = store_get(b->options.store, RETIRED_SETTING, &retired, err);
    if (status == TRIAGE_OK)
        status = view_source_set(b->options.source, target, retired, &is_changed, err);
    free(retired);
    if (status == TRIAGE_OK && is_changed) {
        if (b->options.views)
            version_views_forget(b->options.views);
        status = watcher_reload(b->options.watcher, err);
    }
    return status;
}

/* The newest version that was decided on has learnt them, whether it went live or not. */
static triage_status read_learnt(registry *r, uint64_t *ret_sequence, triage_error *err)
{
    registry_manifest *manifests;
    size_t n;
    triage_status status = registry_list(r, &manifests, &n, err);
    if (status != TRIAGE_OK)
        return status;
    uint64_t sequence = 0;
    for (size_t i = 0; i < n; i++)
        if (manifests[i].feedback_sequence > sequence)
            sequence = manifests[i].feedback_sequence;
    registry_manifests_free(manifests, n);
    *ret_sequence = sequence;
    return TRIAGE_OK;
}

uint64_t backend_learnt_sequence(backend *b)
{
    int64_t now = clock_unix_ms();
    uint64_t sequence;
    if (now >= atomic_load(&b->learnt_until_ms) &&
        read_learnt(b->options.registry, &sequence, NULL) == TRIAGE_OK) {
        atomic_store(&b->learnt_sequence, sequence);
        atomic_store(&b->learnt_until_ms, now + LEARNT_MS);
    }
    return atomic_load(&b->learnt_sequence);
}

triage_status backend_audit(backend *b, store_audit *entry, triage_error *err)
{
    entry->at = clock_unix_ms();
    return store_add_audit(b->options.store, entry, err);
}

const char *backend_caller(const http_exchange *x)
{
    const http_identity *caller = http_caller(x);
    return caller->id[0] ? caller->id : "local";
}

void backend_write_time(json_writer *w, int64_t ms)
{
    char text[TIMESTAMP_SIZE];
    if (ms <= 0) {
        json_write_null(w);
        return;
    }
    timestamp_format(ms, text);
    json_write_text(w, text);
}

void backend_write_text(json_writer *w, store_text text)
{
    if (text.data)
        json_write_string(w, text.data, text.length);
    else
        json_write_null(w);
}

bool backend_read_reason(http_exchange *x, const char **ret_reason)
{
    static const char *const names[] = {"reason", NULL};
    const json_flat *body;
    request_fault fault;
    size_t length;
    http_body(x, &length);
    *ret_reason = NULL;
    if (length == 0)
        return true;
    if (!http_body_flat(x, &body))
        return false;
    bool is_good = request_has_only(body, names, &fault) &&
                   request_string(body, "reason", MAX_REASON, ret_reason, &length, &fault);
    if (is_good && *ret_reason && memchr(*ret_reason, '\0', length))
        is_good = request_fault_set(&fault, "reason", "'reason' holds a NUL character");
    if (!is_good)
        http_problem(x, 422, fault.pointer, "%s", fault.message);
    return is_good;
}

bool backend_query_time(http_exchange *x, const char *name, int64_t *ret_ms)
{
    const char *text = http_query(x, name);
    int64_t ms = 0;
    if (text && !timestamp_parse(text, strlen(text), &ms) &&
        !number_parse_int(text, strlen(text), 0, LATEST_MS, &ms)) {
        http_problem(x, 400, NULL,
                     "'%s' must be a time such as 2026-01-31T12:00:00Z, or Unix milliseconds",
                     name);
        return false;
    }
    *ret_ms = text && ms < 1 ? 1 : ms; /* nothing was before 1970, and 0 is for none */
    return true;
}

bool backend_query_id(http_exchange *x, const char *name, const char **ret_id)
{
    const char *text = http_query(x, name);
    *ret_id = text;
    if (!text || (strlen(text) == STORE_ID_SIZE - 1 &&
                  strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == STORE_ID_SIZE - 1))
        return true;
    http_problem(x, 400, NULL, "'%s' is not a cursor that was given out", name);
    return false;
}
