/* SPDX-License-Identifier: MIT */
/*
 * What a process tells about itself: the log, the metrics, and the line and the counts of each
 * request. Shared; all services of one process have the same one.
 */
#ifndef SERVICES_OBSERVER_H
#define SERVICES_OBSERVER_H

#include "http/server.h"
#include "telemetry/log.h"
#include "telemetry/meters.h"

/* The families, in the order of their rows; docs/ops/metrics.md has them all. */
typedef enum observer_row {
    METER_HTTP_REQUESTS,
    METER_HTTP_SECONDS,
    METER_HTTP_CONNECTIONS,
    METER_PREDICTIONS,
    METER_CONFIDENCE,
    METER_PREDICTION_LOG,
    METER_PREDICTION_LOG_WAITING,
    METER_FEEDBACK,
    METER_FEEDBACK_PENDING,
    METER_REVIEW_WAITING,
    METER_RETRAIN_RUNS,
    METER_RETRAIN_SECONDS,
    METER_MODEL_INFO,
    METER_MODEL_RELOADS,
    METER_MODEL_COPIES,
    METER_MODEL_LOADED,
    METER_ESTIMATED_ACCURACY,
    METER_DRIFT,
    METER_UPSTREAM,
    METER_UPSTREAM_SECONDS,
    METER_LOG_DROPPED,
    METER_BUILD_INFO,
    OBSERVER_N_ROWS
} observer_row;

extern const metric_row observer_rows[OBSERVER_N_ROWS];

typedef enum access_log { ACCESS_ALL, ACCESS_ERRORS, ACCESS_OFF } access_log;

/* The series of a route and a status, found once. */
typedef struct route_series {
    const char *route, *method; /* by address: those of the server's rows */
    unsigned status;
    metric_series *requests, *seconds;
} route_series;

/* Routes and statuses that are counted without a look-up; a power of two. */
#define OBSERVER_N_SERIES 256

typedef struct observer {
    log_output *log;                                   /* owned */
    meters *meters;                                    /* owned */
    _Atomic(route_series *) series[OBSERVER_N_SERIES]; /* owned; by a hash, the first one stays */
    access_log access;
    char service_name[32];
} observer;

/* ERROR_IO for a log file that cannot be opened; ERROR_MEMORY. */
triage_status observer_open(observer *o, const log_options *log, access_log access,
                            triage_error *err) TRIAGE_CHECKED;
void observer_close(observer *o);

/* The series of a row with these label values; see metric_at(). */
#define OBSERVER_AT(OBSERVER, ROW, ...)                                                            \
    metric_at((OBSERVER)->meters, (ROW), (const char *const[]){__VA_ARGS__})
#define OBSERVER_ONE(OBSERVER, ROW) metric_at((OBSERVER)->meters, (ROW), NULL)

/* Brings a counter that is kept elsewhere up to its value there. */
void observer_raise(metric_series *counter, double value);

/* Counts and logs one request: http_server_options.on_done, with the observer as its context. */
void observer_record(observer *o, const http_record *record);

/* One line of the log with a reason for people. */
void observer_say(observer *o, log_level level, const char *action, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
