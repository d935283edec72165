/* SPDX-License-Identifier: MIT */
/* Work on several threads: every task once, whatever the numbers; false stops. */
#include "base/parallel.h"

#include <stdatomic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_TASKS 1000

typedef struct job {
    atomic_int n_runs[MAX_TASKS];
    size_t failing; /* the task that returns false */
} job;

static bool run(void *context, size_t task)
{
    job *j = context;
    atomic_fetch_add(&j->n_runs[task], 1);
    return task != j->failing;
}

static void every_task_runs_once(void **state)
{
    (void)state;
    static const uint32_t n_threads[] = {0, 1, 2, 3, 7, 300, UINT32_MAX};
    static const size_t n_tasks[] = {0, 1, 2, 17, MAX_TASKS};
    for (size_t i = 0; i < sizeof n_threads / sizeof *n_threads; i++)
        for (size_t k = 0; k < sizeof n_tasks / sizeof *n_tasks; k++) {
            job j = {.failing = SIZE_MAX};
            assert_true(parallel_run(n_threads[i], n_tasks[k], run, &j));
            for (size_t task = 0; task < MAX_TASKS; task++)
                assert_int_equal(atomic_load(&j.n_runs[task]), task < n_tasks[k]);
        }
}

static void a_task_that_fails_stops_the_rest(void **state)
{
    (void)state;
    for (uint32_t n_threads = 1; n_threads <= 4; n_threads++) {
        job j = {.failing = 10};
        assert_false(parallel_run(n_threads, MAX_TASKS, run, &j));
        for (size_t task = 0; task <= 10; task++)
            assert_int_equal(atomic_load(&j.n_runs[task]), 1);
        if (n_threads == 1)
            for (size_t task = 11; task < MAX_TASKS; task++)
                assert_int_equal(atomic_load(&j.n_runs[task]), 0);
        j.failing = MAX_TASKS - 1;
        assert_false(parallel_run(n_threads, MAX_TASKS, run, &j));
    }
}

static void thread_counts_are_bounded(void **state)
{
    (void)state;
    assert_true(parallel_n_cores() >= 1);
    assert_int_equal(parallel_n_threads(0), parallel_n_cores());
    assert_int_equal(parallel_n_threads(1), 1);
    assert_int_equal(parallel_n_threads(7), 7);
    assert_in_range(parallel_n_threads(UINT32_MAX), 7, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(a_task_that_fails_stops_the_rest),
        cmocka_unit_test(thread_counts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
