/* SPDX-License-Identifier: MIT */
/* One retrain: what is promoted, what is kept as rejected, and what a run that stops leaves. */
#include "services/retrainer/retrain.h"

#include "retrainer_support.h"
#include "services/retrainer/lineage.h"

static retrain_options options_for(desk *d)
{
    retrain_options options = retrain_options_default();
    options.store = d->store;
    options.registry = d->registry;
    options.preset = TRIAGE_PRESET_WORDS;
    options.n_threads = 2;
    return options;
}

/* Runs under the lock. */
static retrain_outcome run_with(desk *d, const retrain_options *options)
{
    retrain_outcome outcome;
    bool is_held = false;
    MUST(store_lock_retrainer(d->store, &is_held, &err_));
    assert_true(is_held);
    retrain_run(options, "feedback", "tester", &outcome);
    store_unlock_retrainer(d->store);
    return outcome;
}

static void run_expecting(desk *d, retrain_result result, const char *reason)
{
    retrain_options options = options_for(d);
    retrain_outcome outcome = run_with(d, &options);
    if (outcome.result != result || !strstr(outcome.reason, reason))
        fail_msg("%s: %s", retrain_result_name(outcome.result), outcome.reason);
    retrain_outcome_free(&outcome);
}

static void assert_champion(desk *d, const char *expected)
{
    char version[REGISTRY_VERSION_SIZE];
    MUST(registry_champion(d->registry, version, &err_));
    assert_string_equal(version, expected);
}

static size_t count_versions(desk *d)
{
    registry_manifest *manifests;
    size_t n;
    MUST(registry_list(d->registry, &manifests, &n, &err_));
    registry_manifests_free(manifests, n);
    return n;
}

static void test_first_model(void **state)
{
    desk *d = *state;
    import_dataset(d, random_dataset(400, 2, 3, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    assert_champion(d, "v000001");
    registry_manifest m;
    MUST(registry_find(d->registry, "v000001", &m, &err_));
    assert_string_equal(m.trigger, "feedback");
    assert_string_equal(m.parent, "");
    assert_true(m.n_tickets > 330 && m.n_tickets < 390); /* the rest is held out */
    assert_int_equal(m.n_feedback, 0);
    registry_manifest_free(&m);
}

/* A new label works from its first few examples, also for texts that are only similar. */
static void test_corrections_are_learnt(void **state)
{
    desk *d = *state;
    char label[64];
    import_dataset(d, random_dataset(1000, 1, 4, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    for (int i = 0; i < 10; i++) {
        char text[96];
        snprintf(text, sizeof text, "vpn gateway drops my tunnel, help %d please, client %d", i,
                 3 * i);
        correct(d, text, "category", "VPN");
    }
    run_expecting(d, RETRAIN_PROMOTED, "category: accuracy");
    assert_champion(d, "v000002");
    predict_live(d, "my vpn gateway drops the client again", label);
    assert_string_equal(label, "VPN");
    registry_manifest m;
    MUST(registry_find(d->registry, "v000002", &m, &err_));
    assert_string_equal(m.parent, "v000001");
    assert_int_equal(m.n_feedback, 10);
    uint64_t n, last;
    MUST(store_count_pending(d->store, m.feedback_sequence, &n, &last, &err_));
    assert_int_equal(n, 0);
    assert_non_null(strstr(m.comparison, "\"base\":\"store\""));
    assert_non_null(strstr(m.comparison, "\"field\":\"category\""));
    registry_manifest_free(&m);
}

static void test_nothing_new_makes_no_version(void **state)
{
    desk *d = *state;
    import_dataset(d, random_dataset(200, 1, 3, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    run_expecting(d, RETRAIN_REJECTED, "tickets, corrections and options are those of v000001");
    assert_int_equal(count_versions(d), 1);
    retrain_options options = options_for(d);
    options.seed = 2;
    retrain_outcome outcome = run_with(d, &options);
    assert_true(outcome.candidate[0]);
    retrain_outcome_free(&outcome);
}

/* Tickets of the base get the label behind theirs. */
static void shift_labels(desk *d, size_t n, uint64_t seed)
{
    triage_dataset *base = random_dataset(1000, 1, 4, seed);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *text = triage_dataset_text(base, i, &length);
        char copy[SUPPORT_TEXT_SIZE], label[24];
        snprintf(copy, sizeof copy, "%.*s", (int)length, text);
        snprintf(label, sizeof label, "label %d", (triage_dataset_label(base, 0, i) + 1) % 4);
        correct(d, copy, "category", label);
    }
    triage_dataset_free(base);
}

static bool is_rejected_event(void *context, const registry_event *event)
{
    int *n = context;
    *n += strcmp(event->action, "rejected") == 0 && strcmp(event->version, "v000002") == 0 &&
          strstr(event->reason, "accuracy") != NULL;
    return true;
}

static void test_worse_is_kept_as_rejected(void **state)
{
    desk *d = *state;
    int n = 0;
    import_dataset(d, random_dataset(1000, 1, 4, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    shift_labels(d, 600, 1);
    run_expecting(d, RETRAIN_REJECTED, "category: accuracy");
    assert_champion(d, "v000001");
    assert_int_equal(count_versions(d), 2);
    MUST(registry_each_event(d->registry, is_rejected_event, &n, &err_));
    assert_int_equal(n, 1);
    /* Its corrections are known: they start no further run. */
    lineage past;
    uint64_t last;
    MUST(lineage_read(d->registry, &past, &err_));
    MUST(store_count_pending(d->store, past.feedback_sequence, &last, &last, &err_));
    assert_string_equal(past.newest, "v000002");
    assert_int_equal(past.feedback_sequence, last);
}

/* 500 random tickets of the starter data with random labels, all accepted. */
static void test_poison(void **state)
{
    desk *d = *state;
    rng r = {11};
    training_set_options clean = {.base = {.store = d->store}, .correction_weight = 1};
    training_set set;
    MUST(training_set_make(&clean, &set, &err_));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    for (int i = 0; i < 500; i++) {
        size_t length, n = triage_dataset_size(set.training);
        const char *text = triage_dataset_text(set.training, rng_below(&r, (uint32_t)n), &length);
        char copy[4096];
        snprintf(copy, sizeof copy, "%.*s", (int)length, text);
        uint32_t n_labels = (uint32_t)triage_dataset_n_labels(set.training, 0);
        correct(d, copy, "category",
                triage_dataset_label_name(set.training, 0, rng_below(&r, n_labels)));
    }
    run_expecting(d, RETRAIN_REJECTED, "category: accuracy");
    assert_champion(d, "v000001");
    training_set_free(&set);
}

static void test_retired_labels_are_forgotten(void **state)
{
    desk *d = *state;
    import_dataset(d, random_dataset(400, 1, 3, 1));
    MUST(store_set(d->store, RETIRED_SETTING, "[{\"field\":\"category\",\"label\":\"label 1\"}]",
                   "tester", &err_));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    triage_model *model = open_version(d, "v000001");
    assert_int_equal(triage_model_n_labels(model, 0), 2);
    triage_model_free(model);
}

/* Adds a version as a run would that was cut off before it decided. */
static void add_version(desk *d, triage_model *model, const char *comparison,
                        char ret_version[REGISTRY_VERSION_SIZE])
{
    registry_manifest m = {.feedback_sequence = 1000, .comparison = (char *)comparison};
    MUST(registry_add(d->registry, model, &m, &err_));
    memcpy(ret_version, m.version, REGISTRY_VERSION_SIZE);
    triage_model_free(model);
}

static void test_an_undecided_version_is_passed_over(void **state)
{
    desk *d = *state;
    char version[REGISTRY_VERSION_SIZE];
    lineage past;
    import_dataset(d, random_dataset(200, 1, 3, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    add_version(d, model_of(random_dataset(50, 1, 3, 2), TRIAGE_PRESET_WORDS), NULL, version);
    MUST(lineage_read(d->registry, &past, &err_));
    assert_string_equal(past.newest, "v000001");
    assert_int_equal(past.feedback_sequence, 0);
    MUST(registry_reject(d->registry, version, "tester", "because", &err_));
    MUST(lineage_read(d->registry, &past, &err_));
    assert_string_equal(past.newest, version);
    assert_int_equal(past.feedback_sequence, 1000);
}

/* The history tells of the promotion, but the champion was not replaced any more. */
static void test_a_promotion_that_was_cut_off(void **state)
{
    desk *d = *state;
    char version[REGISTRY_VERSION_SIZE], path[128];
    lineage past;
    import_dataset(d, random_dataset(200, 1, 3, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    correct(d, "something new", "category", "label 1");
    run_expecting(d, RETRAIN_PROMOTED, "category: accuracy");
    snprintf(path, sizeof path, "%s/models/champion", d->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("v000001\n", file);
    fclose(file);
    MUST(lineage_read(d->registry, &past, &err_));
    assert_string_equal(past.newest, "v000001");
    run_expecting(d, RETRAIN_PROMOTED, "category: accuracy");
    MUST(registry_champion(d->registry, version, &err_));
    assert_string_equal(version, "v000003");
}

/* Better than the champion, but worse than what the champion came from. */
static void test_the_reference_holds(void **state)
{
    desk *d = *state;
    char good[REGISTRY_VERSION_SIZE], bad[REGISTRY_VERSION_SIZE];
    import_dataset(d, random_dataset(1000, 1, 4, 1));
    add_version(d, model_of(random_dataset(900, 1, 4, 3), TRIAGE_PRESET_WORDS),
                "{\"base\":\"store\",\"is_promoted\":true,\"reference\":null}", good);
    MUST(registry_promote(d->registry, good, NULL, "tester", "good", &err_));
    static const ticket_row little[] = {
        {"hello", {"label 0"}}, {"help", {"label 1"}}, {"my", {"label 2"}}, {"and", {"label 3"}}};
    add_version(d, model_of(dataset_of(little, 4, 1), TRIAGE_PRESET_WORDS),
                "{\"base\":\"store\",\"is_promoted\":true,\"reference\":\"v000001\"}", bad);
    MUST(registry_promote(d->registry, bad, NULL, "tester", "bad", &err_));
    lineage past;
    MUST(lineage_read(d->registry, &past, &err_));
    assert_string_equal(past.reference, "v000001");
    shift_labels(d, 330, 1);
    run_expecting(d, RETRAIN_REJECTED, "since v000001: category: accuracy");
    assert_champion(d, bad);
}

static void test_starter_tickets_replace_no_real_model(void **state)
{
    desk *d = *state;
    char version[REGISTRY_VERSION_SIZE];
    add_version(d, model_of(random_dataset(100, 1, 3, 3), TRIAGE_PRESET_WORDS), NULL, version);
    MUST(registry_promote(d->registry, version, NULL, "tester", "imported", &err_));
    run_expecting(d, RETRAIN_FAILED, "there are no other labelled tickets");
    assert_champion(d, version);
}

static bool stop_at_fit(void *context, const char *stage, uint64_t done, uint64_t total)
{
    (void)done;
    (void)total;
    return strcmp(stage, context) != 0;
}

static void test_cancelled_at_any_stage(void **state)
{
    desk *d = *state;
    static const char *const stages[] = {"load tickets", "find features", "fit", "compare",
                                         "publish"};
    import_dataset(d, random_dataset(200, 1, 3, 1));
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        retrain_options options = options_for(d);
        options.on_progress = stop_at_fit;
        options.context = (void *)stages[i];
        retrain_outcome outcome = run_with(d, &options);
        assert_int_equal(outcome.result, RETRAIN_CANCELLED);
        assert_int_equal(count_versions(d), 0);
        retrain_outcome_free(&outcome);
    }
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
}

static void test_a_damaged_champion_is_replaced(void **state)
{
    desk *d = *state;
    buffer path = {0};
    import_dataset(d, random_dataset(200, 1, 3, 1));
    run_expecting(d, RETRAIN_PROMOTED, "the first model");
    MUST(registry_model_path(d->registry, "v000001", &path, &err_));
    assert_int_equal(unlink(buffer_string(&path)), 0);
    FILE *file = fopen(buffer_string(&path), "w");
    assert_non_null(file);
    fputs("no model at all", file);
    fclose(file);
    buffer_free(&path);
    correct(d, "something new", "category", "label 1");
    run_expecting(d, RETRAIN_PROMOTED, "the champion's file is damaged");
    assert_champion(d, "v000002");
}

static void test_without_the_lock_nothing_is_published(void **state)
{
    desk *d = *state;
    import_dataset(d, random_dataset(200, 1, 3, 1));
    retrain_options options = options_for(d);
    retrain_outcome outcome;
    retrain_run(&options, "feedback", "tester", &outcome);
    assert_int_equal(outcome.result, RETRAIN_FAILED);
    assert_non_null(strstr(outcome.reason, "the lock of the retrainer was lost"));
    assert_int_equal(count_versions(d), 0);
    retrain_outcome_free(&outcome);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, desk_make, desk_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_model),
        TEST(test_corrections_are_learnt),
        TEST(test_nothing_new_makes_no_version),
        TEST(test_worse_is_kept_as_rejected),
        TEST(test_poison),
        TEST(test_retired_labels_are_forgotten),
        TEST(test_an_undecided_version_is_passed_over),
        TEST(test_a_promotion_that_was_cut_off),
        TEST(test_the_reference_holds),
        TEST(test_starter_tickets_replace_no_real_model),
        TEST(test_cancelled_at_any_stage),
        TEST(test_a_damaged_champion_is_replaced),
        TEST(test_without_the_lock_nothing_is_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
