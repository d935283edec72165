/* SPDX-License-Identifier: MIT */
/* Figures as people read them. */
#include "train/figure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_reads(buffer *out, const char *expected)
{
    assert_string_equal(buffer_string(out), expected);
    buffer_clear(out);
}

static void test_counts_have_commas(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        const char *expected;
    } rows[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {1002, "1,002"},
        {38159, "38,159"},
        {1000000, "1,000,000"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    buffer out = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figure_append_count(&out, rows[i].count);
        assert_reads(&out, rows[i].expected);
    }
    buffer_free(&out);
}

static void test_fixed_point_is_rounded(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned decimals;
        const char *expected;
    } rows[] = {
        {0, 3, "0.000"},
        {0.8675, 2, "0.87"},
        {0.0004, 3, "0.000"},
        {0.0005, 3, "0.001"},
        {0.9996, 3, "1.000"},
        {12.5, 0, "13"},
        {-0.25, 1, "-0.3"},
        {-0.0001, 3, "0.000"},
        {1.0 / 3, 6, "0.333333"},
        {2, 99, "2.000000"},
        {123456789, 1, "123456789.0"},
        {NAN, 3, "-"},
        {INFINITY, 3, "-"},
        {-1e300, 3, "-"},
    };
    buffer out = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figure_append_fixed(&out, rows[i].value, rows[i].decimals);
        assert_reads(&out, rows[i].expected);
    }
    buffer_free(&out);
}

static void test_shares_are_percentages(void **state)
{
    (void)state;
    buffer out = {0};
    figure_append_percent(&out, 0.9534, 1);
    assert_reads(&out, "95.3 %");
    figure_append_percent(&out, 1, 0);
    assert_reads(&out, "100 %");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_have_commas),
        cmocka_unit_test(test_fixed_point_is_rounded),
        cmocka_unit_test(test_shares_are_percentages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
