/* SPDX-License-Identifier: MIT */
/* The pool for what blocks: order, bounds, and its end. */
#include "http/worker_pool.h"

#include "http_support.h"

#include <stdatomic.h>

typedef struct task {
    gate *begun, *may_end;
    unsigned may_end_at;
    atomic_int n_runs, n_refusals;
} task;

static void run(void *argument, bool is_stopping)
{
    task *t = argument;
    if (is_stopping) {
        atomic_fetch_add(&t->n_refusals, 1);
        return;
    }
    if (t->begun)
        gate_open(t->begun);
    if (t->may_end)
        gate_wait(t->may_end, t->may_end_at);
    atomic_fetch_add(&t->n_runs, 1);
}

static void every_task_runs_once(void **state)
{
    enum { N = 1000 };
    static task tasks[N];
    worker_pool *pool = NULL;
    gate begun = GATE_INIT;
    (void)state;
    assert_int_equal(worker_pool_new(4, N, run, &pool, NULL), TRIAGE_OK);
    for (size_t i = 0; i < N; i++) {
        tasks[i].begun = &begun;
        assert_true(worker_pool_reserve(pool));
        assert_true(worker_pool_submit(pool, &tasks[i]));
    }
    assert_true(gate_wait(&begun, N));
    worker_pool_stop(pool);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(tasks[i].n_runs, 1);
    worker_pool_free(pool);
}

static void a_full_queue_takes_no_more(void **state)
{
    gate begun = GATE_INIT, may_end = GATE_INIT;
    task blocked = {.begun = &begun, .may_end = &may_end, .may_end_at = 1};
    task waiting = {.begun = &begun};
    worker_pool *pool = NULL;
    (void)state;
    assert_int_equal(worker_pool_new(1, 2, run, &pool, NULL), TRIAGE_OK);
    assert_true(worker_pool_reserve(pool));
    assert_true(worker_pool_submit(pool, &blocked));
    assert_true(gate_wait(&begun, 1));
    for (int i = 0; i < 2; i++) {
        assert_true(worker_pool_reserve(pool));
        assert_true(worker_pool_submit(pool, &waiting));
    }
    assert_false(worker_pool_reserve(pool));
    gate_open(&may_end);
    assert_true(gate_wait(&begun, 3));
    worker_pool_stop(pool);
    assert_int_equal(blocked.n_runs, 1);
    assert_int_equal(waiting.n_runs, 2);
    assert_true(worker_pool_reserve(pool));
    assert_false(worker_pool_submit(pool, &waiting)); /* stopped */
    worker_pool_free(pool);
}

static void *stop(void *pool)
{
    worker_pool_stop(pool);
    return NULL;
}

/* What has begun is waited for; what waits is refused, not lost. */
static void stopping_refuses_what_waits(void **state)
{
    gate begun = GATE_INIT, may_end = GATE_INIT;
    task blocked = {.begun = &begun, .may_end = &may_end, .may_end_at = 1}, waiting = {0};
    worker_pool *pool = NULL;
    pthread_t stopper;
    (void)state;
    assert_int_equal(worker_pool_new(1, 1u << 24, run, &pool, NULL), TRIAGE_OK);
    assert_true(worker_pool_reserve(pool) && worker_pool_submit(pool, &blocked));
    assert_true(gate_wait(&begun, 1));
    assert_int_equal(pthread_create(&stopper, NULL, stop, pool), 0);
    /* Tasks are taken until the pool knows that it stops. */
    int n_taken = 0;
    while (worker_pool_reserve(pool) && worker_pool_submit(pool, &waiting))
        n_taken++;
    gate_open(&may_end);
    pthread_join(stopper, NULL);
    assert_int_equal(blocked.n_runs, 1);
    assert_int_equal(blocked.n_refusals, 0);
    assert_int_equal(waiting.n_runs, 0);
    assert_int_equal(waiting.n_refusals, n_taken);
    worker_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(stopping_refuses_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
