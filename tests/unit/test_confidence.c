/* SPDX-License-Identifier: MIT */
/* The confidence map: what it is at known places, that order and sum stay. */
#include "base/rng.h"
#include "model/confidence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_neutral_map_changes_nothing(void **state)
{
    (void)state;
    float p[] = {0.2f, 0.7f, 0.1f};
    confidence_map_apply((confidence_map){1, 1, 0}, p, 3);
    assert_float_equal(p[0], 0.2, 1e-6);
    assert_float_equal(p[1], 0.7, 1e-6);
    assert_float_equal(p[2], 0.1, 1e-6);
}

/* logit(p') = 2 ln 0.6 - 0.5 ln 0.4 + 0.75; the others keep their ratio of three to one. */
static void the_formula_holds(void **state)
{
    (void)state;
    float p[] = {0.3f, 0.1f, 0.6f};
    double logit = 2 * log(0.6) - 0.5 * log(0.4) + 0.75, top = 1 / (1 + exp(-logit));
    confidence_map_apply((confidence_map){2, 0.5f, 0.75f}, p, 3);
    assert_true(fabs((double)p[2] - top) < 1e-6);
    assert_true(fabs((double)p[0] - 0.75 * (1 - top)) < 1e-6);
    assert_true(fabs((double)p[1] - 0.25 * (1 - top)) < 1e-6);
}

static void order_and_sum_stay(void **state)
{
    (void)state;
    rng r = {1};
    for (int round = 0; round < 20000; round++) {
        float p[12], before[12];
        double sum = 0, total = 0, rest;
        size_t n = 2 + rng_below(&r, 11);
        for (size_t i = 0; i < n; i++)
            sum += p[i] = (float)exp(-(double)rng_below(&r, 2000) / 100);
        for (size_t i = 0; i < n; i++)
            before[i] = p[i] = (float)((double)p[i] / sum);
        confidence_map map = {(float)rng_below(&r, 400) / 100, (float)rng_below(&r, 400) / 100,
                              (float)rng_below(&r, 800) / 100 - 4};
        size_t top = confidence_top(p, n, &rest);
        confidence_map_apply(map, p, n);
        for (size_t i = 0; i < n; i++) {
            total += (double)p[i];
            assert_true(p[i] >= 0 && p[i] <= 1);
            for (size_t k = 0; k < n; k++)
                assert_true(before[i] <= before[k] || p[i] >= p[k]);
            /* No other comes level, unless it was. */
            assert_true(before[i] >= before[top] || p[i] < p[top] || p[top] == 0);
        }
        assert_true(fabs(total - 1) < 1e-5);
    }
}

static void a_surer_ticket_stays_surer(void **state)
{
    (void)state;
    float last = 0;
    for (int i = 501; i < 1000; i++) {
        float p[] = {(float)i / 1000, 1 - (float)i / 1000};
        confidence_map_apply((confidence_map){0.7f, 0.4f, -0.3f}, p, 2);
        assert_true(p[0] >= last);
        last = p[0];
    }
    assert_true(last > 0.9f);
}

static void certainty_and_single_labels_stay(void **state)
{
    (void)state;
    float one[] = {1}, sure[] = {0, 1, 0};
    confidence_map_apply((confidence_map){0.1f, 0.1f, -3}, one, 1);
    assert_true(one[0] == 1);
    confidence_map_apply((confidence_map){0.1f, 0.1f, -3}, sure, 3);
    assert_true(sure[0] == 0 && sure[1] == 1 && sure[2] == 0);
}

static void the_top_is_the_first_of_equals(void **state)
{
    (void)state;
    static const float p[] = {0.1f, 0.4f, 0.4f, 0.1f};
    double rest;
    assert_int_equal(confidence_top(p, 4, &rest), 1);
    assert_true(fabs(rest - 0.6) < 1e-6);
    assert_int_equal(confidence_top(p, 1, &rest), 0);
    assert_true(rest == 0);
}

static void logarithms_are_finite(void **state)
{
    (void)state;
    assert_true(isfinite(confidence_log(0)));
    assert_true(confidence_log(0) < -60);
    assert_true(confidence_log(1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_neutral_map_changes_nothing),
        cmocka_unit_test(the_formula_holds),
        cmocka_unit_test(order_and_sum_stay),
        cmocka_unit_test(a_surer_ticket_stays_surer),
        cmocka_unit_test(certainty_and_single_labels_stay),
        cmocka_unit_test(the_top_is_the_first_of_equals),
        cmocka_unit_test(logarithms_are_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
