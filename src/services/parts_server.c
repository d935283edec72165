/* SPDX-License-Identifier: MIT */
/* The HTTP server with its routes, and what health and metrics ask the other parts. */
#include "services/parts.h"

#include "services/prediction/view_meters.h"

#include <stdio.h>

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

triage_status parts_listen(parts *p, const listen_settings *listen, const http_settings *http,
                           const caller_settings *callers, triage_error *err)
{
    http_server_options options = {.listen = listen->address,
                                   .n_threads = (uint32_t)http->n_threads,
                                   .n_connections = (uint32_t)http->n_connections,
                                   .body_bytes = (uint32_t)http->max_body_bytes,
                                   .idle_seconds = (uint32_t)(http->request_ms / 1000),
                                   .authenticate = parts_authenticate,
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
