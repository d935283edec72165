/* SPDX-License-Identifier: MIT */
/*
 * A process that takes corrections and retrains is killed, again and again, at moments that fall
 * anywhere in it. What it acknowledged is there, the registry is whole, and the next one goes on.
 *
 * The child writes a letter for each step; the parent kills it after so many letters. Nothing
 * depends on time: whatever the child does when the signal comes must be survivable.
 */
#include "retrainer_support.h"

#include <signal.h>
#include <sys/wait.h>

#define ROUNDS      12
#define MAX_LETTERS 90

#define ACKNOWLEDGED 'a'
#define STEP         's'

static void say(int pipe, char letter)
{
    if (write(pipe, &letter, 1) != 1)
        _exit(1);
}

static bool say_step(void *context, const char *stage, uint64_t done, uint64_t total)
{
    (void)stage;
    (void)done;
    (void)total;
    say(*(const int *)context, STEP);
    return true;
}

/* Corrects and retrains until it is killed. */
static void live(const desk *folder, int round, int pipe)
{
    desk d = {0};
    triage_error err;
    bool is_held = false;
    memcpy(d.folder, folder->folder, sizeof d.folder);
    desk_open(&d);
    retrain_options options = retrain_options_default();
    options.store = d.store;
    options.registry = d.registry;
    options.preset = TRIAGE_PRESET_WORDS;
    options.n_threads = 2;
    options.on_progress = say_step;
    options.context = &pipe;
    if (store_lock_retrainer(d.store, &is_held, &err) != TRIAGE_OK || !is_held)
        _exit(2);
    for (int i = 0;; i++) {
        char text[64];
        retrain_outcome outcome;
        snprintf(text, sizeof text, "printer of round %d jams, case %d", round, i);
        correct(&d, text, "category", "label 1");
        say(pipe, ACKNOWLEDGED);
        retrain_run(&options, "feedback", "tester", &outcome);
        if (outcome.result == RETRAIN_FAILED)
            _exit(3);
        retrain_outcome_free(&outcome);
    }
}

/* Lets a child live for `n_letters`; how many corrections it acknowledged. */
static uint64_t live_and_die(const desk *folder, int round, uint32_t n_letters)
{
    int ends[2], status;
    uint64_t n_acknowledged = 0;
    char letter;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        live(folder, round, ends[1]);
    }
    close(ends[1]);
    for (uint32_t i = 0; i < n_letters && read(ends[0], &letter, 1) == 1; i++)
        n_acknowledged += letter == ACKNOWLEDGED;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (read(ends[0], &letter, 1) == 1) /* said before it died */
        n_acknowledged += letter == ACKNOWLEDGED;
    close(ends[0]);
    return n_acknowledged;
}

static bool count_feedback(void *context, const store_feedback *feedback)
{
    uint64_t *n = context;
    *n += feedback->status == STORE_FEEDBACK_ACCEPTED;
    return true;
}

static void check_registry(desk *d)
{
    registry_manifest *manifests;
    size_t n;
    MUST(registry_list(d->registry, &manifests, &n, &err_));
    for (size_t i = 0; i < n; i++) {
        char sha256[65];
        triage_model *model = open_version(d, manifests[i].version);
        MUST(triage_model_verify(model, &err_));
        triage_model_sha256(model, sha256);
        assert_string_equal(sha256, manifests[i].sha256);
        triage_model_free(model);
    }
    registry_manifests_free(manifests, n);
    char version[REGISTRY_VERSION_SIZE], label[64];
    MUST(registry_champion(d->registry, version, &err_));
    if (version[0])
        predict_live(d, "printer jams", label);
}

static void test_killed_at_any_moment(void **state)
{
    desk *d = *state;
    rng r = {2026};
    uint64_t n_acknowledged = 0, n_there;
    import_dataset(d, random_dataset(150, 1, 3, 1));
    for (int round = 0; round < ROUNDS; round++) {
        desk_close(d);
        n_acknowledged += live_and_die(d, round, 1 + rng_below(&r, MAX_LETTERS));
        desk_open(d);
        n_there = 0;
        store_feedback_filter all = {0};
        MUST(store_each_feedback(d->store, &all, count_feedback, &n_there, &err_));
        assert_true(n_there >= n_acknowledged);
        n_acknowledged = n_there; /* one more may have been durable, but not acknowledged */
        check_registry(d);
    }
    assert_true(n_acknowledged > 0);
    /* The next one has all of them in its model. */
    bool is_held = false;
    MUST(store_lock_retrainer(d->store, &is_held, &err_));
    retrain_options options = retrain_options_default();
    options.store = d->store;
    options.registry = d->registry;
    options.preset = TRIAGE_PRESET_WORDS;
    retrain_outcome outcome;
    correct(d, "one more printer jams", "category", "label 1");
    retrain_run(&options, "feedback", "tester", &outcome);
    assert_true(outcome.result == RETRAIN_PROMOTED || outcome.result == RETRAIN_REJECTED);
    assert_int_equal(outcome.n_feedback, n_acknowledged + 1);
    retrain_outcome_free(&outcome);
    check_registry(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_at_any_moment, desk_make, desk_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
