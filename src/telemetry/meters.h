/* SPDX-License-Identifier: MIT */
/*
 * Counters, gauges and histograms in Prometheus' text format. Families are rows of data, from which
 * docs/ops/metrics.md is made, too. Recording is wait-free (relaxed atomics) for a series that
 * exists; a new combination of label values takes a lock once. The number of series of a family is
 * bounded: further ones are counted under the label values "other".
 *
 * Values that make no sense are left out: NaN and infinities, and what would make a counter fall.
 *
 * Thread-safety: shared.
 */
#ifndef TELEMETRY_METERS_H
#define TELEMETRY_METERS_H

#include "base/buffer.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } metric_kind;

#define METRIC_MAX_LABELS 4
/* Series of one row, "other" not counted. */
#define METRIC_MAX_SERIES 1000
/* A longer label value is cut, at a character boundary. In bytes. */
#define METRIC_VALUE_MAX_BYTES 128

typedef struct metric_row {
    const char *name; /* "triage_http_requests_total"; a counter's ends with "_total" */
    metric_kind kind;
    const char *help;
    const char *labels[METRIC_MAX_LABELS]; /* names; NULL-terminated if fewer */
    const double *buckets;                 /* histogram: ascending finite upper bounds */
    size_t n_buckets;
} metric_row;

typedef struct meters meters;
typedef struct metric_series metric_series;

/* `rows` are borrowed for the life of the metrics. ERROR_MEMORY. */
triage_status meters_new(const metric_row *rows, size_t n_rows, meters **ret_metrics,
                         triage_error *err) TRIAGE_CHECKED;
void meters_free(meters *m);

/* The series of `row` (its index) with these label values (as many as the row has labels, NULL for
 * "" and for a row without labels); never NULL, valid until meters_free(). Keep it where the values
 * are fixed: looking it up costs a hash. */
metric_series *metric_at(meters *m, size_t row, const char *const *values);

void metric_add(metric_series *s, double value);     /* counter (>= 0), gauge */
void metric_set(metric_series *s, double value);     /* gauge */
void metric_observe(metric_series *s, double value); /* histogram */
double metric_value(const metric_series *s);         /* counter, gauge; histogram: the count */
/* The q-quantile of a histogram by linear interpolation within its bucket, as Prometheus does; NaN
 * if nothing was observed. */
double metric_quantile(const metric_series *s, double q);
/* Removes the series of a gauge whose label values are gone (an info metric of an older version).
 * What metric_at() gave for the row before may still be written to, but is shown no more. */
void metric_clear(meters *m, size_t row);

/* Appends all series: text format 0.0.4, or OpenMetrics 1.0.0. */
void meters_append(meters *m, bool is_openmetrics, buffer *out);

#endif
