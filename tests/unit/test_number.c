/* SPDX-License-Identifier: MIT */
/* Numbers as text: what is accepted, bounds, and round trips in a locale with a decimal comma. */
#include "base/number.h"
#include "base/rng.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool parse_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    return number_parse_int(text, strlen(text), min, max, ret);
}

static bool parse_real(const char *text, double *ret)
{
    return number_parse_real(text, strlen(text), -DBL_MAX, DBL_MAX, ret);
}

static void test_integers_are_read_up_to_their_bounds(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(parse_int("0", 0, 9, &value));
    assert_int_equal(value, 0);
    assert_true(parse_int("-0", -1, 9, &value));
    assert_int_equal(value, 0);
    assert_true(parse_int("007", 0, 9, &value));
    assert_int_equal(value, 7);
    assert_true(parse_int("9223372036854775807", 0, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_true(parse_int("-9223372036854775808", INT64_MIN, 0, &value));
    assert_true(value == INT64_MIN);
    uint64_t large;
    assert_true(number_parse_uint("18446744073709551615", 20, 0, UINT64_MAX, &large));
    assert_true(large == UINT64_MAX);
}

static void test_what_is_no_integer_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x10",
                                      "1.0",
                                      "1e3",
                                      "--1",
                                      "1a",
                                      "10",
                                      "-1",
                                      "9223372036854775808",
                                      "18446744073709551616",
                                      "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 5;
        if (parse_int(bad[i], 0, 9, &value) || value != 5)
            fail_msg("'%s' was read as %lld", bad[i], (long long)value);
    }
    uint64_t large = 5;
    assert_false(number_parse_uint("18446744073709551616", 20, 0, UINT64_MAX, &large));
    assert_false(number_parse_uint("-1", 2, 0, UINT64_MAX, &large));
    int64_t value = 5;
    assert_false(parse_int("-9223372036854775809", INT64_MIN, INT64_MAX, &value));
    assert_int_equal(value, 5);
    assert_int_equal(large, 5);
}

static void test_only_the_given_length_is_read(void **state)
{
    (void)state;
    int64_t value;
    double real;
    assert_true(number_parse_int("123", 2, 0, 99, &value));
    assert_int_equal(value, 12);
    assert_true(number_parse_real("0.57", 3, 0, 1, &real));
    assert_true(real == 0.5);
    assert_false(number_parse_int("1\0", 2, 0, 99, &value));
    assert_false(number_parse_real("1\0", 2, 0, 99, &real));
}

static void test_reals_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0},         {"0.95", 0.95},
        {".5", 0.5},      {"5.", 5},
        {"-1.25", -1.25}, {"1e3", 1000},
        {"1E-3", 0.001},  {"2.5e+2", 250},
        {"1e-400", 0},    {"1.7976931348623157e308", DBL_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value;
        if (!parse_real(rows[i].text, &value) || value != rows[i].value)
            fail_msg("'%s' was not read", rows[i].text);
    }
}

static void test_what_is_no_real_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    ".",     "-",     "-.",  "e5",  "1e",      "1e+",
                                      "nan", "NaN",   "inf",   "0x1", "1,5", " 1",      "1 ",
                                      "+1",  "1e999", "1.2.3", "1f",  "--1", "infinity"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 5;
        if (parse_real(bad[i], &value) || value != 5)
            fail_msg("'%s' was read as %g", bad[i], value);
    }
    double value = 5;
    assert_false(number_parse_real("1.01", 4, 0, 1, &value));
    assert_false(number_parse_real("-0.01", 5, 0, 1, &value));
    char longest[1000];
    memset(longest, '1', sizeof longest);
    assert_false(number_parse_real(longest, sizeof longest, 0, DBL_MAX, &value));
    assert_true(value == 5);
}

static void assert_doubles_come_back(void)
{
    rng r = {.state = 11};
    for (int i = 0; i < 20000; i++) {
        char text[NUMBER_TEXT_SIZE];
        uint64_t bits = rng_next(&r);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        size_t length = number_format_double(value, text);
        assert_int_equal(length, strlen(text));
        if (!parse_real(text, &back) || back != value)
            fail_msg("%.17g was written as %s", value, text);
    }
}

static void test_numbers_come_back_from_their_text(void **state)
{
    (void)state;
    char text[NUMBER_TEXT_SIZE];
    assert_doubles_come_back();
    rng r = {.state = 12};
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)rng_next(&r);
        float value;
        double back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        number_format_float(value, text);
        assert_true(parse_real(text, &back) && (float)back == value);
    }
}

static void test_the_shortest_text_is_written(void **state)
{
    (void)state;
    char text[NUMBER_TEXT_SIZE];
    number_format_double(0.1, text);
    assert_string_equal(text, "0.1");
    number_format_double(1.0 / 3, text);
    assert_string_equal(text, "0.3333333333333333");
    number_format_double(3, text);
    assert_string_equal(text, "3");
    number_format_float(0.1F, text);
    assert_string_equal(text, "0.1");
    number_format_double(-DBL_MAX, text);
    assert_string_equal(text, "-1.7976931348623157e+308");
}

static void test_a_decimal_comma_of_the_program_changes_nothing(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool is_set = false;
    for (size_t i = 0; i < sizeof locales / sizeof *locales && !is_set; i++)
        is_set = setlocale(LC_ALL, locales[i]) != NULL;
    if (!is_set)
        skip();
    double value = 0;
    char text[NUMBER_TEXT_SIZE], by_program[NUMBER_TEXT_SIZE];
    bool is_read = parse_real("0.5", &value);
    number_format_double(0.5, text);
    snprintf(by_program, sizeof by_program, "%g", 0.5);
    setlocale(LC_ALL, "C");
    assert_string_equal(by_program, "0,5"); /* the locale of the program itself is as it was */
    assert_true(is_read && value == 0.5);
    assert_string_equal(text, "0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_read_up_to_their_bounds),
        cmocka_unit_test(test_what_is_no_integer_is_refused),
        cmocka_unit_test(test_only_the_given_length_is_read),
        cmocka_unit_test(test_reals_are_read),
        cmocka_unit_test(test_what_is_no_real_is_refused),
        cmocka_unit_test(test_numbers_come_back_from_their_text),
        cmocka_unit_test(test_the_shortest_text_is_written),
        cmocka_unit_test(test_a_decimal_comma_of_the_program_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
