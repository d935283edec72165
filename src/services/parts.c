/* SPDX-License-Identifier: MIT */
/* Opening parts from settings, and closing them. */
#include "services/parts.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "services/inference/infer.h"
#include "services/openapi.h"
#include "services/prediction/view_meters.h"
#include "services/process.h"
#include "services/retired.h"
#include "triage/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A waiting prediction takes about so much memory: its text and a little. */
#define BYTES_A_PREDICTION 512

triage_status parts_open_log(parts *p, const char *service, const log_settings *s,
                             triage_error *err)
{
    bool is_terminal = isatty(STDOUT_FILENO) && !s->path;
    log_options options = {.path = s->path,
                           .level = (log_level)s->level,
                           .service_name = service,
                           .service_version = triage_version(),
                           .is_for_people = s->format == LOG_FORMAT_TEXT ||
                                            (s->format == LOG_FORMAT_AUTO && is_terminal)};
    p->service = service;
    return observer_open(&p->observer, &options, (access_log)s->access, err);
}

triage_status parts_open_store(parts *p, const folder_settings *folders, const store_settings *s,
                               triage_error *err)
{
    char *address = settings_store_address(folders, s);
    if (!address)
        return error_memory(err);
    triage_status status = store_open(address, &p->store, err);
    free(address);
    return status;
}

bool parts_is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 ||
           strncmp(listen, "localhost:", 10) == 0;
}

static void tell_keys_fault(void *context, const triage_error *err)
{
    observer_say(context, LOG_ERROR, "keys", "the keys stay as they were: %s", err->message);
}

triage_status parts_open_keys(parts *p, const caller_settings *callers, const char *listen,
                              triage_error *err)
{
    keys_options options = {.store = p->store,
                            .admin_key = callers->admin_key,
                            .is_open_without_keys =
                                !callers->is_key_required && parts_is_loopback(listen),
                            .on_fault = tell_keys_fault,
                            .context = &p->observer};
    triage_status status = keys_new(&options, &p->keys, err);
    if (status == TRIAGE_OK && !keys_any(p->keys) && !parts_is_loopback(listen))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "without a key only this machine may call: listen on 127.0.0.1, or make a "
                         "key with 'triage keys create admin' or --admin-key-file");
    return status;
}

triage_status parts_open_single_key(parts *p, const char *key, const char *listen,
                                    triage_error *err)
{
    if (!key && !parts_is_loopback(listen))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "without a key only this machine may call: listen on 127.0.0.1, or give "
                         "a key with --inference-key-file");
    if (key && strlen(key) < KEY_MIN_LENGTH)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the key has fewer than %d characters",
                         KEY_MIN_LENGTH);
    p->single_key = key ? mem_copy_string(key, strlen(key)) : NULL;
    return key && !p->single_key ? error_memory(err) : TRIAGE_OK;
}

triage_status parts_open_peer_key(parts *p, const char *key, triage_error *err)
{
    if (key && strlen(key) < KEY_MIN_LENGTH)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the key has fewer than %d characters",
                         KEY_MIN_LENGTH);
    p->peer_key = key ? mem_copy_string(key, strlen(key)) : NULL;
    return key && !p->peer_key ? error_memory(err) : TRIAGE_OK;
}

/* --- the live model -------------------------------------------------------------------------- */

static void tell_version(parts *p, const char *version)
{
    triage_error err;
    registry_manifest m;
    observer *o = &p->observer;
    if (registry_find(p->registry, version, &m, &err) != TRIAGE_OK)
        return;
    metric_clear(o->meters, METER_MODEL_INFO);
    metric_set(OBSERVER_AT(o, METER_MODEL_INFO, version, m.sha256, "champion"), 1);
    metric_set(OBSERVER_ONE(o, METER_MODEL_LOADED), (double)clock_unix_ms() / 1000);
    registry_manifest_free(&m);
}

static void publish_reload(parts *p, const watcher_event *event)
{
    buffer json = {0};
    json_writer w = {.out = &json};
    if (!p->backend)
        return;
    json_begin_object(&w);
    json_write_key(&w, "version");
    json_write_text(&w, event->version);
    json_write_key(&w, "result");
    json_write_text(&w, event->is_loaded ? "loaded" : "refused");
    json_write_key(&w, "message");
    json_write_text(&w, event->message);
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(p->backend->events, "model-reload", json.data, json.length);
    buffer_free(&json);
}

static void note_reload(void *context, const watcher_event *event)
{
    parts *p = context;
    observer *o = &p->observer;
    metric_add(OBSERVER_AT(o, METER_MODEL_RELOADS, event->is_loaded ? "loaded" : "refused"), 1);
    log_line *line = log_begin(o->log, event->is_loaded ? LOG_INFO : LOG_ERROR, "model-reload",
                               event->is_loaded ? "a model went live"
                                                : "a model was refused, the old one stays");
    log_text(line, "event.outcome", event->is_loaded ? "success" : "failure");
    log_text(line, "triage.model.version", event->version);
    log_text(line, "error.message", event->message);
    log_int(line, "event.duration", (int64_t)(event->seconds * 1e9));
    log_end(line);
    if (event->is_loaded)
        tell_version(p, event->version);
    publish_reload(p, event);
}

static triage_status prepare_view(void *context, live_model *live, triage_error *err)
{
    parts *p = context;
    return view_source_prepare(p->source, live, err);
}

/* The policy that the store has, before the first view is made. */
static triage_status read_policy(parts *p, triage_error *err)
{
    char *target_text = NULL, *retired = NULL;
    bool is_changed;
    double target = 0;
    triage_status status = store_get(p->store, TARGET_SETTING, &target_text, err);
    if (status == TRIAGE_OK)
        status = store_get(p->store, RETIRED_SETTING, &retired, err);
    if (status == TRIAGE_OK) {
        target = backend_parse_target(target_text);
        status = view_source_set(p->source, target, retired, &is_changed, err);
    }
    free(target_text);
    free(retired);
    return status;
}

triage_status parts_open_registry(parts *p, const folder_settings *folders, bool creates,
                                  triage_error *err)
{
    char *folder = settings_registry_path(folders);
    if (!folder)
        return error_memory(err);
    triage_status status = registry_open(folder, creates, &p->registry, err);
    free(folder);
    return status;
}

static void note_copy(void *context, const model_copy_event *event)
{
    parts *p = context;
    observer *o = &p->observer;
    switch (event->kind) {
    case MODEL_COPY_DONE:
        metric_add(OBSERVER_AT(o, METER_MODEL_COPIES, "copied"), 1);
        observer_say(o, LOG_INFO, "model-copy", "%s was copied from elsewhere", event->version);
        break;
    case MODEL_COPY_ASIDE:
        observer_say(o, LOG_WARN, "model-copy",
                     "another %s was here, and was moved aside in the folder of the models",
                     event->version);
        break;
    case MODEL_COPY_LIVE:
        observer_say(o, LOG_INFO, "model-copy", "%s is to be live here as elsewhere",
                     event->version);
        break;
    case MODEL_COPY_FAULT:
        metric_add(OBSERVER_AT(o, METER_MODEL_COPIES, "failed"), 1);
        if (!event->is_repeated)
            observer_say(o, LOG_ERROR, "model-copy", "the models stay as they are: %s",
                         event->message);
        break;
    }
}

triage_status parts_open_sync(parts *p, const version_settings *s, triage_error *err)
{
    model_sync_options options = {
        .store = p->store, .registry = p->registry, .on_event = note_copy, .context = p};
    if (!p->store || !s->is_synchronised)
        return TRIAGE_OK;
    triage_status status = model_sync_new(&options, &p->sync, err);
    return status == TRIAGE_OK ? model_sync_start(p->sync, err) : status;
}

triage_status parts_open_pull(parts *p, const backend_client_settings *s, const char *key,
                              uint32_t poll_ms, triage_error *err)
{
    model_pull_options options = {.urls = s->urls.items,
                                  .n_urls = s->urls.count,
                                  .key = key,
                                  .registry = p->registry,
                                  .poll_ms = poll_ms,
                                  .on_event = note_copy,
                                  .context = p};
    return s->urls.count > 0 ? model_pull_start(&options, &p->pull, err) : TRIAGE_OK;
}

triage_status parts_open_models(parts *p, const folder_settings *folders, const version_settings *s,
                                bool creates, triage_error *err)
{
    triage_status status = parts_open_registry(p, folders, creates, err);
    if (status == TRIAGE_OK)
        status = parts_open_sync(p, s, err);
    if (status == TRIAGE_OK)
        status = holder_new(&p->holder, err);
    if (status == TRIAGE_OK)
        status = engine_new(p->holder, &p->engine, err);
    if (status == TRIAGE_OK)
        status = view_source_new(&p->observer, &p->source, err);
    if (status == TRIAGE_OK && p->store)
        status = read_policy(p, err);
    watcher_options options = {.registry = p->registry,
                               .holder = p->holder,
                               .poll_ms = (uint32_t)s->poll_ms,
                               .prepare = prepare_view,
                               .on_event = note_reload,
                               .context = p};
    if (status == TRIAGE_OK)
        status = watcher_start(&options, &p->watcher, err);
    return status;
}

triage_status parts_open_upstream(parts *p, const inference_client_settings *s, const char *key,
                                  triage_error *err)
{
    upstream_options options = {.urls = s->urls.items,
                                .n_urls = s->urls.count,
                                .key = key,
                                .timeout_ms = (uint32_t)s->timeout_ms,
                                .n_connections = (uint32_t)s->n_connections,
                                .queue_length = 4096,
                                .observer = &p->observer};
    if (s->urls.count == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "--inference-url is missing");
    triage_status status = upstream_start(&options, &p->upstream, err);
    if (status == TRIAGE_OK)
        status = version_views_new(p->registry, p->source, &p->views, err);
    return status;
}

triage_status parts_open_backend(parts *p, const folder_settings *folders,
                                 const prediction_log_settings *log, uint64_t retrain_after,
                                 bool logs_ticket_text, triage_error *err)
{
    backend_options options = {.store = p->store,
                               .registry = p->registry,
                               .sync = p->sync,
                               .holder = p->holder,
                               .watcher = p->watcher,
                               .engine = p->engine,
                               .observer = &p->observer,
                               .keys = p->keys,
                               .source = p->source,
                               .upstream = p->upstream,
                               .views = p->views,
                               .retrain_after = retrain_after,
                               .log_bytes =
                                   log->is_on ? (size_t)log->queue_length * BYTES_A_PREDICTION : 0,
                               .retention_days = (int)log->retention_days,
                               .spool_folder = folders->data_dir,
                               .logs_ticket_text = logs_ticket_text};
    triage_status status = backend_open(&options, &p->backend, err);
    if (status != TRIAGE_OK)
        return status;
    parts_add_routes(p, "/api/v1", backend_routes, n_backend_routes, p->backend);
    parts_add_routes(p, "", backend_plain_routes, n_backend_plain_routes, p->backend);
    parts_add_routes(p, "", openapi_routes, n_openapi_routes, NULL);
    return TRIAGE_OK;
}

/* --- the retrainer --------------------------------------------------------------------------- */

static void publish_retrain(parts *p, const char *trigger, const retrain_outcome *outcome)
{
    buffer json = {0};
    json_writer w = {.out = &json};
    if (!p->backend)
        return;
    json_begin_object(&w);
    json_write_key(&w, "trigger");
    json_write_text(&w, trigger);
    json_write_key(&w, "state");
    json_write_text(&w, outcome ? "done" : "running");
    if (outcome) {
        json_write_key(&w, "result");
        json_write_text(&w, retrain_result_name(outcome->result));
        json_write_key(&w, "candidate");
        json_write_text(&w, outcome->candidate[0] ? outcome->candidate : NULL);
        json_write_key(&w, "reason");
        json_write_text(&w, outcome->reason);
    }
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(p->backend->events, "retrain", json.data, json.length);
    buffer_free(&json);
}

static void tell_outcome(parts *p, const char *trigger, const retrain_outcome *outcome)
{
    observer *o = &p->observer;
    const char *result = retrain_result_name(outcome->result);
    bool has_failed = outcome->result == RETRAIN_FAILED;
    metric_add(OBSERVER_AT(o, METER_RETRAIN_RUNS, result), 1);
    metric_observe(OBSERVER_ONE(o, METER_RETRAIN_SECONDS), outcome->seconds);
    log_line *line =
        log_begin(o->log, has_failed ? LOG_ERROR : LOG_INFO, "retrain", outcome->reason);
    log_text(line, "event.outcome", has_failed ? "failure" : "success");
    log_int(line, "event.duration", (int64_t)(outcome->seconds * 1e9));
    log_text(line, "triage.retrain.trigger", trigger);
    log_text(line, "triage.retrain.candidate", outcome->candidate);
    log_text(line, "triage.retrain.champion", outcome->champion);
    log_text(line, "triage.retrain.result", result);
    log_int(line, "triage.retrain.tickets", (int64_t)outcome->n_training);
    log_int(line, "triage.retrain.corrections", (int64_t)outcome->n_feedback);
    log_end(line);
    /* Its own process need not wait until the file system tells it. */
    if (outcome->result == RETRAIN_PROMOTED && p->watcher)
        watcher_poke(p->watcher);
}

static void note_retrain(void *context, const retrainer_event *event)
{
    parts *p = context;
    switch (event->kind) {
    case RETRAINER_STARTED:
        observer_say(&p->observer, LOG_INFO, "retrain", "a retrain has begun (%s)", event->trigger);
        publish_retrain(p, event->trigger, NULL);
        break;
    case RETRAINER_FINISHED:
        tell_outcome(p, event->trigger, event->outcome);
        publish_retrain(p, event->trigger, event->outcome);
        break;
    case RETRAINER_FAULT:
        observer_say(&p->observer, LOG_ERROR, "retrain", "retrains wait: %s", event->message);
        break;
    }
}

static void note_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    parts *p = context;
    buffer json = {0};
    json_writer w = {.out = &json};
    if (!p->backend || event_hub_n_watchers(p->backend->events) == 0)
        return;
    json_begin_object(&w);
    json_write_key(&w, "state");
    json_write_text(&w, "running");
    json_write_key(&w, "stage");
    json_write_text(&w, stage);
    json_write_key(&w, "done");
    json_write_uint(&w, done);
    json_write_key(&w, "total");
    json_write_uint(&w, total);
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(p->backend->events, "retrain-progress", json.data, json.length);
    buffer_free(&json);
}

/* "NAME=COLUMN" or "COLUMN", as for triage train. */
static triage_status read_columns(parts *p, const retrain_settings *s, triage_error *err)
{
    p->read = (triage_read_options){.text_columns = s->text_columns.items,
                                    .n_text_columns = s->text_columns.count,
                                    .n_fields = s->fields.count};
    p->field_columns = mem_new_zeroed(s->fields.count, sizeof *p->field_columns);
    if (!p->field_columns)
        return error_memory(err);
    for (size_t i = 0; i < s->fields.count; i++) {
        char *text = mem_copy_string(s->fields.items[i], strlen(s->fields.items[i]));
        if (!text)
            return error_memory(err);
        char *separator = strchr(text, '=');
        p->field_columns[i].name = text;
        p->field_columns[i].column = separator ? separator + 1 : text;
        if (separator)
            *separator = '\0';
    }
    p->read.fields = p->field_columns;
    return TRIAGE_OK;
}

triage_status parts_open_retrainer(parts *p, const retrain_settings *s, triage_error *err)
{
    retrainer_options options = retrainer_options_default();
    triage_status status = read_columns(p, s, err);
    if (status != TRIAGE_OK)
        return status;
    options.retrain.store = p->store;
    options.retrain.registry = p->registry;
    options.retrain.sync = p->sync;
    options.retrain.base_files = s->base_data.items;
    options.retrain.n_base_files = s->base_data.count;
    options.retrain.read = &p->read;
    if (!triage_preset_parse(retrain_presets[s->preset], &options.retrain.preset))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "unknown preset");
    options.retrain.n_threads = (uint32_t)s->n_threads;
    options.retrain.target_precision = s->target_precision;
    options.retrain.holdout_share = s->holdout;
    options.retrain.tolerance = s->tolerance;
    options.nice = (int)s->nice;
    options.after = (uint32_t)s->after;
    options.every_ms = (int64_t)s->every_ms;
    options.on_event = note_retrain;
    options.on_progress = note_progress;
    options.context = p;
    return retrainer_start(&options, &p->retrainer, err);
}

/* --- the server ------------------------------------------------------------------------------ */

void parts_add_routes(parts *p, const char *prefix, const http_route *rows, size_t n, void *service)
{
    p->routes[p->n_routes++] =
        (http_routes){.prefix = prefix, .rows = rows, .n_rows = n, .service = service};
}

static bool check_model(void *context, char *ret_reason, size_t size)
{
    parts *p = context;
    if (holder_n_models(p->holder) == 0) {
        snprintf(ret_reason, size, "no model is live yet");
        return false;
    }
    return true;
}

/* A newer model that cannot be loaded: the old one serves on. */
static bool check_reload(void *context, char *ret_reason, size_t size)
{
    parts *p = context;
    watcher_fault(p->watcher, ret_reason, size);
    return ret_reason[0] == '\0';
}

/* A newer version may be live elsewhere: the one that is here serves on. */
static bool check_copies(void *context, char *ret_reason, size_t size)
{
    parts *p = context;
    if (p->sync)
        model_sync_fault(p->sync, ret_reason, size);
    else
        model_pull_fault(p->pull, ret_reason, size);
    return ret_reason[0] == '\0';
}

static bool check_log(void *context, char *ret_reason, size_t size)
{
    parts *p = context;
    bool is_failing = p->backend->log && prediction_log_read(p->backend->log).is_failing;
    if (is_failing)
        snprintf(ret_reason, size, "predictions cannot be written to the store");
    return !is_failing;
}

static bool check_inference(void *context, char *ret_reason, size_t size)
{
    parts *p = context;
    return upstream_is_up(p->upstream, ret_reason, size);
}

static void refresh_drift(parts *p)
{
    engine_thread *t;
    const live_model *live;
    if (!p->engine || engine_join(p->engine, &t, NULL) != TRIAGE_OK)
        return;
    const prediction_view *view = engine_acquire(t, &live);
    if (view)
        view_meters_refresh(view, &p->observer);
    engine_release(t);
}

static void refresh_gauges(void *context)
{
    parts *p = context;
    observer *o = &p->observer;
    uint64_t n_pending, last, n_clusters, n_tickets;
    if (p->server)
        metric_set(OBSERVER_ONE(o, METER_HTTP_CONNECTIONS), http_server_n_connections(p->server));
    refresh_drift(p);
    if (!p->backend)
        return;
    if (store_count_pending(p->store, backend_learnt_sequence(p->backend), &n_pending, &last,
                            NULL) == TRIAGE_OK)
        metric_set(OBSERVER_ONE(o, METER_FEEDBACK_PENDING), (double)n_pending);
    if (store_count_review(p->store, &n_clusters, &n_tickets, NULL) == TRIAGE_OK)
        metric_set(OBSERVER_ONE(o, METER_REVIEW_WAITING), (double)n_tickets);
    if (p->backend->log) {
        prediction_log_counts counts = prediction_log_read(p->backend->log);
        metric_set(OBSERVER_ONE(o, METER_PREDICTION_LOG_WAITING), (double)counts.n_waiting);
        observer_raise(OBSERVER_AT(o, METER_PREDICTION_LOG, "written"), (double)counts.n_written);
        observer_raise(OBSERVER_AT(o, METER_PREDICTION_LOG, "dropped"), (double)counts.n_dropped);
    }
}

static void add_checks(parts *p)
{
    p->health.observer = &p->observer;
    p->health.refresh = refresh_gauges;
    p->health.refresh_context = p;
    if (p->watcher) {
        health_add(&p->health, (health_row){"model", check_model, p, false});
        health_add(&p->health, (health_row){"model-reload", check_reload, p, true});
    }
    if (p->sync || p->pull)
        health_add(&p->health, (health_row){"model-copy", check_copies, p, true});
    if (p->backend)
        health_add(&p->health, (health_row){"prediction-log", check_log, p, true});
    if (p->upstream)
        health_add(&p->health, (health_row){"inference", check_inference, p, true});
    parts_add_routes(p, "", health_routes, n_health_routes, &p->health);
}

static void note_request(void *context, const http_record *record)
{
    parts *p = context;
    observer_record(&p->observer, record);
}

/* Without a key everyone who reaches this server may predict. */
static bool authenticate_single(const char *key, const char *token, size_t length,
                                http_identity *ret_identity)
{
    bool is_right = key ? token && length == strlen(key) && secret_equal(key, token, length) : true;
    if (is_right || !token)
        *ret_identity = (http_identity){.role = is_right ? HTTP_ROLE_PREDICT : HTTP_ROLE_PUBLIC};
    return is_right || !token;
}

static bool authenticate(void *context, const char *token, size_t length,
                         http_identity *ret_identity)
{
    parts *p = context;
    /* Whoever has this key may predict in any case: at the inference servers. */
    if (p->peer_key && token && length == strlen(p->peer_key) &&
        secret_equal(p->peer_key, token, length)) {
        *ret_identity =
            (http_identity){.id = "inference", .role = HTTP_ROLE_PREDICT, .is_peer = true};
        return true;
    }
    if (p->keys)
        return keys_authenticate(p->keys, token, length, ret_identity);
    return authenticate_single(p->single_key, token, length, ret_identity);
}

triage_status parts_listen(parts *p, const listen_settings *listen, const http_settings *http,
                           const caller_settings *callers, triage_error *err)
{
    http_server_options options = {.listen = listen->address,
                                   .n_threads = (uint32_t)http->n_threads,
                                   .n_connections = (uint32_t)http->n_connections,
                                   .body_bytes = (uint32_t)http->max_body_bytes,
                                   .idle_seconds = (uint32_t)(http->request_ms / 1000),
                                   .authenticate = authenticate,
                                   .on_done = note_request,
                                   .context = p};
    add_checks(p);
    options.routes = p->routes;
    options.n_routes = p->n_routes;
    if (callers) {
        options.rates[HTTP_RATE_PREDICT] = (double)callers->rate_predict;
        options.rates[HTTP_RATE_READ] = (double)callers->rate_read;
        options.rates[HTTP_RATE_WRITE] = (double)callers->rate_write;
    }
    p->drain_ms = (uint32_t)http->drain_ms;
    return http_server_start(&options, &p->server, err);
}

void parts_run(parts *p, void (*reload)(parts *p, void *context), void *context)
{
    triage_error err;
    char url[128];
    http_server_url(p->server, url, sizeof url);
    observer_say(&p->observer, LOG_INFO, "start", "%s listens on %s", p->service, url);
    process_tell_ready();
    while (process_wait() == PROCESS_RELOADS) {
        if (log_reopen(p->observer.log, &err) != TRIAGE_OK)
            observer_say(&p->observer, LOG_ERROR, "reload", "%s", err.message);
        if (reload)
            reload(p, context);
    }
    observer_say(&p->observer, LOG_INFO, "stop", "%s stops: requests under way are finished",
                 p->service);
}

void parts_close(parts *p)
{
    http_server_stop(p->server, (int)p->drain_ms);
    retrainer_stop(p->retrainer);
    upstream_stop(p->upstream);
    backend_close(p->backend);
    model_sync_free(p->sync);
    model_pull_stop(p->pull);
    watcher_stop(p->watcher);
    version_views_free(p->views);
    engine_free(p->engine);
    holder_free(p->holder);
    view_source_free(p->source);
    registry_close(p->registry);
    keys_free(p->keys);
    store_close(p->store);
    vault_close(p->vault);
    for (size_t i = 0; i < p->read.n_fields && p->field_columns; i++)
        free((char *)(uintptr_t)p->field_columns[i].name);
    free(p->field_columns);
    free(p->single_key);
    free(p->peer_key);
    if (p->observer.log)
        observer_close(&p->observer);
}
