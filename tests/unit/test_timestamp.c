/* SPDX-License-Identifier: MIT */
/* Times as text, against known ones and round trips. */
#include "base/timestamp.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct known_time {
    const char *text;
    int64_t ms;
} known_time;

static void reads_and_writes_known_times(void **state)
{
    (void)state;
    static const known_time known[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"2000-02-29T23:59:59.999Z", INT64_C(951868799999)},
        {"2026-11-25T02:40:25.000Z", INT64_C(1795574425000)},
        {"1969-12-31T23:59:59.001Z", -999},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[TIMESTAMP_SIZE];
        int64_t ms;
        timestamp_format(known[i].ms, text);
        assert_string_equal(text, known[i].text);
        assert_true(timestamp_parse(known[i].text, strlen(known[i].text), &ms));
        assert_int_equal(ms, known[i].ms);
    }
}

static void reads_other_forms(void **state)
{
    (void)state;
    static const known_time known[] = {
        {"2026-01-31", INT64_C(1769817600000)},
        {"2026-01-31 12:00:00", INT64_C(1769860800000)},
        {"2026-01-31T12:00:00.5Z", INT64_C(1769860800500)},
        {"2026-01-31T12:00:00.123456+02:00", INT64_C(1769853600123)},
        {"2026-01-31T12:00:00-0530", INT64_C(1769880600000)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int64_t ms;
        assert_true(timestamp_parse(known[i].text, strlen(known[i].text), &ms));
        assert_int_equal(ms, known[i].ms);
    }
}

static void refuses_all_else(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2026-02-29",
                                      "2026-01-31T",
                                      "2026-01-31T25:00:00Z",
                                      "yesterday",
                                      "2026-01-31T12:00:00.Z",
                                      "2026-01-31T12:00:00Zx",
                                      "2026-01-31T12:00:00+24:00",
                                      "+026-01-31"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 7;
        assert_false(timestamp_parse(bad[i], strlen(bad[i]), &ms));
        assert_int_equal(ms, 7);
    }
}

static void any_time_survives_the_round_trip(void **state)
{
    (void)state;
    rng r = {1};
    for (int i = 0; i < 100000; i++) {
        int64_t ms = (int64_t)(rng_next(&r) % UINT64_C(315569520000000)) - INT64_C(62167219200000);
        int64_t back;
        char text[TIMESTAMP_SIZE];
        timestamp_format(ms, text);
        assert_true(timestamp_parse(text, strlen(text), &back));
        assert_int_equal(back, ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_known_times),
        cmocka_unit_test(reads_other_forms),
        cmocka_unit_test(refuses_all_else),
        cmocka_unit_test(any_time_survives_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
