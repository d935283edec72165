/* SPDX-License-Identifier: MIT */
/* Token buckets: how many requests pass, and when again. */
#include "http/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static rate_limit *make(double predict, double read)
{
    double rates[HTTP_N_RATES] = {[HTTP_RATE_PREDICT] = predict, [HTTP_RATE_READ] = read};
    rate_limit *limit = NULL;
    assert_int_equal(rate_limit_new(rates, &limit, NULL), TRIAGE_OK);
    return limit;
}

/* How many of many requests at `now` pass; what the first refused one is told. */
static unsigned passing(rate_limit *limit, http_rate rate, const char *key, double now,
                        unsigned *ret_wait)
{
    unsigned n = 0;
    while (n < 100000 && rate_limit_take(limit, rate, key, strlen(key), now, ret_wait))
        n++;
    return n;
}

static void a_second_of_requests_passes_at_once(void **state)
{
    rate_limit *limit = make(50, 0.25);
    unsigned wait = 0;
    (void)state;
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 100, &wait), 50);
    assert_int_equal(wait, 1);
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 100.5, &wait), 25);
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 1000, &wait), 50);
    rate_limit_free(limit);
}

static void a_slow_rate_passes_one_and_says_when(void **state)
{
    rate_limit *limit = make(50, 0.25);
    unsigned wait = 0;
    (void)state;
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 100, &wait), 1);
    assert_int_equal(wait, 4);
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 102, &wait), 0);
    assert_int_equal(wait, 2);
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 104, &wait), 1);
    rate_limit_free(limit);
}

static void callers_and_classes_have_budgets_of_their_own(void **state)
{
    rate_limit *limit = make(3, 2);
    unsigned wait;
    (void)state;
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 1, &wait), 3);
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "b", 1, &wait), 3);
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 1, &wait), 2);
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 1, &wait), 0);
    rate_limit_free(limit);
}

static void no_rate_is_no_limit(void **state)
{
    rate_limit *limit = make(3, 0);
    unsigned wait;
    (void)state;
    assert_int_equal(passing(limit, HTTP_RATE_READ, "a", 1, &wait), 100000);
    rate_limit_free(limit);
}

/* Time that seems to go back, between two threads, gives nothing away. */
static void an_earlier_time_adds_nothing(void **state)
{
    rate_limit *limit = make(10, 0);
    unsigned wait;
    (void)state;
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 10, &wait), 10);
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 9, &wait), 0);
    assert_int_equal(passing(limit, HTTP_RATE_PREDICT, "a", 10.5, &wait), 5);
    rate_limit_free(limit);
}

/* A flood of strangers, far more than the table holds: those who keep coming stay limited. */
static void a_flood_does_not_free_who_keeps_coming(void **state)
{
    rate_limit *limit = make(1, 0);
    unsigned wait, n_passed = 0;
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        double now = 100 + i * 1e-6;
        (void)rate_limit_take(limit, HTTP_RATE_PREDICT, &i, sizeof i, now, &wait);
        n_passed += rate_limit_take(limit, HTTP_RATE_PREDICT, "regular", 7, now, &wait);
    }
    assert_int_equal(n_passed, 1);
    rate_limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_of_requests_passes_at_once),
        cmocka_unit_test(a_slow_rate_passes_one_and_says_when),
        cmocka_unit_test(callers_and_classes_have_budgets_of_their_own),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(an_earlier_time_adds_nothing),
        cmocka_unit_test(a_flood_does_not_free_who_keeps_coming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
