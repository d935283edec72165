/* SPDX-License-Identifier: MIT */
/* The metric families, and what is counted and logged of a request. */
#include "services/observer.h"

#include "base/hash.h"
#include "base/mem.h"
#include "services/note.h"
#include "telemetry/trace.h"
#include "triage/version.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double latency_buckets[] = {.0001, .00025, .0005, .001, .0025, .005, .01, .025,
                                         .05,   .1,     .25,   .5,   1,     2.5,  5,   10};
static const double confidence_buckets[] = {.1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .98, .99, 1};
static const double training_buckets[] = {.25, .5, 1, 2, 5, 10, 30, 60, 300, 1800};

#define BUCKETS(B) .buckets = (B), .n_buckets = sizeof(B) / sizeof *(B)

const metric_row observer_rows[OBSERVER_N_ROWS] = {
    [METER_HTTP_REQUESTS] = {.name = "triage_http_requests_total",
                             .kind = METRIC_COUNTER,
                             .help = "Requests by route, method and status code.",
                             .labels = {"route", "method", "code"}},
    [METER_HTTP_SECONDS] = {.name = "triage_http_request_duration_seconds",
                            .kind = METRIC_HISTOGRAM,
                            .help = "From the headers to the last byte of the answer.",
                            .labels = {"route", "method"},
                            BUCKETS(latency_buckets)},
    [METER_HTTP_CONNECTIONS] = {.name = "triage_http_connections",
                                .kind = METRIC_GAUGE,
                                .help = "Connections that are open."},
    [METER_PREDICTIONS] = {.name = "triage_predictions_total",
                           .kind = METRIC_COUNTER,
                           .help = "Predictions by field, label and decision.",
                           .labels = {"field", "label", "decision"}},
    [METER_CONFIDENCE] = {.name = "triage_prediction_confidence",
                          .kind = METRIC_HISTOGRAM,
                          .help = "Confidence of the predicted label.",
                          .labels = {"field"},
                          BUCKETS(confidence_buckets)},
    [METER_PREDICTION_LOG] = {.name = "triage_prediction_log_total",
                              .kind = METRIC_COUNTER,
                              .help = "Predictions that were written to the store or dropped.",
                              .labels = {"outcome"}},
    [METER_PREDICTION_LOG_WAITING] = {.name = "triage_prediction_log_waiting",
                                      .kind = METRIC_GAUGE,
                                      .help = "Predictions that wait to be written."},
    [METER_FEEDBACK] = {.name = "triage_feedback_total",
                        .kind = METRIC_COUNTER,
                        .help = "Corrections by field and what became of them.",
                        .labels = {"field", "outcome"}},
    [METER_FEEDBACK_PENDING] = {.name = "triage_feedback_pending",
                                .kind = METRIC_GAUGE,
                                .help = "Accepted corrections that no model has learnt yet."},
    [METER_REVIEW_WAITING] = {.name = "triage_review_waiting",
                              .kind = METRIC_GAUGE,
                              .help = "Tickets that wait for a person."},
    [METER_RETRAIN_RUNS] = {.name = "triage_retrain_runs_total",
                            .kind = METRIC_COUNTER,
                            .help = "Retrains by result.",
                            .labels = {"result"}},
    [METER_RETRAIN_SECONDS] = {.name = "triage_retrain_duration_seconds",
                               .kind = METRIC_HISTOGRAM,
                               .help = "Duration of retrains.",
                               BUCKETS(training_buckets)},
    [METER_MODEL_INFO] = {.name = "triage_model_info",
                          .kind = METRIC_GAUGE,
                          .help = "1 for the live model.",
                          .labels = {"version", "sha256", "alias"}},
    [METER_MODEL_RELOADS] = {.name = "triage_model_reloads_total",
                             .kind = METRIC_COUNTER,
                             .help = "Models that were swapped in, or refused.",
                             .labels = {"result"}},
    [METER_MODEL_COPIES] = {.name = "triage_model_copies_total",
                            .kind = METRIC_COUNTER,
                            .help = "Model versions that were copied from elsewhere, or could not.",
                            .labels = {"result"}},
    [METER_MODEL_LOADED] = {.name = "triage_model_loaded_timestamp_seconds",
                            .kind = METRIC_GAUGE,
                            .help = "When the live model was swapped in."},
    [METER_ESTIMATED_ACCURACY] = {.name = "triage_estimated_accuracy_ratio",
                                  .kind = METRIC_GAUGE,
                                  .help = "Accuracy of the last hour, estimated from confidences.",
                                  .labels = {"field"}},
    [METER_DRIFT] = {.name = "triage_drift_score",
                     .kind = METRIC_GAUGE,
                     .help = "Distance of the last hour from training.",
                     .labels = {"field", "kind"}},
    [METER_UPSTREAM] = {.name = "triage_inference_calls_total",
                        .kind = METRIC_COUNTER,
                        .help = "Calls of the inference service by result.",
                        .labels = {"result"}},
    [METER_UPSTREAM_SECONDS] = {.name = "triage_inference_call_duration_seconds",
                                .kind = METRIC_HISTOGRAM,
                                .help = "Duration of calls of the inference service.",
                                BUCKETS(latency_buckets)},
    [METER_LOG_DROPPED] = {.name = "triage_log_lines_dropped_total",
                           .kind = METRIC_COUNTER,
                           .help = "Log lines that were dropped because the log was full."},
    [METER_BUILD_INFO] = {.name = "triage_build_info",
                          .kind = METRIC_GAUGE,
                          .help = "1, with the version of the program.",
                          .labels = {"version"}},
};

triage_status observer_open(observer *o, const log_options *log, access_log access,
                            triage_error *err)
{
    *o = (observer){.access = access};
    snprintf(o->service_name, sizeof o->service_name, "%s", log->service_name);
    triage_status status = meters_new(observer_rows, OBSERVER_N_ROWS, &o->meters, err);
    if (status == TRIAGE_OK) {
        log_options named = *log;
        named.service_name = o->service_name;
        status = log_open(&named, &o->log, err);
    }
    if (status == TRIAGE_OK)
        metric_set(OBSERVER_AT(o, METER_BUILD_INFO, triage_version()), 1);
    else
        observer_close(o);
    return status;
}

void observer_close(observer *o)
{
    log_close(o->log);
    meters_free(o->meters);
    for (size_t i = 0; i < OBSERVER_N_SERIES; i++)
        free(atomic_load(&o->series[i]));
    *o = (observer){0};
}

void observer_raise(metric_series *counter, double value)
{
    metric_add(counter, value - metric_value(counter));
}

static void find_series(observer *o, const http_record *r, route_series *ret_series)
{
    const char *route = r->row ? r->route : "(none)", *method = r->row ? r->row->method : "(any)";
    char code[12];
    snprintf(code, sizeof code, "%u", r->status);
    *ret_series = (route_series){r->route, method, r->status, NULL, NULL};
    ret_series->requests = OBSERVER_AT(o, METER_HTTP_REQUESTS, route, method, code);
    if (r->row)
        ret_series->seconds = OBSERVER_AT(o, METER_HTTP_SECONDS, route, method);
}

/* The series of a route that matched: mostly from the table, into which the first one of its hash
 * goes. */
static route_series series_of(observer *o, const http_record *r)
{
    uint64_t hash =
        hash_mix((uint64_t)(uintptr_t)r->route + r->status + (uint64_t)(uintptr_t)r->row->method);
    _Atomic(route_series *) *place = &o->series[hash & (OBSERVER_N_SERIES - 1)];
    route_series *kept = atomic_load_explicit(place, memory_order_acquire), found;
    if (kept && kept->route == r->route && kept->method == r->row->method &&
        kept->status == r->status)
        return *kept;
    find_series(o, r, &found);
    route_series *copy = kept ? NULL : mem_new(1, sizeof *copy);
    if (copy) {
        *copy = found;
        if (!atomic_compare_exchange_strong(place, &kept, copy))
            free(copy);
    }
    return found;
}

static void count(observer *o, const http_record *r)
{
    route_series series;
    if (r->row)
        series = series_of(o, r);
    else
        find_series(o, r, &series);
    metric_add(series.requests, 1);
    if (series.seconds)
        metric_observe(series.seconds, r->seconds);
}

static void log_prediction(log_line *line, const request_note *note)
{
    if (!note->has_prediction)
        return;
    log_text(line, "triage.prediction.category", note->label);
    log_real(line, "triage.prediction.confidence", (double)note->confidence);
    log_text(line, "triage.prediction.decision", note->is_auto ? "auto" : "review");
    log_text(line, "triage.model.version", note->version);
}

void observer_record(observer *o, const http_record *r)
{
    const request_note *note = r->note;
    count(o, r);
    bool is_error = r->status >= 400;
    if (o->access == ACCESS_OFF || (o->access == ACCESS_ERRORS && !is_error))
        return;
    log_level level = r->status >= 500 ? LOG_ERROR : is_error ? LOG_WARN : LOG_INFO;
    log_line *line = log_begin(o->log, level, note && note->action ? note->action : "http-request",
                               r->row ? r->route : r->path);
    if (!line)
        return;
    trace_context trace;
    trace_begin(r->traceparent, r->traceparent ? strlen(r->traceparent) : 0, &trace);
    log_text(line, "event.outcome", is_error ? "failure" : "success");
    log_int(line, "event.duration", (int64_t)(r->seconds * 1e9));
    log_text(line, "http.request.method", r->method);
    log_text(line, "url.path", r->path);
    log_int(line, "http.response.status_code", (int64_t)r->status);
    log_text(line, "http.request.id", r->request_id);
    log_int(line, "http.request.body.bytes", (int64_t)r->request_bytes);
    log_int(line, "http.response.body.bytes", (int64_t)r->response_bytes);
    log_text(line, "client.ip", r->remote);
    if (r->key_id && *r->key_id)
        log_text(line, "user.id", r->key_id);
    log_text(line, "trace.id", trace.trace_id);
    log_text(line, "span.id", trace.span_id);
    if (note)
        log_prediction(line, note);
    log_end(line);
}

void observer_say(observer *o, log_level level, const char *action, const char *format, ...)
{
    char message[TRIAGE_ERROR_MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    log_end(log_begin(o->log, level, action, message));
}
