/* SPDX-License-Identifier: MIT */
/* Sizes and durations as text. */
#include "config/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void expect_bytes(const char *text, uint64_t value)
{
    uint64_t got = 7;
    assert_true(unit_parse_bytes(text, &got));
    assert_int_equal(got, value);
}

static void expect_duration(const char *text, uint64_t value)
{
    uint64_t got = 7;
    assert_true(unit_parse_duration(text, &got));
    assert_int_equal(got, value);
}

static void sizes_are_read(void **state)
{
    (void)state;
    expect_bytes("0", 0);
    expect_bytes("65536", 65536);
    expect_bytes("12B", 12);
    expect_bytes("64K", 65536);
    expect_bytes("64KB", 65536);
    expect_bytes("64KiB", 65536);
    expect_bytes("1M", 1048576);
    expect_bytes("3G", UINT64_C(3) << 30);
}

static void durations_are_read(void **state)
{
    (void)state;
    expect_duration("0", 0);
    expect_duration("500ms", 500);
    expect_duration("30s", 30000);
    expect_duration("15m", 900000);
    expect_duration("24h", 86400000);
    expect_duration("7d", 604800000);
}

static void all_else_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "K",
                                      "-1K",
                                      "1.5M",
                                      "1 K",
                                      "1k",
                                      "1KBB",
                                      "1iB",
                                      "1Kx",
                                      "99999999999999999999",
                                      "18446744073709551615G"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(unit_parse_bytes(bad[i], &value));
    static const char *const bad_times[] = {"",    "5",    "s",     "-5s",
                                            "5 s", "5sec", "00:05", "18446744073709551615d"};
    for (size_t i = 0; i < sizeof bad_times / sizeof *bad_times; i++)
        assert_false(unit_parse_duration(bad_times[i], &value));
    assert_int_equal(value, 7);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const uint64_t values[] = {0,        1,        1000,      1023,    1024,
                                      1536,     60000,    90000,     3600000, UINT64_C(5) << 30,
                                      86400000, 86400001, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        buffer text = {0};
        unit_append_bytes(&text, values[i]);
        expect_bytes(buffer_string(&text), values[i]);
        buffer_clear(&text);
        unit_append_duration(&text, values[i]);
        expect_duration(buffer_string(&text), values[i]);
        buffer_free(&text);
    }
}

static void the_largest_unit_is_written(void **state)
{
    (void)state;
    buffer text = {0};
    unit_append_bytes(&text, 1536);
    unit_append_bytes(&text, 1048576);
    unit_append_duration(&text, 90000);
    unit_append_duration(&text, 86400000);
    assert_string_equal(buffer_string(&text), "15361M90s1d");
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_largest_unit_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
