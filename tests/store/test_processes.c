/* SPDX-License-Identifier: MIT */
/* Several processes: what was acknowledged outlives one that is killed, one holds the lock, and all
 * hear of changes. */
#define _GNU_SOURCE /* pipe2() */
#include "fixture.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>

/* --- durability ----------------------------------------------------------------------------- */

/* Adds feedback and says so after each, until it is killed. */
static void add_until_killed(const fixture *f, int out)
{
    store *s = NULL;
    if (store_open(f->address, &s, NULL) != TRIAGE_OK)
        _exit(1);
    for (uint64_t i = 1;; i++) {
        store_feedback feedback = correction(i, "Network");
        store_prediction prediction = waiting(i << 32, i, 0.5);
        store_feedback_result result;
        if (store_add_predictions(s, &prediction, 1, NULL) != TRIAGE_OK ||
            store_add_feedback(s, &feedback, NULL, 0, 0, &result, NULL) != TRIAGE_OK ||
            write(out, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

static bool count_prediction(void *context, const store_prediction *p)
{
    (void)p;
    ++*(uint64_t *)context;
    return true;
}

static void what_was_acknowledged_outlives_a_killed_process(void **state)
{
    fixture *f = *state;
    int acknowledged[2];
    uint64_t n = 0;
    assert_int_equal(pipe2(acknowledged, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        add_until_killed(f, acknowledged[1]);
    close(acknowledged[1]);
    while (n < 50)
        assert_int_equal(read(acknowledged[0], &n, sizeof n), sizeof n);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(acknowledged[0], &n, sizeof n) == sizeof n)
        continue;
    close(acknowledged[0]);
    OK(store_open(f->address, &f->s, &ok_error));
    uint64_t n_pending = 0, last = 0, n_predictions = 0, clusters = 0, tickets = 0;
    store_prediction_filter all = {0};
    OK(store_count_pending(f->s, 0, &n_pending, &last, &ok_error));
    OK(store_each_prediction(f->s, &all, count_prediction, &n_predictions, &ok_error));
    OK(store_count_review(f->s, &clusters, &tickets, &ok_error));
    /* The one in work may have come through, too. */
    assert_in_range(n_pending, n, n + 1);
    assert_in_range(n_predictions, n, n + 1);
    assert_int_equal(last, n_pending);
    assert_int_equal(tickets, n_predictions);
}

/* --- the lock ------------------------------------------------------------------------------- */

/* Takes the lock, says so and keeps it until it is killed. */
static void hold_until_killed(const fixture *f, int out)
{
    store *s = NULL;
    bool is_held = false;
    if (store_open(f->address, &s, NULL) != TRIAGE_OK ||
        store_lock_retrainer(s, &is_held, NULL) != TRIAGE_OK || !store_lock_is_held(s))
        _exit(1);
    if (write(out, &is_held, sizeof is_held) != sizeof is_held)
        _exit(1);
    for (;;)
        pause();
}

static bool try_lock(store *s)
{
    bool is_held = false;
    OK(store_lock_retrainer(s, &is_held, &ok_error));
    assert_int_equal(store_lock_is_held(s), is_held);
    return is_held;
}

static void one_of_two_processes_holds_the_lock(void **state)
{
    fixture *f = *state;
    int says[2];
    bool is_held = false;
    assert_int_equal(pipe2(says, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        hold_until_killed(f, says[1]);
    close(says[1]);
    assert_int_equal(read(says[0], &is_held, sizeof is_held), sizeof is_held);
    close(says[0]);
    assert_true(is_held);
    OK(store_open(f->address, &f->s, &ok_error));
    assert_false(try_lock(f->s));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    /* The server notices the end of a connection a moment later. */
    double deadline = clock_seconds() + 30;
    while (!try_lock(f->s))
        assert_true(clock_seconds() < deadline);
    assert_true(try_lock(f->s)); /* it has it already */
    store_unlock_retrainer(f->s);
    assert_false(store_lock_is_held(f->s));
    store_unlock_retrainer(f->s);
}

static void two_stores_of_a_process_are_two_as_well(void **state)
{
    fixture *f = *state;
    store *other = NULL;
    OK(store_open(f->address, &other, &ok_error));
    assert_true(try_lock(f->s));
    assert_false(try_lock(other));
    store_unlock_retrainer(f->s);
    double deadline = clock_seconds() + 30;
    while (!try_lock(other))
        assert_true(clock_seconds() < deadline);
    assert_false(try_lock(f->s));
    store_close(other);
    while (!try_lock(f->s))
        assert_true(clock_seconds() < deadline + 30);
}

/* --- changes -------------------------------------------------------------------------------- */

/* Far longer than a test takes: a wait that ends by it has failed. */
#define LONG_MS 60000

/* Waits until nothing is new. */
static uint64_t settle(store *s)
{
    uint64_t seen = 0, before;
    do {
        before = seen;
        store_wait(s, &seen, 300);
    } while (seen != before);
    return seen;
}

static void expect_woken(store *s, uint64_t *seen)
{
    uint64_t before = *seen;
    double start = clock_seconds();
    store_wait(s, seen, LONG_MS);
    assert_true(*seen != before);
    assert_true(clock_seconds() - start < 30);
}

static void every_shared_change_wakes(void **state)
{
    fixture *f = *state;
    store *s = f->s, *other = NULL;
    OK(store_open(f->address, &other, &ok_error));
    uint64_t seen = settle(s), id = 0;
    bool found = false;
    store_feedback feedback = correction(1, "Network");
    store_feedback_result result;
    store_key key = {.id = text_of("k1")};
    store_model model = {text_of("v000001"), text_of("{}"), text_of("x")};
    /* Each by this process and by another. */
    store *const writers[] = {s, other};
    for (size_t i = 0; i < 2; i++) {
        OK(store_add_feedback(writers[i], &feedback, NULL, 0, 0, &result, &ok_error));
        expect_woken(s, &seen);
        OK(store_set(writers[i], "a", "b", "local", &ok_error));
        expect_woken(s, &seen);
        key.id = text_of(i == 0 ? "k1" : "k2");
        OK(store_add_key(writers[i], &key, "local", &ok_error));
        expect_woken(s, &seen);
        OK(store_revoke_key(writers[i], key.id.data, "local", &found, &ok_error));
        expect_woken(s, &seen);
        OK(store_request_retrain(writers[i], "request", "local", &id, &ok_error));
        expect_woken(s, &seen);
        model.version = text_of(i == 0 ? "v000001" : "v000002");
        OK(store_put_model(writers[i], &model, &ok_error));
        expect_woken(s, &seen);
    }
    store_close(other);
}

static void what_others_need_not_see_does_not_wake(void **state)
{
    fixture *f = *state;
    store_prediction p = waiting(1, 1, 0.5);
    uint64_t seen = settle(f->s), before = seen;
    OK(store_add_predictions(f->s, &p, 1, &ok_error));
    OK(store_check(f->s, true, &ok_error));
    store_wait(f->s, &seen, 400);
    assert_int_equal(seen, before);
}

static void *wake(void *context)
{
    store_wake(context);
    return NULL;
}

static void a_call_wakes(void **state)
{
    fixture *f = *state;
    pthread_t thread;
    uint64_t seen = settle(f->s);
    assert_int_equal(pthread_create(&thread, NULL, wake, f->s), 0);
    expect_woken(f->s, &seen);
    pthread_join(thread, NULL);
    store_wake(f->s);
    store_wait(f->s, &seen, -1); /* before it waits is soon enough */
}

/* --- readers and writers -------------------------------------------------------------------- */

typedef struct nested {
    store *s;
    size_t n;
} nested;

/* While a reader is in the middle of its rows. */
static bool write_meanwhile(void *context, const store_prediction *p)
{
    (void)p;
    nested *work = context;
    store_prediction more = waiting(work->n, work->n, 0.5);
    OK(store_add_predictions(work->s, &more, 1, &ok_error));
    work->n++;
    return true;
}

static void a_reader_does_not_hold_up_a_writer(void **state)
{
    fixture *f = *state;
    store_prediction p[3] = {waiting(1, 1, 0.5), waiting(2, 2, 0.5), waiting(3, 3, 0.5)};
    nested work = {.s = f->s};
    store_prediction_filter all = {0};
    OK(store_add_predictions(f->s, p, 3, &ok_error));
    OK(store_each_prediction(f->s, &all, write_meanwhile, &work, &ok_error));
    assert_int_equal(work.n, 3); /* what it saw at its beginning */
}

#define N_READERS 12 /* more than there are connections */

static void *read_often(void *context)
{
    nested *work = context;
    for (int i = 0; i < 50; i++) {
        uint64_t n = 0, clusters = 0;
        if (store_count_review(work->s, &clusters, &n, NULL) != TRIAGE_OK || n < 1)
            return NULL;
    }
    __atomic_add_fetch(&work->n, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void many_threads_share_the_connections(void **state)
{
    fixture *f = *state;
    pthread_t threads[N_READERS];
    nested work = {.s = f->s};
    store_prediction p = waiting(1, 1, 0.5);
    OK(store_add_predictions(f->s, &p, 1, &ok_error));
    for (size_t i = 0; i < N_READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, &work), 0);
    for (uint64_t i = 2; i < 30; i++) {
        p = waiting(i, i, 0.5);
        OK(store_add_predictions(f->s, &p, 1, &ok_error));
    }
    for (size_t i = 0; i < N_READERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(work.n, N_READERS);
}

#define UNOPENED_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_prepare, fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNOPENED_TEST(what_was_acknowledged_outlives_a_killed_process),
        UNOPENED_TEST(one_of_two_processes_holds_the_lock),
        STORE_TEST(two_stores_of_a_process_are_two_as_well),
        STORE_TEST(every_shared_change_wakes),
        STORE_TEST(what_others_need_not_see_does_not_wake),
        STORE_TEST(a_call_wakes),
        STORE_TEST(a_reader_does_not_hold_up_a_writer),
        STORE_TEST(many_threads_share_the_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
