/* SPDX-License-Identifier: MIT */
/* Which corrections are held. */
#include "prediction_support.h"
#include "retrainer_support.h"
#include "services/backend/suspicion.h"

static void ranks(void **state)
{
    triage_model *model = four_labels();
    prediction_view *view = view_of(model, NULL);
    float probabilities[4] = {0};
    triage_outcome outcome = {0};
    size_t access = label_of(model, 0, "Access"), hardware = label_of(model, 0, "Hardware"),
           network = label_of(model, 0, "Network"), other = label_of(model, 0, "Say \"it\"");
    prediction p = {.view = view, .outcomes = &outcome, .probabilities = probabilities};
    (void)state;
    outcome.label = (uint32_t)access;
    probabilities[access] = 0.6f;
    probabilities[hardware] = 0.2f;
    probabilities[network] = 0.15f;
    probabilities[other] = 0.05f;
    assert_true(suspicion_rank(&p, 0, access) == 0);
    assert_true(suspicion_rank(&p, 0, hardware) == 0);
    assert_true(suspicion_rank(&p, 0, network) == 0.5);
    assert_true(suspicion_rank(&p, 0, other) == 1);
    prediction_view_free(view);
    triage_model_free(model);
}

static void two_labels_have_no_rank(void **state)
{
    triage_model *model = two_fields();
    prediction_view *view = view_of(model, NULL);
    float probabilities[4] = {0.9f, 0.1f, 0.9f, 0.1f};
    triage_outcome outcomes[2] = {0};
    prediction p = {.view = view, .outcomes = outcomes, .probabilities = probabilities};
    (void)state;
    for (size_t f = 0; f < 2; f++)
        for (size_t k = 0; k < 2; k++)
            assert_true(suspicion_rank(&p, f, k) == 0);
    prediction_view_free(view);
    triage_model_free(model);
}

/* `n` corrections of `key` with this rank. */
static void add_ranked(desk *d, const char *key, double rank, int n)
{
    static int number;
    for (int i = 0; i < n; i++) {
        char text[32];
        snprintf(text, sizeof text, "ticket %d", number++);
        store_feedback feedback = {.text = text_of(text),
                                   .text_hash = similar_text_hash(text, strlen(text)),
                                   .field = text_of("category"),
                                   .label = text_of("Access"),
                                   .confidence = -1,
                                   .surprise = rank,
                                   .key_id = text_of(key)};
        store_feedback_result result;
        MUST(store_add_feedback(d->store, &feedback, NULL, 0, 0, &result, &err_));
    }
}

static bool is_outlier(desk *d, const char *key, double rank)
{
    bool answer = false;
    MUST(suspicion_of_key(d->store, key, rank, &answer, &err_));
    return answer;
}

static void keys_by_their_mean(void **state)
{
    desk *d = *state;
    assert_false(is_outlier(d, "new", 1));
    add_ranked(d, "random", 0.5, SUSPICION_MIN - 2);
    assert_false(is_outlier(d, "random", 0.5)); /* too few to say */
    add_ranked(d, "random", 0.5, 1);
    assert_true(is_outlier(d, "random", 0.5));
    add_ranked(d, "careful", 0.1, 3 * SUSPICION_MIN);
    assert_false(is_outlier(d, "careful", 1));
    assert_false(is_outlier(d, "new", 1)); /* others' do not count */
}

static void old_ones_are_forgotten(void **state)
{
    desk *d = *state;
    add_ranked(d, "changed", 0, 100);
    add_ranked(d, "changed", 1, SUSPICION_LATEST);
    assert_true(is_outlier(d, "changed", 0));
}

static void unknown_ranks_do_not_count(void **state)
{
    desk *d = *state;
    add_ranked(d, "silent", -1, 3 * SUSPICION_MIN);
    assert_false(is_outlier(d, "silent", 1));
    add_ranked(d, "silent", 1, SUSPICION_MIN);
    assert_true(is_outlier(d, "silent", -1));
}

static bool contradicts(desk *d, const char *text, const char *field, const char *label,
                        buffer *other)
{
    bool answer = false;
    buffer_clear(other);
    MUST(suspicion_contradicts(d->store, similar_text_hash(text, strlen(text)), field, label,
                               strlen(label), other, &answer, &err_));
    return answer;
}

static void contradictions(void **state)
{
    desk *d = *state;
    buffer other = {0};
    add_correction(d, "no toner", "category", "Hardware", STORE_FEEDBACK_ACCEPTED);
    add_correction(d, "no wifi", "category", "Network", STORE_FEEDBACK_HELD);
    assert_true(contradicts(d, "no toner", "category", "Access", &other));
    assert_string_equal(buffer_string(&other), "Hardware");
    assert_true(contradicts(d, "no toner", "category", "Hard", &other));
    assert_false(contradicts(d, "no toner", "category", "Hardware", &other));
    assert_false(contradicts(d, "no toner", "priority", "Access", &other));
    assert_false(contradicts(d, "no paper", "category", "Access", &other));
    assert_false(
        contradicts(d, "no wifi", "category", "Access", &other)); /* held is not accepted */
    buffer_free(&other);
}

int main(void)
{
#define AT_DESK(TEST) cmocka_unit_test_setup_teardown(TEST, desk_make, desk_remove)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks),
        cmocka_unit_test(two_labels_have_no_rank),
        AT_DESK(keys_by_their_mean),
        AT_DESK(old_ones_are_forgotten),
        AT_DESK(unknown_ranks_do_not_count),
        AT_DESK(contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
