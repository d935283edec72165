/* SPDX-License-Identifier: MIT */
/*
 * GET /stats: rates, latencies, label mix, corrections, the queue, and how far the last hour is
 * from training. What was predicted comes from the store; latencies and errors are those of this
 * process.
 */
#include "base/clock.h"
#include "services/backend/backend.h"
#include "services/prediction/view_meters.h"

#include <math.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

typedef struct counts_writer {
    json_writer *w;
    uint64_t n, n_auto;
} counts_writer;

static bool write_count(void *context, const store_prediction_count *c)
{
    counts_writer *counts = context;
    bool is_auto = c->decision.length == 4 && memcmp(c->decision.data, "auto", 4) == 0;
    json_writer *w = counts->w;
    counts->n += c->n;
    counts->n_auto += is_auto ? c->n : 0;
    json_begin_object(w);
    json_write_key(w, "hour");
    backend_write_time(w, c->hour);
    json_write_key(w, "model_version");
    backend_write_text(w, c->model_version);
    json_write_key(w, "label");
    backend_write_text(w, c->label);
    json_write_key(w, "decision");
    backend_write_text(w, c->decision);
    json_write_key(w, "count");
    json_write_uint(w, c->n);
    json_write_key(w, "mean_confidence");
    json_write_float(w, c->n ? (float)(c->sum_confidence / (double)c->n) : 0);
    json_end_object(w);
    return true;
}

static triage_status write_predictions(backend *b, json_writer *w, int64_t since, int64_t until,
                                       triage_error *err)
{
    counts_writer counts = {.w = w};
    json_write_key(w, "predictions");
    json_begin_object(w);
    json_write_key(w, "by_hour");
    json_begin_array(w);
    triage_status status =
        store_each_prediction_count(b->options.store, since, until, write_count, &counts, err);
    json_end_array(w);
    json_write_key(w, "total");
    json_write_uint(w, counts.n);
    json_write_key(w, "auto");
    json_write_uint(w, counts.n_auto);
    json_end_object(w);
    return status;
}

static void write_quantile(json_writer *w, const char *key, const metric_series *s, double q)
{
    double seconds = metric_quantile(s, q);
    json_write_key(w, key);
    if (isfinite(seconds))
        json_write_float(w, (float)seconds);
    else
        json_write_null(w);
}

static void write_latency(backend *b, json_writer *w)
{
    const metric_series *s =
        OBSERVER_AT(b->options.observer, METER_HTTP_SECONDS, "/api/v1/predict", "POST");
    json_write_key(w, "latency_seconds");
    json_begin_object(w);
    json_write_key(w, "count");
    json_write_double(w, metric_value(s));
    write_quantile(w, "p50", s, .5);
    write_quantile(w, "p95", s, .95);
    write_quantile(w, "p99", s, .99);
    json_end_object(w);
}

static triage_status write_feedback(backend *b, json_writer *w, triage_error *err)
{
    uint64_t n_pending = 0, last, n_clusters = 0, n_tickets = 0;
    triage_status status =
        store_count_pending(b->options.store, backend_learnt_sequence(b), &n_pending, &last, err);
    if (status == TRIAGE_OK)
        status = store_count_review(b->options.store, &n_clusters, &n_tickets, err);
    json_write_key(w, "feedback");
    json_begin_object(w);
    json_write_key(w, "pending");
    json_write_uint(w, n_pending);
    json_write_key(w, "retrain_at");
    json_write_uint(w, b->options.retrain_after);
    json_end_object(w);
    json_write_key(w, "review");
    json_begin_object(w);
    json_write_key(w, "tickets");
    json_write_uint(w, n_tickets);
    json_write_key(w, "groups");
    json_write_uint(w, n_clusters);
    json_end_object(w);
    return status;
}

static void write_log(backend *b, json_writer *w)
{
    json_write_key(w, "prediction_log");
    if (!b->log) {
        json_write_null(w);
        return;
    }
    prediction_log_counts counts = prediction_log_read(b->log);
    json_begin_object(w);
    json_write_key(w, "written");
    json_write_uint(w, counts.n_written);
    json_write_key(w, "waiting");
    json_write_uint(w, counts.n_waiting);
    json_write_key(w, "dropped");
    json_write_uint(w, counts.n_dropped);
    json_write_key(w, "failing");
    json_write_bool(w, counts.is_failing);
    json_end_object(w);
}

static triage_status write_live(backend *b, json_writer *w, triage_error *err)
{
    engine_thread *t;
    const live_model *live;
    triage_status status = engine_join(b->options.engine, &t, err);
    if (status != TRIAGE_OK)
        return status;
    const prediction_view *view = engine_acquire(t, &live);
    json_write_key(w, "model_version");
    json_write_text(w, view ? view->version : NULL);
    json_write_key(w, "drift");
    json_begin_array(w);
    if (view)
        view_meters_write_drift(view, w);
    json_end_array(w);
    engine_release(t);
    return TRIAGE_OK;
}

void stats_get(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    int64_t since, until, now = clock_unix_ms();
    if (!backend_query_time(x, "since", &since) || !backend_query_time(x, "until", &until))
        return;
    since = since ? since : now - DAY_MS;
    until = until ? until : now;
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "since");
    backend_write_time(&w, since);
    json_write_key(&w, "until");
    backend_write_time(&w, until);
    triage_status status = write_predictions(b, &w, since, until, &err);
    if (status == TRIAGE_OK)
        status = write_feedback(b, &w, &err);
    if (status == TRIAGE_OK)
        status = write_live(b, &w, &err);
    write_latency(b, &w);
    write_log(b, &w);
    json_end_object(&w);
    if (status == TRIAGE_OK)
        http_reply_json(x, 200, out);
    else
        http_problem_status(x, status, &err);
}
