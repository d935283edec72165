/* SPDX-License-Identifier: MIT */
/* W3C trace context: what is continued, what is begun anew, and that ids differ. */
#include "telemetry/trace.h"

#include "base/clock.h"
#include "base/parallel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRACE_ID  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT_ID "00f067aa0ba902b7"

static bool is_continued(const char *traceparent)
{
    trace_context t;
    /* A copy without a NUL, so that a sanitizer sees a read beyond its end. */
    size_t length = strlen(traceparent);
    char *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, traceparent, length);
    trace_begin(copy, length, &t);
    free(copy);
    assert_int_equal(strspn(t.trace_id, "0123456789abcdef"), 32);
    assert_int_equal(strlen(t.trace_id), 32);
    assert_int_equal(strspn(t.span_id, "0123456789abcdef"), 16);
    assert_int_equal(strlen(t.span_id), 16);
    assert_string_not_equal(t.span_id, PARENT_ID);
    bool is_same = strcmp(t.trace_id, TRACE_ID) == 0;
    assert_string_equal(t.parent_id, is_same ? PARENT_ID : "");
    return is_same;
}

static void valid_ones_are_continued(void **state)
{
    (void)state;
    assert_true(is_continued("00-" TRACE_ID "-" PARENT_ID "-01"));
    assert_true(is_continued("00-" TRACE_ID "-" PARENT_ID "-00"));
    assert_true(is_continued("00-" TRACE_ID "-" PARENT_ID "-ff"));
    /* Of a later version the beginning is read. */
    assert_true(is_continued("01-" TRACE_ID "-" PARENT_ID "-01"));
    assert_true(is_continued("cc-" TRACE_ID "-" PARENT_ID "-01-what-comes-later"));
}

static void others_begin_a_trace(void **state)
{
    static const char *const bad[] = {
        "",
        "00",
        "00-" TRACE_ID "-" PARENT_ID "-0",
        "00-" TRACE_ID "-" PARENT_ID "-01 ",
        "00-" TRACE_ID "-" PARENT_ID "-01-more",
        "01-" TRACE_ID "-" PARENT_ID "-01.more",
        "ff-" TRACE_ID "-" PARENT_ID "-01",
        "0-" TRACE_ID "-" PARENT_ID "-001",
        "0G-" TRACE_ID "-" PARENT_ID "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT_ID "-01",
        "00-" TRACE_ID "-00F067AA0BA902B7-01",
        "00-00000000000000000000000000000000-" PARENT_ID "-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "00-" TRACE_ID "-" PARENT_ID "-0A",
        "00_" TRACE_ID "-" PARENT_ID "-01",
        "00-" TRACE_ID "_" PARENT_ID "-01",
        "00-" TRACE_ID "-" PARENT_ID "_01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-" PARENT_ID "-001",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (is_continued(bad[i]))
            fail_msg("continued: %s", bad[i]);
    trace_context t;
    trace_begin(NULL, 0, &t);
    assert_true(t.is_sampled);
    assert_string_equal(t.parent_id, "");
}

static void flags_are_masked(void **state)
{
    trace_context t;
    char written[TRACE_PARENT_SIZE];
    (void)state;
    trace_begin("00-" TRACE_ID "-" PARENT_ID "-fe", 55, &t);
    assert_false(t.is_sampled);
    trace_write(&t, written);
    assert_string_equal(written + 52, "-00");
    trace_begin("00-" TRACE_ID "-" PARENT_ID "-03", 55, &t);
    assert_true(t.is_sampled);
    trace_write(&t, written);
    assert_string_equal(written + 52, "-01");
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        trace_context first, second;
        char written[TRACE_PARENT_SIZE];
        trace_begin(NULL, 0, &first);
        trace_write(&first, written);
        assert_int_equal(strlen(written), TRACE_PARENT_SIZE - 1);
        trace_begin(written, strlen(written), &second);
        assert_string_equal(second.trace_id, first.trace_id);
        assert_string_equal(second.parent_id, first.span_id);
        assert_string_not_equal(second.span_id, first.span_id);
        assert_int_equal(second.is_sampled, first.is_sampled);
    }
}

#define N_TASKS 4
#define N_IDS   5000

static char ids[N_TASKS * N_IDS][33];

static bool make_ids(void *context, size_t task)
{
    (void)context;
    for (size_t i = 0; i < N_IDS; i++) {
        trace_context t;
        trace_begin(NULL, 0, &t);
        memcpy(ids[task * N_IDS + i], t.trace_id, sizeof t.trace_id);
    }
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ids_of_all_threads_differ(void **state)
{
    (void)state;
    assert_true(parallel_run(N_TASKS, N_TASKS, make_ids, NULL));
    qsort(ids, N_TASKS * N_IDS, sizeof ids[0], compare_ids);
    for (size_t i = 1; i < N_TASKS * N_IDS; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    double start = clock_seconds();
    make_ids(NULL, 0);
    print_message("a trace takes %.0f ns\n", (clock_seconds() - start) / N_IDS * 1e9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_ones_are_continued),  cmocka_unit_test(others_begin_a_trace),
        cmocka_unit_test(flags_are_masked),          cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(ids_of_all_threads_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
