/* SPDX-License-Identifier: MIT */
/* Predictions on their way to the store, also to one that takes nothing for a while. */
#include "prediction_support.h"
#include "retrainer_support.h"
#include "services/backend/prediction_log.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#define WAIT_MS 10000

typedef struct bench {
    desk *desk;
    live_engine engine;
    engine_thread *thread; /* with a prediction */
    prediction_log *log;
    atomic_uint n_faults;
} bench;

static void note_fault(void *context, const char *message)
{
    bench *b = context;
    assert_true(message[0]);
    atomic_fetch_add(&b->n_faults, 1);
}

static void start_log(bench *b, size_t max_bytes)
{
    prediction_log_options options = {.store = b->desk->store,
                                      .max_bytes = max_bytes,
                                      .n_similar = 100,
                                      .on_fault = note_fault,
                                      .context = b};
    MUST(prediction_log_start(&options, &b->log, &err_));
}

static int make(void **state)
{
    bench *b = calloc(1, sizeof *b);
    void *d = NULL;
    if (!b || desk_make(&d) != 0)
        return -1;
    b->desk = d;
    b->engine = live_engine_new();
    live_engine_publish(&b->engine, four_labels(), "v000001");
    b->thread = live_predict(&b->engine, "laptop screen", false);
    *state = b;
    signal(SIGXFSZ, SIG_IGN); /* as the services do */
    return 0;
}

static int unmake(void **state)
{
    bench *b = *state;
    void *d = b->desk;
    prediction_log_stop(b->log);
    engine_release(b->thread);
    live_engine_free(&b->engine);
    free(b);
    return desk_remove(&d);
}

static bool add(bench *b, const char *text, const char *source, char ret_id[STORE_ID_SIZE])
{
    char id[STORE_ID_SIZE];
    ticket_request ticket = {.text = text,
                             .length = strlen(text),
                             .source = source,
                             .source_length = source ? strlen(source) : 0,
                             .top = 1};
    store_new_id(id);
    if (ret_id)
        memcpy(ret_id, id, sizeof id);
    return prediction_log_add(b->log, id, 1767225600000, &ticket, &b->thread->prediction);
}

typedef struct expectation {
    const char *text, *source;
} expectation;

static bool compare(void *context, const store_prediction *p)
{
    const expectation *e = context;
    assert_int_equal(p->text.length, strlen(e->text));
    assert_memory_equal(p->text.data, e->text, p->text.length);
    assert_int_equal(!p->source.data, !e->source);
    if (e->source)
        assert_memory_equal(p->source.data, e->source, p->source.length);
    assert_memory_equal(p->label.data, "Hardware", 8);
    assert_memory_equal(p->model_version.data, "v000001", 7);
    assert_int_equal(p->created_at, 1767225600000);
    assert_memory_equal(p->outcomes.data, "{\"category\":{\"label\":\"Hardware\"", 31);
    return true;
}

static void assert_stored(bench *b, const char *id, const char *text, const char *source)
{
    bool is_found = false;
    expectation e = {text, source};
    MUST(store_find_prediction(b->desk->store, id, compare, &e, &is_found, &err_));
    assert_true(is_found);
}

static bool count_row(void *context, const store_prediction *p)
{
    (void)p;
    ++*(uint64_t *)context;
    return true;
}

static uint64_t n_stored(bench *b)
{
    uint64_t n = 0;
    store_prediction_filter all = {0};
    MUST(store_each_prediction(b->desk->store, &all, count_row, &n, &err_));
    return n;
}

static void what_was_added_is_stored(void **state)
{
    bench *b = *state;
    char ids[3][STORE_ID_SIZE];
    start_log(b, 1 << 20);
    assert_true(add(b, "laptop screen", "mail", ids[0]));
    assert_true(add(b, "", NULL, ids[1]));
    assert_true(add(b, "three", "", ids[2])); /* odd lengths: entries stay aligned */
    assert_true(prediction_log_flush(b->log, WAIT_MS));
    assert_stored(b, ids[0], "laptop screen", "mail");
    assert_stored(b, ids[1], "", NULL);
    prediction_log_counts counts = prediction_log_read(b->log);
    assert_int_equal(counts.n_written, 3);
    assert_int_equal(counts.n_waiting + counts.n_dropped, 0);
    assert_false(counts.is_failing);
    assert_true(prediction_log_flush(b->log, 0)); /* nothing waits */
}

static void a_stop_writes_what_waits(void **state)
{
    bench *b = *state;
    start_log(b, 4 << 20);
    for (int i = 0; i < 3000; i++)
        assert_true(add(b, "laptop", NULL, NULL));
    prediction_log_stop(b->log);
    b->log = NULL;
    assert_int_equal(n_stored(b), 3000);
}

/* Nobody waits for a full log: it drops, and counts. */
static void a_full_log_drops(void **state)
{
    bench *b = *state;
    static char text[4000];
    memset(text, 'x', sizeof text - 1);
    start_log(b, 2000);
    assert_false(add(b, text, NULL, NULL));
    assert_true(add(b, "short", NULL, NULL));
    assert_true(prediction_log_flush(b->log, WAIT_MS));
    prediction_log_counts counts = prediction_log_read(b->log);
    assert_int_equal(counts.n_dropped, 1);
    assert_int_equal(counts.n_written, 1);
    assert_int_equal(n_stored(b), 1);
}

/* No file of this process may grow any more: a disk that is full, for any user. */
static void fill_disk(bool is_full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = is_full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void wait_until_failing(bench *b, bool is_failing)
{
    while (prediction_log_read(b->log).is_failing != is_failing)
        sched_yield();
}

static void a_full_disk_loses_nothing(void **state)
{
    bench *b = *state;
    char id[STORE_ID_SIZE];
    start_log(b, 1 << 20);
    fill_disk(true);
    for (int i = 0; i < 100; i++)
        assert_true(add(b, "laptop", NULL, i == 50 ? id : NULL));
    wait_until_failing(b, true);
    assert_false(prediction_log_flush(b->log, WAIT_MS)); /* at once */
    for (int i = 0; i < 100; i++)
        assert_true(add(b, "laptop", NULL, NULL));
    assert_int_equal(prediction_log_read(b->log).n_waiting, 200);
    fill_disk(false);
    wait_until_failing(b, false);
    assert_true(prediction_log_flush(b->log, WAIT_MS));
    assert_stored(b, id, "laptop", NULL);
    assert_int_equal(n_stored(b), 200);
    assert_int_equal(atomic_load(&b->n_faults), 1); /* told once for the whole spell */
    fill_disk(true);
    assert_true(add(b, "laptop", NULL, NULL));
    wait_until_failing(b, true);
    fill_disk(false);
    wait_until_failing(b, false);
    assert_int_equal(atomic_load(&b->n_faults), 2);
}

/* Waiting predictions take so much memory and no more while nothing can be written. */
static void a_full_disk_has_a_bound(void **state)
{
    bench *b = *state;
    unsigned n_added = 0;
    start_log(b, 20000);
    fill_disk(true);
    assert_true(add(b, "laptop", NULL, NULL));
    wait_until_failing(b, true);
    while (add(b, "laptop", NULL, NULL))
        assert_true(++n_added < 1000);
    assert_int_equal(prediction_log_read(b->log).n_dropped, 1);
    fill_disk(false);
    wait_until_failing(b, false);
    assert_true(prediction_log_flush(b->log, WAIT_MS));
    assert_int_equal(n_stored(b), n_added + 1);
}

/* A stop does not wait for a disk that may stay full for ever. */
static void a_stop_while_it_fails(void **state)
{
    bench *b = *state;
    start_log(b, 1 << 20);
    fill_disk(true);
    assert_true(add(b, "laptop", NULL, NULL));
    wait_until_failing(b, true);
    prediction_log_stop(b->log);
    b->log = NULL;
    fill_disk(false);
    assert_int_equal(n_stored(b), 0);
}

static void *add_many(void *argument)
{
    bench *b = argument;
    for (int i = 0; i < 1000; i++)
        assert_true(add(b, "laptop", "thread", NULL));
    return NULL;
}

static void from_many_threads(void **state)
{
    bench *b = *state;
    pthread_t threads[4];
    start_log(b, 8 << 20);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, b), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_true(prediction_log_flush(b->log, WAIT_MS));
    assert_int_equal(n_stored(b), 4000);
}

int main(void)
{
#define ON_BENCH(TEST) cmocka_unit_test_setup_teardown(TEST, make, unmake)
    const struct CMUnitTest tests[] = {
        ON_BENCH(what_was_added_is_stored), ON_BENCH(a_stop_writes_what_waits),
        ON_BENCH(a_full_log_drops),         ON_BENCH(a_full_disk_loses_nothing),
        ON_BENCH(a_full_disk_has_a_bound),  ON_BENCH(a_stop_while_it_fails),
        ON_BENCH(from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
