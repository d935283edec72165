/* SPDX-License-Identifier: MIT */
/* Drift: figures of known streams, the window, and how rarely and how surely there is an alarm. */
#include "telemetry/drift.h"

#include "base/clock.h"
#include "base/parallel.h"
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_LABELS 4

static const double priors[N_LABELS] = {40, 30, 20, 10};
static const drift_reference reference = {.n_labels = N_LABELS,
                                          .priors = priors,
                                          .accuracy = 0.85,
                                          .mean_confidence = 0.85,
                                          .oov_rate = 0.05};

static double uniform(rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Around `mean`: most are sure, the others spread widely, as of a real model. */
static double confidence(rng *r, double mean)
{
    double u = uniform(r);
    double value = u < 0.8 ? 0.9 + 0.1 * uniform(r) : 0.25 + 0.6 * uniform(r);
    return fmin(fmax(value + mean - 0.87, 0), 1);
}

/* The mean of confidence(), which is cut at 0 and 1. */
static double true_mean(double mean)
{
    enum { N = 1000000 };
    rng r = {.state = 77};
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += confidence(&r, mean);
    return sum / N;
}

/* A label by `weights`. */
static size_t label_of(rng *r, const double *weights)
{
    double u = uniform(r) * 100;
    size_t label = 0;
    while (label + 1 < N_LABELS && u >= weights[label])
        u -= weights[label++];
    return label;
}

static void figures_are_those_of_the_stream(void **state)
{
    (void)state;
    drift_report r;
    drift *d = drift_new(&reference);
    assert_non_null(d);
    drift_read(d, 1000, &r);
    assert_int_equal(r.n, 0);
    assert_true(isnan(r.mean_confidence) && isnan(r.estimated_accuracy) && isnan(r.label_psi));
    assert_true(isnan(r.oov_rate) && isnan(r.standard_error) && !r.is_alarm);
    for (int i = 0; i < 100; i++)
        drift_add(d, 1000, i < 40 ? 0 : i < 70 ? 1 : i < 90 ? 2 : 3, i % 2 ? 0.9 : 0.7, 10, 9);
    drift_add(d, 1000, N_LABELS, 0.5, 1, 1);
    drift_add(d, 1000, 0, (double)NAN, 1, 1);
    drift_add(d, 1000, 0, 1.5, 1, 1);
    drift_add(d, 1000, 0, -0.1, 1, 1);
    drift_read(d, 1000, &r);
    assert_int_equal(r.n, 100);
    assert_true(fabs(r.mean_confidence - 0.8) < 1e-12);
    assert_true(fabs(r.estimated_accuracy - 0.8) < 1e-12);
    assert_true(fabs(r.standard_error - sqrt(0.01 * 100 / 99 / 100)) < 1e-12);
    assert_true(fabs(r.oov_rate - 0.1) < 1e-12);
    assert_true(r.label_psi < 0.001);
    assert_false(r.is_alarm);
    uint64_t labels[N_LABELS];
    drift_read_labels(d, 1000, labels);
    assert_int_equal(labels[0], 40);
    assert_int_equal(labels[3], 10);
    drift_free(d);
    drift_free(NULL);
}

/* By hand: shares (with half a prediction more each) of 100.5, 0.5, 0.5, 0.5 of 102. */
static void a_single_label_is_far_from_the_priors(void **state)
{
    (void)state;
    drift_report r;
    drift *d = drift_new(&reference);
    for (int i = 0; i < 100; i++)
        drift_add(d, 0, 0, 0.85, 0, 0);
    drift_read(d, 0, &r);
    double a = 100.5 / 102, z = 0.5 / 102;
    double expected = (a - 0.4) * log(a / 0.4) + (z - 0.3) * log(z / 0.3) +
                      (z - 0.2) * log(z / 0.2) + (z - 0.1) * log(z / 0.1);
    assert_true(fabs(r.label_psi - expected) < 1e-12);
    drift_free(d);
}

static void calibration_s_own_bias_is_taken_off(void **state)
{
    (void)state;
    drift_report r;
    drift_reference biased = reference;
    biased.mean_confidence = 0.80;
    drift *d = drift_new(&biased);
    for (int i = 0; i < 1000; i++)
        drift_add(d, 0, 0, 0.80, 1, 1);
    drift_read(d, 0, &r);
    assert_true(fabs(r.estimated_accuracy - 0.85) < 1e-9);
    assert_false(r.is_alarm);
    drift_free(d);
}

/* Whether there is an alarm if each of many confidences is `value`, so that chance has no part. */
static bool is_alarm_at(double value)
{
    drift_report r;
    drift *d = drift_new(&reference);
    for (int i = 0; i < 100000; i++)
        drift_add(d, 0, 0, value, 1, 1);
    drift_read(d, 0, &r);
    assert_true(r.standard_error < 1e-6);
    drift_free(d);
    return r.is_alarm;
}

static void less_than_two_points_are_no_alarm(void **state)
{
    (void)state;
    assert_false(is_alarm_at(0.90));
    assert_false(is_alarm_at(0.831));
    assert_true(is_alarm_at(0.829));
}

static uint64_t n_at(drift *d, int64_t now)
{
    drift_report r;
    drift_read(d, now, &r);
    return r.n;
}

static void the_window_is_an_hour(void **state)
{
    enum { HOUR = DRIFT_BUCKET_SECONDS * DRIFT_N_BUCKETS };
    (void)state;
    for (int64_t begin = -2 * HOUR; begin <= 2 * HOUR; begin += HOUR) {
        drift *d = drift_new(&reference);
        for (int64_t t = begin; t < begin + HOUR; t += DRIFT_BUCKET_SECONDS)
            drift_add(d, t, 0, 0.5, 1, 1);
        assert_int_equal(n_at(d, begin - 1), 0);
        assert_int_equal(n_at(d, begin), 1);
        assert_int_equal(n_at(d, begin + HOUR - 1), 12);
        assert_int_equal(n_at(d, begin + HOUR), 11);
        drift_add(d, begin + HOUR, 1, 0.5, 1, 1);
        assert_int_equal(n_at(d, begin + HOUR), 12);
        drift_add(d, begin, 1, 0.5, 1, 1); /* too late: its bucket is a newer one's */
        assert_int_equal(n_at(d, begin + HOUR), 12);
        uint64_t labels[N_LABELS];
        drift_read_labels(d, begin + HOUR, labels);
        assert_int_equal(labels[0], 11);
        assert_int_equal(labels[1], 1);
        assert_int_equal(n_at(d, begin + 10 * HOUR), 0);
        drift_free(d);
    }
}

/* An hour of `n` predictions. Whether there was an alarm at its end. */
static bool is_alarm_after(const drift_reference *expected, uint64_t seed, int n, double mean,
                           const double *weights, size_t n_known)
{
    rng r = {.state = seed};
    drift_report report;
    drift *d = drift_new(expected);
    assert_non_null(d);
    for (int i = 0; i < n; i++)
        drift_add(d, (int64_t)i * 3600 / n, label_of(&r, weights), confidence(&r, mean), 20,
                  n_known);
    drift_read(d, 3599, &report);
    assert_int_equal(report.n, n);
    drift_free(d);
    return report.is_alarm;
}

/* What training would have measured on such a stream. */
static drift_reference expectation(double mean)
{
    drift_reference r = reference;
    r.accuracy = r.mean_confidence = true_mean(mean);
    return r;
}

static void a_stable_stream_gives_no_alarm(void **state)
{
    static const int sizes[] = {200, 1000, 5000};
    (void)state;
    drift_reference expected = expectation(0.87);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int n_alarms = 0;
        for (uint64_t seed = 1; seed <= 1000; seed++)
            n_alarms += is_alarm_after(&expected, seed, sizes[i], 0.87, priors, 19);
        print_message("%d predictions an hour: %d alarms in 1000 stable hours\n", sizes[i],
                      n_alarms);
        assert_true(n_alarms < 10);
    }
}

static void a_fall_of_five_points_gives_one(void **state)
{
    (void)state;
    drift_reference expected = expectation(0.87);
    int n_alarms = 0;
    assert_true(expected.accuracy - true_mean(0.82) > 0.04);
    for (uint64_t seed = 1; seed <= 200; seed++)
        n_alarms += is_alarm_after(&expected, seed, 1000, 0.82, priors, 19);
    assert_true(n_alarms >= 198);
    /* Too few to say. */
    for (uint64_t seed = 1; seed <= 20; seed++)
        assert_false(is_alarm_after(&expected, seed, DRIFT_MIN_ALARM - 1, 0.5, priors, 19));
    assert_true(is_alarm_after(&expected, 1, DRIFT_MIN_ALARM, 0.5, priors, 19));
}

static void another_mix_alone_gives_none(void **state)
{
    static const double others[N_LABELS] = {5, 5, 10, 80};
    (void)state;
    drift_reference expected = expectation(0.87);
    int n_alarms = 0;
    for (uint64_t seed = 1; seed <= 1000; seed++)
        n_alarms += is_alarm_after(&expected, seed, 1000, 0.87, others, 5);
    assert_true(n_alarms < 10);
    drift_report r;
    rng random = {.state = 1};
    drift *d = drift_new(&expected);
    for (int i = 0; i < 1000; i++)
        drift_add(d, 0, label_of(&random, others), 0.9, 20, 5);
    drift_read(d, 0, &r);
    assert_true(r.label_psi > 0.25 && fabs(r.oov_rate - 0.75) < 1e-12);
    drift_free(d);
}

#define N_TASKS 16
#define N_ADDS  20000

static bool add_many(void *context, size_t task)
{
    drift_report r;
    for (int i = 0; i < N_ADDS; i++) {
        drift_add(context, i / 10, task % N_LABELS, 0.5, 2, 1);
        if (i % 1000 == 0)
            drift_read(context, i / 10, &r);
    }
    return true;
}

static void threads_lose_nothing(void **state)
{
    (void)state;
    drift_report r;
    drift *d = drift_new(&reference);
    assert_true(parallel_run(N_TASKS, N_TASKS, add_many, d));
    drift_read(d, N_ADDS / 10, &r);
    assert_int_equal(r.n, N_TASKS * N_ADDS);
    assert_true(r.mean_confidence == 0.5 && r.oov_rate == 0.5);
    double start = clock_seconds();
    for (int i = 0; i < 1000000; i++)
        drift_add(d, 0, 1, 0.5, 10, 9);
    print_message("adding takes %.0f ns\n", (clock_seconds() - start) * 1e3);
    drift_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_stream),
        cmocka_unit_test(a_single_label_is_far_from_the_priors),
        cmocka_unit_test(calibration_s_own_bias_is_taken_off),
        cmocka_unit_test(less_than_two_points_are_no_alarm),
        cmocka_unit_test(the_window_is_an_hour),
        cmocka_unit_test(a_stable_stream_gives_no_alarm),
        cmocka_unit_test(a_fall_of_five_points_gives_one),
        cmocka_unit_test(another_mix_alone_gives_none),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
