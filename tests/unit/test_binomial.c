/* SPDX-License-Identifier: MIT */
/*
 * The binomial tail and the Clopper-Pearson bound against scipy 1.10.1: binom.sf(k - 1, n, p) and
 * beta.ppf(alpha, k, n - k + 1).
 */
#include "base/binomial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TOLERANCE 1e-10

typedef struct golden_row {
    uint64_t successes, trials;
    double argument, expected; /* p and the tail, or alpha and the bound */
} golden_row;

static void assert_close(double actual, double expected)
{
    if (fabs(actual - expected) > TOLERANCE * expected)
        fail_msg("got %.17g, expected %.17g", actual, expected);
}

static void test_tail_equals_scipy(void **state)
{
    (void)state;
    static const golden_row rows[] = {
        {1, 1, 0.3, 0.3},
        {1, 10, 0.01, 0.09561792499119552},
        {10, 10, 0.95, 0.5987369392383787},
        {7, 10, 0.5, 0.171875},
        {95, 100, 0.9, 0.05757688648703389},
        {95, 100, 0.95, 0.6159991279561404},
        {95, 100, 0.99, 0.999465465536007},
        {180, 200, 0.95, 0.998840091749252},
        {16, 17, 0.4, 4.552665333760004e-06},
        {500, 1000, 0.51, 0.7467502275563249},
        {960, 1000, 0.95, 0.08063657325669027},
        {1000, 1000, 0.999, 0.36769542477096373},
        {9600, 10000, 0.95, 1.2070946639624976e-06},
        {3, 100000, 1e-05, 0.0803004773643606},
        {99000, 100000, 0.9895, 0.06144426186503494},
        {950300, 1000000, 0.95, 0.08459452203816452},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_close(binomial_upper_tail(rows[i].successes, rows[i].trials, rows[i].argument),
                     rows[i].expected);
}

/* Against sums of 40 digits (mpmath 1.2.1), where the rounding of scipy begins to show. */
static void test_tail_of_many_trials(void **state)
{
    (void)state;
    static const golden_row rows[] = {
        {591472, 793053, 0.7450426758894787, 0.057038596328377706},
        {950300, 1000000, 0.95, 0.08459452203755195},
        {7400, 38159, 0.19, 0.025924821754621961},
        {123456, 500000, 0.2475, 0.83274075427912151},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double tail = binomial_upper_tail(rows[i].successes, rows[i].trials, rows[i].argument);
        assert_true(fabs(tail - rows[i].expected) < 2e-12 * rows[i].expected);
    }
}

static void test_bound_equals_scipy(void **state)
{
    (void)state;
    static const golden_row rows[] = {
        {1, 1, 0.05, 0.05},
        {1, 10, 0.05, 0.005116196891823702},
        {9, 10, 0.05, 0.6058366975634952},
        {10, 10, 0.05, 0.7411344491069477},
        {19, 20, 0.1, 0.8190390365632615},
        {50, 50, 0.001, 0.8709635899560806},
        {95, 100, 0.05, 0.8977466223567255},
        {100, 100, 0.05, 0.9704869503929601},
        {190, 200, 0.005, 0.8960378442460176},
        {960, 1000, 0.05, 0.9482465986478396},
        {960, 1000, 1e-06, 0.9226197001122511},
        {980, 1000, 0.5, 0.9793392739141366},
        {999, 1000, 0.9, 0.9994680638026591},
        {1, 1000, 0.05, 5.129197890901781e-05},
        {9600, 10000, 0.01, 0.9552060295740895},
        {950300, 1000000, 0.05, 0.9499410686383271},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_close(binomial_lower_bound(rows[i].successes, rows[i].trials, rows[i].argument),
                     rows[i].expected);
}

static void test_bound_is_where_tail_is_alpha(void **state)
{
    (void)state;
    static const double alphas[] = {1e-12, 1e-6, 0.001, 0.05, 0.5, 0.95};
    for (uint64_t trials = 1; trials < 5000; trials = trials * 3 / 2 + 1)
        for (uint64_t successes = 1; successes <= trials; successes += 1 + trials / 17)
            for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
                double p = binomial_lower_bound(successes, trials, alphas[i]);
                double tail = binomial_upper_tail(successes, trials, p);
                /* Next to p = 1 the tail magnifies the rounding of p by up to k / (1 - p). */
                assert_true(fabs(tail - alphas[i]) < 1e-9 * alphas[i]);
            }
}

static void test_tail_is_one_minus_the_other_side(void **state)
{
    (void)state;
    for (uint64_t k = 1; k <= 300; k++) {
        double upper = binomial_upper_tail(k, 300, 0.625);
        double lower = binomial_upper_tail(301 - k, 300, 0.375);
        assert_true(fabs(upper + lower - 1) < 1e-13);
    }
}

static void test_ends(void **state)
{
    (void)state;
    assert_true(binomial_upper_tail(0, 0, 0.5) == 1);
    assert_true(binomial_upper_tail(0, 10, 0) == 1);
    assert_true(binomial_upper_tail(1, 10, 0) == 0);
    assert_true(binomial_upper_tail(1, 10, -1) == 0);
    assert_true(binomial_upper_tail(11, 10, 0.5) == 0);
    assert_true(binomial_upper_tail(10, 10, 1) == 1);
    assert_true(binomial_lower_bound(0, 0, 0.05) == 0);
    assert_true(binomial_lower_bound(0, 10, 0.05) == 0);
    assert_true(binomial_lower_bound(5, 10, 0) == 0);
    assert_true(binomial_lower_bound(5, 10, 1) == 1);
    assert_true(binomial_lower_bound(12, 10, 0.05) == binomial_lower_bound(10, 10, 0.05));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tail_equals_scipy),
        cmocka_unit_test(test_tail_of_many_trials),
        cmocka_unit_test(test_bound_equals_scipy),
        cmocka_unit_test(test_bound_is_where_tail_is_alpha),
        cmocka_unit_test(test_tail_is_one_minus_the_other_side),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
