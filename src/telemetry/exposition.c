/* SPDX-License-Identifier: MIT */
/*
 * All series as text, in Prometheus' format 0.0.4 and as OpenMetrics 1.0.0. They differ in the name
 * of a counter's family, in escapes of the help text, in the unit, in how a bound looks, and in the
 * end.
 */
#define _GNU_SOURCE
#include "base/number.h"
#include "telemetry/meters.h"
#include "telemetry/series.h"

#include <math.h>
#include <string.h>

#define TOTAL "_total"

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t n = strlen(end);
    return length > n && memcmp(text + length - n, end, n) == 0;
}

static void append_help(buffer *out, const char *help, bool is_openmetrics)
{
    for (; *help; help++) {
        if (*help == '\n')
            buffer_append_text(out, "\\n");
        else if (*help == '\\' || (*help == '"' && is_openmetrics))
            buffer_append(out, (char[]){'\\', *help}, 2);
        else
            buffer_append_char(out, *help);
    }
}

/* "# WORD NAME " */
static void append_meta(buffer *out, const char *word, const char *name, size_t length)
{
    buffer_append_text(out, "# ");
    buffer_append_text(out, word);
    buffer_append_char(out, ' ');
    buffer_append(out, name, length);
    buffer_append_char(out, ' ');
}

static void append_head(buffer *out, const metric_row *row, bool is_openmetrics)
{
    static const char *const kinds[] = {"counter\n", "gauge\n", "histogram\n"};
    static const char *const units[] = {"seconds", "bytes", "ratio"};
    size_t length = strlen(row->name);
    if (is_openmetrics && row->kind == METRIC_COUNTER && ends_with(row->name, length, TOTAL))
        length -= strlen(TOTAL);
    append_meta(out, "HELP", row->name, length);
    append_help(out, row->help, is_openmetrics);
    buffer_append_char(out, '\n');
    append_meta(out, "TYPE", row->name, length);
    buffer_append_text(out, kinds[row->kind]);
    for (size_t i = 0; is_openmetrics && i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i]);
        if (!ends_with(row->name, length, units[i]) || row->name[length - n - 1] != '_')
            continue;
        append_meta(out, "UNIT", row->name, length);
        buffer_append_text(out, units[i]);
        buffer_append_char(out, '\n');
    }
}

/* Whole numbers are written in full, so that a counter of millions has no exponent. */
static void append_number(buffer *out, double value)
{
    char text[NUMBER_TEXT_SIZE];
    if (fabs(value) < 1e15 && value == (double)(int64_t)value)
        buffer_printf(out, "%lld", (long long)value);
    else
        buffer_append(out, text, number_format_double(value, text));
}

/* NAME SUFFIX {LABELS, EXTRA} and a space. */
static void append_name(buffer *out, const metric_series *s, const char *suffix, const char *extra)
{
    buffer_append_text(out, s->row->name);
    buffer_append_text(out, suffix);
    if (*s->labels || *extra) {
        buffer_append_char(out, '{');
        buffer_append_text(out, s->labels);
        if (*s->labels && *extra)
            buffer_append_char(out, ',');
        buffer_append_text(out, extra);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ' ');
}

/* `le="0.5"`; OpenMetrics has whole bounds as "1.0". */
static void make_bound(double bound, bool is_openmetrics, buffer *ret_text)
{
    char text[NUMBER_TEXT_SIZE];
    size_t length = number_format_double(bound, text);
    buffer_clear(ret_text);
    buffer_append_text(ret_text, "le=\"");
    buffer_append(ret_text, text, length);
    if (is_openmetrics && !memchr(text, '.', length) && !memchr(text, 'e', length))
        buffer_append_text(ret_text, ".0");
    buffer_append_char(ret_text, '"');
}

/* The counts are read once, so that the buckets never exceed the count. */
static void append_histogram(buffer *out, const metric_series *s, bool is_openmetrics)
{
    buffer bound = {0};
    uint64_t count = 0;
    for (size_t i = 0; i < s->row->n_buckets; i++) {
        count += atomic_load_explicit(&s->counts[i], memory_order_relaxed);
        make_bound(s->row->buckets[i], is_openmetrics, &bound);
        const char *extra = buffer_string(&bound);
        if (!extra) {
            out->failed = true;
            break;
        }
        append_name(out, s, "_bucket", extra);
        buffer_printf(out, "%llu\n", (unsigned long long)count);
    }
    buffer_free(&bound);
    count += atomic_load_explicit(&s->counts[s->row->n_buckets], memory_order_relaxed);
    append_name(out, s, "_bucket", "le=\"+Inf\"");
    buffer_printf(out, "%llu\n", (unsigned long long)count);
    append_name(out, s, "_sum", "");
    append_number(out, series_sum(s));
    buffer_append_char(out, '\n');
    append_name(out, s, "_count", "");
    buffer_printf(out, "%llu\n", (unsigned long long)count);
}

void meters_append(meters *m, bool is_openmetrics, buffer *out)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->n_families; i++) {
        const metric_row *row = m->families[i].row;
        append_head(out, row, is_openmetrics);
        for (const metric_series *s = m->families[i].first; s; s = s->next) {
            if (!atomic_load_explicit(&s->is_shown, memory_order_relaxed))
                continue;
            if (row->kind == METRIC_HISTOGRAM) {
                append_histogram(out, s, is_openmetrics);
                continue;
            }
            append_name(out, s, "", "");
            append_number(out, metric_value(s));
            buffer_append_char(out, '\n');
        }
    }
    pthread_mutex_unlock(&m->lock);
    if (is_openmetrics)
        buffer_append_text(out, "# EOF\n");
}
