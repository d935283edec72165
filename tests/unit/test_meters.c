/* SPDX-License-Identifier: MIT */
/* Counters, gauges, histograms: values, both text formats by a strict reader, bounds, threads. */
#include "telemetry/meters.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/parallel.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double seconds[] = {0.005, 0.01, 0.1, 1, 10};

enum { REQUESTS, PENDING, DURATION, INFO, SIMPLE, N_ROWS };

static const metric_row rows[] = {
    {"triage_http_requests_total",
     METRIC_COUNTER,
     "Requests answered.",
     {"route", "code"},
     NULL,
     0},
    {"triage_feedback_pending", METRIC_GAUGE, "A \"help\" with \\ and\na line.", {NULL}, NULL, 0},
    {"triage_http_request_duration_seconds",
     METRIC_HISTOGRAM,
     "Time to answer.",
     {"route"},
     seconds,
     sizeof seconds / sizeof seconds[0]},
    {"triage_model_info", METRIC_GAUGE, "The model that answers.", {"version", "sha256"}, NULL, 0},
    {"triage_things_total", METRIC_COUNTER, "Things.", {NULL}, NULL, 0},
};

#define VALUES(...)                                                                                \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static int make(void **state)
{
    meters *m = NULL;
    triage_error err;
    if (meters_new(rows, N_ROWS, &m, &err))
        return -1;
    *state = m;
    return 0;
}

static int unmake(void **state)
{
    meters_free(*state);
    return 0;
}

static void counters_only_rise(void **state)
{
    metric_series *s = metric_at(*state, REQUESTS, VALUES("/predict", "200"));
    metric_add(s, 1);
    metric_add(s, 2.5);
    metric_add(s, -1);
    metric_add(s, (double)NAN);
    metric_add(s, INFINITY);
    metric_add(s, 1e18);
    assert_true(metric_value(s) == 1e18 + 3.5);
    assert_ptr_equal(metric_at(*state, REQUESTS, VALUES("/predict", "200")), s);
    assert_ptr_not_equal(metric_at(*state, REQUESTS, VALUES("/predict", "404")), s);
    /* Where one value ends and the next begins counts. */
    assert_ptr_not_equal(metric_at(*state, REQUESTS, VALUES("/predict2", "00")), s);
    assert_ptr_equal(metric_at(*state, SIMPLE, NULL), metric_at(*state, SIMPLE, NULL));
}

static void gauges_go_up_and_down(void **state)
{
    metric_series *s = metric_at(*state, PENDING, NULL);
    metric_set(s, 5);
    metric_add(s, -2.5);
    metric_set(s, (double)NAN);
    assert_true(metric_value(s) == 2.5);
}

static void quantiles_are_as_prometheus_has_them(void **state)
{
    metric_series *s = metric_at(*state, DURATION, VALUES("/predict"));
    assert_true(isnan(metric_quantile(s, 0.5)));
    for (int i = 0; i < 10; i++)
        metric_observe(s, 0.005); /* a bound belongs to its bucket */
    for (int i = 0; i < 10; i++)
        metric_observe(s, 0.05);
    assert_true(metric_value(s) == 20);
    assert_true(fabs(metric_quantile(s, 0.25) - 0.0025) < 1e-12);
    assert_true(fabs(metric_quantile(s, 0.5) - 0.005) < 1e-12);
    assert_true(fabs(metric_quantile(s, 0.75) - 0.055) < 1e-12);
    assert_true(fabs(metric_quantile(s, 1) - 0.1) < 1e-12);
    metric_observe(s, (double)NAN);
    assert_true(metric_value(s) == 20);
    for (int i = 0; i < 100; i++)
        metric_observe(s, 1e9);
    assert_true(metric_quantile(s, 0.9) == 10);
}

/* --- a strict reader of the text ----------------------------------------------------------- */

typedef struct reader {
    bool is_openmetrics;
    char family[128]; /* of the last TYPE */
    char kind[16];
    double last_bound, last_count; /* of a histogram's buckets so far */
    int n_samples, n_families;
} reader;

static size_t name_length(const char *text)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == ':')
        n++;
    assert_true(n > 0 && !isdigit((unsigned char)text[0]));
    return n;
}

static double read_number(const char *text)
{
    double value = 0;
    if (strcmp(text, "+Inf") == 0)
        return INFINITY;
    assert_true(number_parse_real(text, strlen(text), -INFINITY, INFINITY, &value));
    return value;
}

static void read_meta(reader *r, const char *line)
{
    char word[8], name[128];
    int used = 0;
    assert_int_equal(sscanf(line, "# %7s %127s %n", word, name, &used), 2);
    const char *rest = line + used;
    assert_int_equal(name_length(name), strlen(name));
    if (strcmp(word, "TYPE") == 0) {
        assert_string_not_equal(name, r->family);
        assert_true(strcmp(rest, "counter") == 0 || strcmp(rest, "gauge") == 0 ||
                    strcmp(rest, "histogram") == 0);
        snprintf(r->family, sizeof r->family, "%s", name);
        snprintf(r->kind, sizeof r->kind, "%.15s", rest);
        r->last_bound = -INFINITY;
        r->n_families++;
    } else if (strcmp(word, "UNIT") == 0) {
        assert_true(r->is_openmetrics);
        assert_string_equal(name, r->family);
        assert_string_equal(name + strlen(name) - strlen(rest), rest);
    } else {
        assert_string_equal(word, "HELP");
        for (const char *at = rest; *at; at++) {
            assert_false(*at == '"' && r->is_openmetrics);
            if (*at == '\\') {
                at++;
                assert_true(*at == '\\' || *at == 'n' || (*at == '"' && r->is_openmetrics));
            }
        }
    }
}

/* From '{' to behind '}'; `le` becomes the value of the label of that name. */
static const char *read_labels(const char *at, char le[32])
{
    do {
        at++;
        size_t length = name_length(at), n = 0;
        bool is_le = length == 2 && memcmp(at, "le", 2) == 0;
        at += length;
        assert_memory_equal(at, "=\"", 2);
        for (at += 2; *at != '"'; at++) {
            assert_true(*at != '\0');
            if (*at == '\\') {
                at++;
                assert_true(*at == '\\' || *at == 'n' || *at == '"');
            }
            if (is_le && n < 31)
                le[n++] = *at;
        }
        if (is_le)
            le[n] = '\0';
        at++;
    } while (*at == ',');
    assert_int_equal(*at, '}');
    return at + 1;
}

static void read_sample(reader *r, const char *line)
{
    char le[32] = "";
    size_t length = name_length(line), family = strlen(r->family);
    const char *at = line + length;
    assert_true(length >= family && memcmp(line, r->family, family) == 0);
    const char *suffix = line + family;
    size_t suffix_length = length - family;
    if (*at == '{')
        at = read_labels(at, le);
    assert_int_equal(*at, ' ');
    double value = read_number(at + 1);
    if (strcmp(r->kind, "histogram") == 0) {
        if (suffix_length == 7 && memcmp(suffix, "_bucket", 7) == 0) {
            double bound = read_number(le);
            if (bound < r->last_bound)
                r->last_bound = -INFINITY; /* the next series */
            assert_true(bound > r->last_bound);
            assert_true(isinf(r->last_bound) || value >= r->last_count);
            assert_false(r->is_openmetrics && !isinf(bound) && !strpbrk(le, ".e"));
            r->last_bound = bound;
            r->last_count = value;
        } else if (suffix_length == 6 && memcmp(suffix, "_count", 6) == 0) {
            assert_true(isinf(r->last_bound) && value == r->last_count);
        } else {
            assert_memory_equal(suffix, "_sum", 4);
        }
    } else if (strcmp(r->kind, "counter") == 0 && r->is_openmetrics) {
        assert_int_equal(suffix_length, 6);
        assert_memory_equal(suffix, "_total", 6);
        assert_true(value >= 0);
    } else {
        assert_int_equal(suffix_length, 0);
    }
    r->n_samples++;
}

/* The text of all meters, after a look at each of its lines; to be freed. */
static char *exposed(meters *m, bool is_openmetrics, reader *ret_reader)
{
    buffer out = {0};
    reader r = {.is_openmetrics = is_openmetrics};
    bool is_ended = false;
    meters_append(m, is_openmetrics, &out);
    char *copy = strdup(buffer_string(&out));
    assert_non_null(copy);
    for (char *line = copy, *end; *line; line = end + 1) {
        assert_false(is_ended);
        end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        if (strcmp(line, "# EOF") == 0)
            is_ended = true;
        else if (*line == '#')
            read_meta(&r, line);
        else
            read_sample(&r, line);
        *end = '\n';
    }
    assert_int_equal(is_ended, is_openmetrics);
    buffer_free(&out);
    *ret_reader = r;
    return copy;
}

static void fill(meters *m)
{
    metric_add(metric_at(m, REQUESTS, VALUES("/predict", "200")), 12345678);
    metric_add(metric_at(m, REQUESTS, VALUES("a\"b\\c\nd\xFF", NULL)), 0.5);
    metric_set(metric_at(m, PENDING, NULL), -3);
    metric_observe(metric_at(m, DURATION, VALUES("/predict")), 0.007);
    metric_observe(metric_at(m, DURATION, VALUES("/predict")), 100);
    metric_observe(metric_at(m, DURATION, VALUES("/feedback")), 0.5);
    metric_set(metric_at(m, INFO, VALUES("3", "abc")), 1);
}

static const char expected_text[] =
    "# HELP triage_http_requests_total Requests answered.\n"
    "# TYPE triage_http_requests_total counter\n"
    "triage_http_requests_total{route=\"/predict\",code=\"200\"} 12345678\n"
    "triage_http_requests_total{route=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",code=\"\"} 0.5\n"
    "# HELP triage_feedback_pending A \"help\" with \\\\ and\\na line.\n"
    "# TYPE triage_feedback_pending gauge\n"
    "triage_feedback_pending -3\n"
    "# HELP triage_http_request_duration_seconds Time to answer.\n"
    "# TYPE triage_http_request_duration_seconds histogram\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"0.005\"} 0\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"0.01\"} 1\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"0.1\"} 1\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"1\"} 1\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"10\"} 1\n"
    "triage_http_request_duration_seconds_bucket{route=\"/predict\",le=\"+Inf\"} 2\n"
    "triage_http_request_duration_seconds_sum{route=\"/predict\"} 100.007\n"
    "triage_http_request_duration_seconds_count{route=\"/predict\"} 2\n";

static void text_is_prometheus(void **state)
{
    reader r;
    fill(*state);
    char *text = exposed(*state, false, &r);
    assert_memory_equal(text, expected_text, sizeof expected_text - 1);
    assert_int_equal(r.n_families, N_ROWS);
    assert_int_equal(r.n_samples, 2 + 1 + 2 * 8 + 1 + 1);
    assert_non_null(strstr(text, "\ntriage_things_total 0\n"));
    assert_non_null(strstr(text, "\ntriage_model_info{version=\"3\",sha256=\"abc\"} 1\n"));
    free(text);
}

static void text_is_openmetrics(void **state)
{
    reader r;
    fill(*state);
    char *text = exposed(*state, true, &r);
    assert_non_null(strstr(text, "# TYPE triage_http_requests counter\n"));
    assert_non_null(strstr(text, "A \\\"help\\\" with \\\\ and\\na line.\n"));
    assert_non_null(strstr(text, "# UNIT triage_http_request_duration_seconds seconds\n"));
    assert_non_null(strstr(text, "le=\"1.0\"} 1\n"));
    assert_int_equal(r.n_samples, 2 + 1 + 2 * 8 + 1 + 1);
    free(text);
}

static void further_series_are_counted_as_other(void **state)
{
    reader r;
    char code[METRIC_VALUE_MAX_BYTES * 2];
    for (int i = 0; i < METRIC_MAX_SERIES + 500; i++) {
        snprintf(code, sizeof code, "%d", i);
        metric_add(metric_at(*state, REQUESTS, VALUES("/", code)), 1);
    }
    metric_series *other = metric_at(*state, REQUESTS, VALUES("other", "other"));
    assert_true(metric_value(other) == 500);
    assert_true(metric_value(metric_at(*state, REQUESTS, VALUES("/", "999"))) == 1);
    char *text = exposed(*state, false, &r);
    assert_int_equal(r.n_samples, METRIC_MAX_SERIES + 1 + 2);
    assert_non_null(strstr(text, "{route=\"other\",code=\"other\"} 500\n"));
    free(text);
}

static void long_values_are_cut_at_a_character(void **state)
{
    reader r;
    char value[1000] = "abc";
    for (size_t i = 3; i + 3 < sizeof value; i += 3)
        memcpy(value + i, "\xE2\x82\xAC", 4);
    metric_series *s = metric_at(*state, REQUESTS, VALUES(value, "x"));
    value[990] = (char)(value[990] + 1); /* far behind the cut */
    assert_ptr_equal(metric_at(*state, REQUESTS, VALUES(value, "x")), s);
    char *text = exposed(*state, false, &r);
    assert_null(strstr(text, "\xEF\xBF\xBD"));
    free(text);
}

static void an_older_info_is_gone(void **state)
{
    reader r;
    metric_series *old = metric_at(*state, INFO, VALUES("1", "aa"));
    metric_set(old, 1);
    for (int i = 0; i < 2 * METRIC_MAX_SERIES; i++) {
        char version[16];
        snprintf(version, sizeof version, "%d", i);
        metric_clear(*state, INFO);
        metric_set(metric_at(*state, INFO, VALUES(version, "bb")), 1);
    }
    metric_set(old, 1); /* whoever still has it does no harm */
    metric_clear(*state, PENDING);
    char *text = exposed(*state, false, &r);
    assert_null(strstr(text, "sha256=\"aa\""));
    assert_null(strstr(text, "version=\"1998\""));
    assert_non_null(strstr(text, "\ntriage_model_info{version=\"1999\",sha256=\"bb\"} 1\n"));
    assert_null(strstr(text, "\ntriage_feedback_pending"));
    free(text);
    metric_set(metric_at(*state, PENDING, NULL), 4);
    metric_set(metric_at(*state, INFO, VALUES("1", "aa")), 1);
    text = exposed(*state, false, &r);
    assert_non_null(strstr(text, "\ntriage_feedback_pending 4\n"));
    assert_non_null(strstr(text, "sha256=\"aa\""));
    free(text);
}

#define N_TASKS  8
#define N_ROUNDS 20000

static bool record(void *context, size_t task)
{
    meters *m = context;
    char code[16];
    buffer out = {0};
    for (int i = 0; i < N_ROUNDS; i++) {
        snprintf(code, sizeof code, "%d", i % 50);
        metric_add(metric_at(m, REQUESTS, VALUES("/", code)), 1);
        metric_add(metric_at(m, SIMPLE, NULL), 0.5);
        metric_add(metric_at(m, PENDING, NULL), i % 2 ? -1 : 1);
        metric_observe(metric_at(m, DURATION, VALUES("/")), 0.5);
        if (i % 1000 == 0) {
            buffer_clear(&out);
            meters_append(m, task % 2, &out);
            metric_clear(m, INFO);
        }
        if (i % 10 == 0)
            metric_set(metric_at(m, INFO, VALUES(code, "x")), 1);
    }
    buffer_free(&out);
    return true;
}

static void threads_lose_nothing(void **state)
{
    assert_true(parallel_run(N_TASKS, N_TASKS, record, *state));
    double sum = 0;
    for (int i = 0; i < 50; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", i);
        sum += metric_value(metric_at(*state, REQUESTS, VALUES("/", code)));
    }
    assert_true(sum == N_TASKS * N_ROUNDS);
    assert_true(metric_value(metric_at(*state, SIMPLE, NULL)) == N_TASKS * N_ROUNDS / 2);
    assert_true(metric_value(metric_at(*state, PENDING, NULL)) == 0);
    assert_true(metric_value(metric_at(*state, DURATION, VALUES("/"))) == N_TASKS * N_ROUNDS);
}

static double nanoseconds(double since, int n)
{
    return (clock_seconds() - since) / n * 1e9;
}

static void costs_are_printed(void **state)
{
    enum { N = 1000000 };
    metric_series *duration = metric_at(*state, DURATION, VALUES("/"));
    metric_series *simple = metric_at(*state, SIMPLE, NULL);
    double start = clock_seconds();
    for (int i = 0; i < N; i++)
        metric_observe(duration, 0.001 * (i % 100));
    double observe = nanoseconds(start, N);
    start = clock_seconds();
    for (int i = 0; i < N; i++)
        metric_add(simple, 1);
    double add = nanoseconds(start, N);
    start = clock_seconds();
    for (int i = 0; i < N; i++)
        metric_add(metric_at(*state, REQUESTS, VALUES("/api/v1/predict", "200")), 1);
    print_message("observe %.1f ns, add %.1f ns, look up and add %.1f ns\n", observe, add,
                  nanoseconds(start, N));
    assert_true(metric_value(simple) == N);
}

#define WITH_METERS(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_METERS(counters_only_rise),
        WITH_METERS(gauges_go_up_and_down),
        WITH_METERS(quantiles_are_as_prometheus_has_them),
        WITH_METERS(text_is_prometheus),
        WITH_METERS(text_is_openmetrics),
        WITH_METERS(further_series_are_counted_as_other),
        WITH_METERS(long_values_are_cut_at_a_character),
        WITH_METERS(an_older_info_is_gone),
        WITH_METERS(threads_lose_nothing),
        WITH_METERS(costs_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
