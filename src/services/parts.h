/* SPDX-License-Identifier: MIT */
/*
 * The parts that services are made of, and how each is opened. A service's start is a list of calls
 * of these; its end is parts_close(), which takes what there is apart in the reverse order.
 */
#ifndef SERVICES_PARTS_H
#define SERVICES_PARTS_H

#include "services/backend/backend.h"
#include "services/console_files.h"
#include "services/health.h"
#include "services/inference/model_pull.h"
#include "services/keys.h"
#include "services/model_sync.h"
#include "services/prediction/view_source.h"
#include "services/retrainer/retrainer.h"
#include "services/settings.h"
#include "services/vault.h"

/* Groups of routes of one server. */
#define PARTS_MAX_ROUTES 8

/* Zero-initialised there is nothing. */
typedef struct parts {
    const char *service; /* its name, static */
    observer observer;
    vault *vault; /* NULL: none is used */
    store *store;
    keys *keys;
    registry *registry;
    model_sync *sync; /* NULL: versions do not go through the store */
    model_pull *pull; /* NULL: versions do not come from a backend */
    holder *holder;
    view_source *source;
    engine *engine;
    watcher *watcher;
    upstream *upstream;
    version_views *views;
    backend *backend;
    _Atomic(event_hub *)
        events; /* of the backend, once there is one; threads that began before it look */
    retrainer *retrainer;
    console_files *console;
    health health;
    http_routes routes[PARTS_MAX_ROUTES];
    size_t n_routes;
    http_server *server;
    uint32_t drain_ms;
    triage_read_options read; /* of base data; what they point to is below and in the settings */
    triage_field_column *field_columns; /* owned */
    char *single_key;                   /* owned: of a server without a store */
    char *peer_key;                     /* owned: inference servers fetch models with it */
} parts;

/* Each opens one part, of those before it. */
triage_status parts_open_log(parts *p, const char *service, const log_settings *s,
                             triage_error *err) TRIAGE_CHECKED;
triage_status parts_open_store(parts *p, const folder_settings *folders, const store_settings *s,
                               triage_error *err) TRIAGE_CHECKED;
triage_status parts_open_keys(parts *p, const caller_settings *callers, const char *listen,
                              triage_error *err) TRIAGE_CHECKED;
/* The folder of the model versions alone. `creates`: make it. */
triage_status parts_open_registry(parts *p, const folder_settings *folders, bool creates,
                                  triage_error *err) TRIAGE_CHECKED;
/* Copies versions through the store, if the settings say so; after the registry. */
triage_status parts_open_sync(parts *p, const version_settings *s,
                              triage_error *err) TRIAGE_CHECKED;
/* Copies the champion from a backend, if an address is given; after the models. */
triage_status parts_open_pull(parts *p, const backend_client_settings *s, const char *key,
                              uint32_t poll_ms, triage_error *err) TRIAGE_CHECKED;
/* The key with which inference servers may fetch models here (NULL: none). */
triage_status parts_open_peer_key(parts *p, const char *key, triage_error *err) TRIAGE_CHECKED;
/* Registry, holder, engine and watcher: the live model. */
triage_status parts_open_models(parts *p, const folder_settings *folders, const version_settings *s,
                                bool creates, triage_error *err) TRIAGE_CHECKED;
triage_status parts_open_upstream(parts *p, const inference_client_settings *s, const char *key,
                                  triage_error *err) TRIAGE_CHECKED;
/* Instead of parts_open_keys(), for a server without a store: the one key (NULL: none). */
triage_status parts_open_single_key(parts *p, const char *key, const char *listen,
                                    triage_error *err) TRIAGE_CHECKED;
triage_status parts_open_backend(parts *p, const folder_settings *folders,
                                 const prediction_log_settings *log, uint64_t retrain_after,
                                 bool logs_ticket_text, triage_error *err) TRIAGE_CHECKED;
triage_status parts_open_retrainer(parts *p, const retrain_settings *s,
                                   triage_error *err) TRIAGE_CHECKED;
/* The pages for people, if there are any: without a folder given and without an installed one there
 * are none, which is said. */
triage_status parts_open_console(parts *p, const console_settings *s,
                                 triage_error *err) TRIAGE_CHECKED;
/* Whether whoever sends `token` may call: for http_server_options, with the parts as its context.
 */
bool parts_authenticate(void *context, const char *token, size_t length,
                        http_identity *ret_identity);
/* Adds rows to what parts_listen() will serve. */
void parts_add_routes(parts *p, const char *prefix, const http_route *rows, size_t n,
                      void *service);
/* Health and metrics, then the server with all rows. `callers` NULL: no rates, and everyone may. */
triage_status parts_listen(parts *p, const listen_settings *listen, const http_settings *http,
                           const caller_settings *callers, triage_error *err) TRIAGE_CHECKED;

/* Says that it is ready, then waits for the end. On SIGHUP the log is opened again and `reload`
 * (may be NULL) called. */
void parts_run(parts *p, void (*reload)(parts *p, void *context), void *context);

/* Takes apart what there is. */
void parts_close(parts *p);

#endif
