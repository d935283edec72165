/* SPDX-License-Identifier: MIT */
/*
 * The backend: what the handlers of /api/v1 work on. It answers predictions (from the live model of
 * its own process, or from inference servers), keeps them and the feedback on them, and shows what
 * people need to see of both.
 *
 * Thread-safety: shared; every part locks for itself.
 */
#ifndef SERVICES_BACKEND_BACKEND_H
#define SERVICES_BACKEND_BACKEND_H

#include "http/server.h"
#include "registry/watcher.h"
#include "services/backend/event_hub.h"
#include "services/backend/prediction_log.h"
#include "services/backend/upstream.h"
#include "services/backend/version_views.h"
#include "services/model_sync.h"
#include "services/observer.h"
#include "services/prediction/engine.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct keys;

typedef struct backend_options {
    store *store; /* borrowed, as all below */
    registry *registry;
    model_sync *sync; /* NULL: the registry is all there is */
    holder *holder;
    watcher *watcher;
    engine *engine;
    observer *observer;
    struct keys *keys;
    view_source *source;
    upstream *upstream;     /* NULL: predictions are made here */
    version_views *views;   /* with `upstream`: of the versions that it answers with */
    uint64_t retrain_after; /* corrections that trigger a retrain */
    size_t log_bytes;       /* of waiting predictions; 0: predictions are not kept */
    int retention_days;
    const char *spool_folder; /* for answers of batches */
    bool logs_ticket_text;    /* redacted */
} backend_options;

typedef struct backend {
    backend_options options;
    prediction_log *log; /* NULL: predictions are not kept */
    event_hub *events;
    pthread_mutex_t settings;        /* held from reading a setting to writing it */
    _Atomic int64_t next_sample_ms;  /* the next prediction that is shown in /events */
    _Atomic int64_t learnt_until_ms; /* so long `learnt_sequence` may be taken as it is */
    _Atomic uint64_t learnt_sequence;
} backend;

triage_status backend_open(const backend_options *options, backend **ret_backend,
                           triage_error *err) TRIAGE_CHECKED;
/* Ends what runs, after the server has stopped; NULL is fine. */
void backend_close(backend *b);

/* Its rows, to be served under "/api/v1", and those that are served without a prefix, too. */
extern const http_route backend_routes[];
extern const size_t n_backend_routes;
extern const http_route backend_plain_routes[];
extern const size_t n_backend_plain_routes;

/* The setting of the target precision, and its value: 0 if it is none. */
#define TARGET_SETTING "target_precision"
double backend_parse_target(const char *text);

/* The same, read from the store. */
triage_status backend_target_precision(backend *b, double *ret_target,
                                       triage_error *err) TRIAGE_CHECKED;

/* Takes the policy over from the store's settings and has the models' views made anew, if it
 * changed. */
triage_status backend_apply_policy(backend *b, triage_error *err) TRIAGE_CHECKED;

/* The sequence of the last correction that the live model has learnt; 0 if nothing is live. */
uint64_t backend_learnt_sequence(backend *b);

/* The name that a change is recorded under: the key's id, or "local" without keys. */
const char *backend_caller(const http_exchange *x);

/* Adds the entry with the present time. */
triage_status backend_audit(backend *b, store_audit *entry, triage_error *err) TRIAGE_CHECKED;

/* Milliseconds since 1970 as RFC 3339 in UTC, into JSON (null for 0 or less). */
void backend_write_time(json_writer *w, int64_t ms);
/* Text with a length, null where there is none. */
void backend_write_text(json_writer *w, store_text text);
/* An admin's {"reason"}, which may be missing, as may the body: NULL then. False with a problem
 * sent. */
bool backend_read_reason(http_exchange *x, const char **ret_reason);

/* The query parameter as a time: RFC 3339 or Unix milliseconds; 0 if it is not there, 1 for all
 * before 1970. False, with a
 * problem sent, if it is anything else. */
bool backend_query_time(http_exchange *x, const char *name, int64_t *ret_ms);

/* The query parameter as an id that was given out as a cursor; NULL if it is not there. False, with
 * a problem sent, if it cannot be one. */
bool backend_query_id(http_exchange *x, const char *name, const char **ret_id);

/* Counts, keeps and shows a prediction, which gets the id: what every ticket that was predicted
 * goes through. */
void predict_keep(backend *b, const ticket_request *ticket, prediction *p, const char *id);

/* Handlers, one file a noun. */
void predict_post(void *service, http_exchange *x);
extern const http_upload batch_upload;
/* The longest ticket of a batch, in bytes of JSON. */
#define BATCH_TICKET_BYTES ((size_t)1 << 20)
void feedback_post(void *service, http_exchange *x);
void feedback_list(void *service, http_exchange *x);
void feedback_accept(void *service, http_exchange *x);
void feedback_reject(void *service, http_exchange *x);
void predictions_list(void *service, http_exchange *x);
void predictions_get(void *service, http_exchange *x);
void review_list(void *service, http_exchange *x);
void models_list(void *service, http_exchange *x);
void models_get(void *service, http_exchange *x);
void models_file(void *service, http_exchange *x);
void models_manifest(void *service, http_exchange *x);
void models_promote(void *service, http_exchange *x);
void models_rollback(void *service, http_exchange *x);
void models_retrain(void *service, http_exchange *x);
void retrains_list(void *service, http_exchange *x);
void fields_list(void *service, http_exchange *x);
void fields_retire(void *service, http_exchange *x);
void fields_restore(void *service, http_exchange *x);
void curve_get(void *service, http_exchange *x);
void settings_get(void *service, http_exchange *x);
void settings_put(void *service, http_exchange *x);
void stats_get(void *service, http_exchange *x);
void events_get(void *service, http_exchange *x);
void keys_list(void *service, http_exchange *x);
void keys_post(void *service, http_exchange *x);
void keys_delete(void *service, http_exchange *x);
void audit_list(void *service, http_exchange *x);
void session_get(void *service, http_exchange *x);

#endif
