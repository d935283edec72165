/* SPDX-License-Identifier: MIT */
/* The loop: what starts a run, and what does not. Every wait is for an event. */
#include "services/retrainer/retrainer.h"

#include "retrainer_support.h"

#include <pthread.h>

#define MAX_EVENTS 16

typedef struct seen_run {
    char trigger[32], candidate[REGISTRY_VERSION_SIZE];
    retrain_result result;
} seen_run;

/* What the retrainer told; its thread writes, the test waits. */
typedef struct diary {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    seen_run runs[MAX_EVENTS];
    size_t n_runs;
    bool has_started, blocks; /* blocks: progress waits until `blocks` is false */
} diary;

static void on_event(void *context, const retrainer_event *event)
{
    diary *l = context;
    pthread_mutex_lock(&l->lock);
    if (event->kind == RETRAINER_STARTED)
        l->has_started = true;
    if (event->kind == RETRAINER_FINISHED && l->n_runs < MAX_EVENTS) {
        seen_run *run = &l->runs[l->n_runs++];
        snprintf(run->trigger, sizeof run->trigger, "%s", event->trigger);
        memcpy(run->candidate, event->outcome->candidate, sizeof run->candidate);
        run->result = event->outcome->result;
    }
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void on_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    diary *l = context;
    (void)stage;
    (void)done;
    (void)total;
    pthread_mutex_lock(&l->lock);
    while (l->blocks)
        pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

/* Waits for the run of that number (from 0) and says how it ended. */
static seen_run wait_for_run(diary *l, size_t number)
{
    pthread_mutex_lock(&l->lock);
    while (l->n_runs <= number)
        pthread_cond_wait(&l->changed, &l->lock);
    seen_run run = l->runs[number];
    pthread_mutex_unlock(&l->lock);
    return run;
}

static void assert_run(diary *l, size_t number, const char *trigger, retrain_result result)
{
    seen_run run = wait_for_run(l, number);
    assert_string_equal(run.trigger, trigger);
    assert_int_equal(run.result, result);
}

static retrainer_options options_for(desk *d, diary *l)
{
    *l = (diary){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    retrainer_options options = retrainer_options_default();
    options.retrain.store = d->store;
    options.retrain.registry = d->registry;
    options.retrain.preset = TRIAGE_PRESET_WORDS;
    options.retrain.n_threads = 2;
    options.after = 3;
    options.on_event = on_event;
    options.on_progress = on_progress;
    options.context = l;
    return options;
}

static retrainer *start(const retrainer_options *options)
{
    retrainer *r = NULL;
    MUST(retrainer_start(options, &r, &err_));
    return r;
}

static void request(desk *d)
{
    uint64_t id;
    MUST(store_request_retrain(d->store, "request", "tester", &id, &err_));
}

static void correct_some(desk *d, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        char text[64];
        snprintf(text, sizeof text, "vpn tunnel number %d is down", i);
        correct(d, text, "category", "VPN");
    }
}

typedef struct row_list {
    size_t n;
    char states[MAX_EVENTS][16], results[MAX_EVENTS][16]; /* newest first */
} row_list;

static bool note_row(void *context, const store_retrain *row)
{
    row_list *r = context;
    snprintf(r->states[r->n], 16, "%.*s", (int)row->state.length, row->state.data);
    snprintf(r->results[r->n], 16, "%.*s", (int)row->result.length,
             row->result.data ? row->result.data : "");
    return ++r->n < MAX_EVENTS;
}

static void test_corrections_start_a_run(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    import_dataset(d, random_dataset(300, 1, 3, 1));
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_PROMOTED);
    correct_some(d, 0, 2);
    request(d); /* two are too few: this run is somebody's wish */
    assert_run(&l, 1, "request", RETRAIN_PROMOTED);
    correct_some(d, 2, 2);
    correct_some(d, 4, 1);
    assert_run(&l, 2, "feedback", RETRAIN_PROMOTED);
    assert_string_equal(wait_for_run(&l, 2).candidate, "v000003");
    retrainer_stop(r);
    row_list rows = {0};
    MUST(store_each_retrain(d->store, MAX_EVENTS, note_row, &rows, &err_));
    assert_int_equal(rows.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(rows.states[i], "done");
        assert_string_equal(rows.results[i], "promoted");
    }
}

/* Many requests are one run. */
static void test_requests_are_taken_together(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    import_dataset(d, random_dataset(300, 1, 3, 1));
    for (int i = 0; i < 3; i++)
        request(d);
    retrainer *r = start(&options);
    assert_run(&l, 0, "request", RETRAIN_PROMOTED);
    request(d);
    assert_run(&l, 1, "request", RETRAIN_REJECTED); /* nothing is new */
    retrainer_stop(r);
    assert_int_equal(l.n_runs, 2);
}

/* A rejected candidate has looked at its corrections: they do not start the same run again. */
static void test_rejection_waits_for_new_corrections(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    options.after = 150;
    triage_dataset *base = random_dataset(300, 1, 3, 1);
    import_dataset(d, random_dataset(300, 1, 3, 1));
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_PROMOTED);
    for (size_t i = 0; i < 150; i++) {
        size_t length;
        const char *text = triage_dataset_text(base, i, &length);
        char copy[SUPPORT_TEXT_SIZE], label[24];
        snprintf(copy, sizeof copy, "%.*s", (int)length, text);
        snprintf(label, sizeof label, "label %d", (triage_dataset_label(base, 0, i) + 1) % 3);
        correct(d, copy, "category", label);
    }
    triage_dataset_free(base);
    /* Two equal texts count once, so the last few come from elsewhere. */
    uint64_t n, last;
    MUST(store_count_pending(d->store, 0, &n, &last, &err_));
    for (uint64_t i = n; i < 150; i++) {
        char text[64];
        snprintf(text, sizeof text, "passwort laptop drucker %d", (int)i);
        correct(d, text, "category", "label 0");
    }
    assert_run(&l, 1, "feedback", RETRAIN_REJECTED);
    correct_some(d, 0, 1);
    request(d);
    assert_string_equal(wait_for_run(&l, 2).trigger, "request");
    retrainer_stop(r);
    assert_int_equal(l.n_runs, 3);
}

static void *stop(void *context)
{
    retrainer_stop(context);
    return NULL;
}

static void test_stopping_cancels_a_run(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    import_dataset(d, random_dataset(300, 1, 3, 1));
    l.blocks = true;
    retrainer *r = start(&options);
    pthread_mutex_lock(&l.lock);
    while (!l.has_started)
        pthread_cond_wait(&l.changed, &l.lock);
    pthread_mutex_unlock(&l.lock);
    assert_true(retrainer_is_running(r));
    pthread_t stopper;
    uint64_t seen = 0;
    store_wait(d->store, &seen, 0); /* up to now */
    assert_int_equal(pthread_create(&stopper, NULL, stop, r), 0);
    /* The stopper wakes the store when it has set its mark. */
    store_wait(d->store, &seen, -1);
    pthread_mutex_lock(&l.lock);
    l.blocks = false;
    pthread_cond_broadcast(&l.changed);
    pthread_mutex_unlock(&l.lock);
    pthread_join(stopper, NULL);
    assert_run(&l, 0, "start", RETRAIN_CANCELLED);
}

static void test_options_can_change(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    options.after = 0;
    import_dataset(d, random_dataset(300, 1, 3, 1));
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_PROMOTED);
    correct_some(d, 0, 5);
    request(d);
    assert_run(&l, 1, "request", RETRAIN_PROMOTED);
    correct_some(d, 5, 2);
    options.after = 2;
    retrainer_change(r, &options);
    assert_run(&l, 2, "feedback", RETRAIN_PROMOTED);
    retrainer_stop(r);
}

static void test_schedule_needs_a_correction(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    options.after = 0;
    options.every_ms = 1;
    import_dataset(d, random_dataset(300, 1, 3, 1));
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_PROMOTED);
    correct_some(d, 0, 1);
    assert_run(&l, 1, "schedule", RETRAIN_PROMOTED);
    retrainer_stop(r);
    assert_int_equal(l.n_runs, 2);
}

static void test_one_works_at_a_time(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    char path[96];
    bool is_held;
    store *other;
    import_dataset(d, random_dataset(300, 1, 3, 1));
    snprintf(path, sizeof path, "%s/triage.db", d->folder);
    MUST(store_open(path, &other, &err_));
    MUST(store_lock_retrainer(other, &is_held, &err_));
    assert_true(is_held);
    retrainer *r = start(&options);
    request(d);
    row_list rows = {0};
    MUST(store_each_retrain(d->store, MAX_EVENTS, note_row, &rows, &err_));
    assert_string_equal(rows.states[0], "requested");
    store_unlock_retrainer(other);
    assert_run(&l, 0, "request", RETRAIN_PROMOTED);
    retrainer_stop(r);
    store_close(other);
}

/* A run that failed is not repeated on the spot; whoever asks gets one at once. */
static void test_failure_is_not_repeated_at_once(void **state)
{
    desk *d = *state;
    diary l;
    retrainer_options options = options_for(d, &l);
    const char *missing[] = {"/nonexistent/tickets.csv"};
    options.retrain.base_files = missing;
    options.retrain.n_base_files = 1;
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_FAILED);
    request(d);
    assert_run(&l, 1, "request", RETRAIN_FAILED);
    request(d);
    assert_run(&l, 2, "request", RETRAIN_FAILED);
    retrainer_stop(r);
    assert_int_equal(l.n_runs, 3);
}

/* What a killed run left behind is told as failed by the next start. */
static void test_interrupted_rows_are_finished(void **state)
{
    desk *d = *state;
    diary l;
    uint64_t id;
    bool found;
    retrainer_options options = options_for(d, &l);
    import_dataset(d, random_dataset(300, 1, 3, 1));
    request(d);
    MUST(store_take_retrain(d->store, &id, &found, &err_));
    assert_true(found);
    retrainer *r = start(&options);
    assert_run(&l, 0, "start", RETRAIN_PROMOTED);
    retrainer_stop(r);
    row_list rows = {0};
    MUST(store_each_retrain(d->store, MAX_EVENTS, note_row, &rows, &err_));
    assert_int_equal(rows.n, 2);
    assert_string_equal(rows.results[1], "failed");
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, desk_make, desk_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_corrections_start_a_run),
        TEST(test_requests_are_taken_together),
        TEST(test_rejection_waits_for_new_corrections),
        TEST(test_stopping_cancels_a_run),
        TEST(test_options_can_change),
        TEST(test_schedule_needs_a_correction),
        TEST(test_one_works_at_a_time),
        TEST(test_failure_is_not_repeated_at_once),
        TEST(test_interrupted_rows_are_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
