/* SPDX-License-Identifier: MIT */
/* Policies: thresholds for any target, retired labels, decisions, the curve, damaged metadata. */
#define _GNU_SOURCE /* memmem */
#include "model/policy.h"

#include "engine_support.h"
#include "model/cuts.h"
#include "model_bytes.h"

#include <math.h>

static policy *policy_of(const triage_model *model, double target, const policy_retired *retired,
                         size_t n_retired)
{
    triage_error err;
    policy *p = NULL;
    policy_options options = {target, retired, n_retired};
    if (policy_new(model, &options, &p, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return p;
}

/* Some labels are said wrongly, more often the higher their number. */
static triage_dataset *noisy_dataset(size_t n, uint64_t seed)
{
    rng r = {seed};
    triage_dataset *dataset = new_dataset(2);
    for (size_t i = 0; i < n; i++) {
        uint32_t labels[2] = {rng_below(&r, 6), rng_below(&r, 3)};
        char names[2][24], text[SUPPORT_TEXT_SIZE];
        const char *given[2] = {names[0], names[1]};
        random_text(&r, labels, 2, text, sizeof text);
        if (rng_below(&r, 40) < labels[0])
            labels[0] = rng_below(&r, 6);
        for (size_t f = 0; f < 2; f++)
            snprintf(names[f], sizeof names[f], "label %u", labels[f]);
        add_ticket(dataset, text, given);
    }
    return finished(dataset);
}

/* Takes `dataset`. */
static triage_model *model_for(triage_dataset *dataset, triage_preset preset, double target)
{
    triage_error err;
    triage_model *model = NULL;
    triage_train_options options = options_of(preset, 1);
    options.target_precision = target;
    if (triage_train(dataset, &options, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_dataset_free(dataset);
    return model;
}

/* How many labels have the thresholds of `model`; all must. */
static size_t check_thresholds(const policy *p, const triage_model *model)
{
    size_t n_auto = 0;
    for (size_t f = 0; f < triage_model_n_fields(model); f++)
        for (size_t k = 0; k < triage_model_n_labels(model, f); k++) {
            float threshold = triage_model_threshold(model, f, k);
            assert_true(policy_threshold(p, f, k) == threshold);
            n_auto += threshold <= 1;
        }
    return n_auto;
}

static triage_model *noisy_model(size_t n, uint64_t seed, triage_preset preset, double target)
{
    return model_for(noisy_dataset(n, seed), preset, target);
}

/* By the least change of the target, so that the cuts are used and not the stored thresholds. */
static void the_own_target_gives_the_stored_thresholds(void **state)
{
    (void)state;
    static const double targets[] = {0.7, 0.9, 0.95};
    size_t n_auto = 0;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
        for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
            triage_model *model = noisy_model(900, i + 1, preset, targets[i]);
            double asked[] = {0, targets[i], nextafter(targets[i], 0), nextafter(targets[i], 1)};
            for (size_t j = 0; j < sizeof asked / sizeof *asked; j++) {
                policy *p = policy_of(model, asked[j], NULL, 0);
                n_auto += check_thresholds(p, model);
                assert_true(policy_target_precision(p) == (asked[j] > 0 ? asked[j] : targets[i]));
                policy_free(p);
            }
            triage_model_free(model);
        }
    assert_true(n_auto > 100);
}

static void another_target_gives_what_training_would_have(void **state)
{
    (void)state;
    static const double targets[] = {0.5, 0.8, 0.95, 0.999};
    triage_model *model = noisy_model(3000, 7, TRIAGE_PRESET_WORDS, 0.9);
    size_t n_auto[4];
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        triage_model *other = noisy_model(3000, 7, TRIAGE_PRESET_WORDS, targets[i]);
        policy *p = policy_of(model, targets[i], NULL, 0);
        n_auto[i] = check_thresholds(p, other);
        policy_free(p);
        triage_model_free(other);
    }
    assert_true(n_auto[0] > n_auto[3]);
    triage_model_free(model);
}

/* Without another target and retired labels a policy decides as the model does. */
static void the_own_policy_decides_as_the_model(void **state)
{
    (void)state;
    triage_model *model = noisy_model(900, 3, TRIAGE_PRESET_WORDS, 0.8);
    triage_predictor *predictor = predictor_of(model);
    policy *p = policy_of(model, 0, NULL, 0);
    rng r = {5};
    size_t n_auto = 0, n_review = 0;
    for (size_t i = 0; i < 300; i++) {
        uint32_t labels[2] = {rng_below(&r, 6), rng_below(&r, 3)};
        char text[SUPPORT_TEXT_SIZE] = "";
        if (i % 50 != 0)
            random_text(&r, labels, 2, text, sizeof text);
        triage_outcome outcomes[SUPPORT_MAX_FIELDS];
        assert_int_equal(triage_predict(predictor, text, strlen(text), outcomes, NULL), TRIAGE_OK);
        bool has_known_words = triage_predictor_text_facts(predictor).n_known_tokens > 0;
        for (size_t f = 0; f < 2; f++) {
            float copy[8];
            size_t n = triage_model_n_labels(model, f);
            memcpy(copy, triage_predictor_probabilities(predictor, f), n * sizeof *copy);
            triage_outcome o = policy_decide(p, f, copy, has_known_words);
            assert_int_equal(o.label, outcomes[f].label);
            assert_int_equal(o.runner_up, outcomes[f].runner_up);
            assert_true(o.confidence == outcomes[f].confidence);
            assert_true(o.threshold == outcomes[f].threshold);
            assert_int_equal(o.decision, outcomes[f].decision);
            n_auto += o.decision == TRIAGE_AUTO;
            n_review += o.decision == TRIAGE_REVIEW;
            assert_memory_equal(copy, triage_predictor_probabilities(predictor, f),
                                n * sizeof *copy);
        }
    }
    assert_true(n_auto > 20 && n_review > 20);
    policy_free(p);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

/* Six labels, whose thresholds are set to 0.6, but for one of 0.3. */
static triage_model *easy_model(void)
{
    triage_error err;
    triage_model *trained = model_of(random_dataset(1200, 1, 6, 11), TRIAGE_PRESET_WORDS),
                 *model = NULL;
    size_t length = trained->length;
    unsigned char *bytes = model_bytes_copy(trained->bytes, length);
    float *numbers = (float *)(void *)(bytes + model_bytes_offset(bytes, SECTION_NUMBERS));
    for (size_t k = 0; k < 6; k++)
        numbers[trained->n_lanes + k] = k == 4 ? 0.3f : 0.6f; /* the biases come first */
    triage_model_free(trained);
    model_bytes_repair(bytes, length);
    if (model_take_bytes(bytes, length, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_true(triage_model_threshold(model, 0, 5) == 0.6f);
    return model;
}

static void retired_labels_get_nothing(void **state)
{
    (void)state;
    triage_model *model = easy_model();
    static const policy_retired retired[] = {{"category", "label 2"},
                                             {"category", "label 2"},
                                             {"category", "unknown"},
                                             {"elsewhere", "label 3"},
                                             {"category", "label 5"}};
    policy *p = policy_of(model, 0, retired, 5);
    for (size_t k = 0; k < 6; k++) {
        bool is_retired = k == 2 || k == 5;
        assert_int_equal(policy_is_retired(p, 0, k), is_retired);
        assert_true((policy_threshold(p, 0, k) > 1) == is_retired);
    }
    float few[6] = {0.72f, 0.02f, 0.2f, 0.03f, 0.02f, 0.01f};
    triage_outcome o = policy_decide(p, 0, few, true);
    double sum = 0;
    for (size_t k = 0; k < 6; k++)
        sum += (double)few[k];
    assert_true(few[2] == 0 && few[5] == 0 && fabs(sum - 1) < 1e-6);
    assert_true(o.label == 0 && o.runner_up == 3 && o.decision == TRIAGE_AUTO);
    assert_true(fabs((double)o.confidence - 0.72 / 0.79) < 1e-6 && o.confidence == few[0]);
    assert_true(o.threshold > triage_model_threshold(model, 0, 0));
    float same[6] = {0.72f, 0.02f, 0.2f, 0.03f, 0.02f, 0.01f};
    assert_int_equal(policy_decide(p, 0, same, false).decision, TRIAGE_REVIEW);
    policy_free(p);
    triage_model_free(model);
}

/* A ticket of a retired label is no evidence for the label that is left. */
static void what_retired_labels_leave_behind_is_no_evidence(void **state)
{
    (void)state;
    triage_model *model = easy_model();
    static const policy_retired retired[] = {{"category", "label 2"}};
    policy *p = policy_of(model, 0, retired, 1);
    float top[6] = {0.04f, 0.001f, 0.956f, 0.001f, 0.001f, 0.001f};
    triage_outcome o = policy_decide(p, 0, top, true);
    assert_true(o.label == 0 && o.confidence > 0.9f && o.threshold > 1);
    assert_int_equal(o.decision, TRIAGE_REVIEW);
    /* Just below its threshold it stays below, whatever it gains; at it, it is above. */
    float threshold = triage_model_threshold(model, 0, 0);
    for (int is_at = 0; is_at < 2; is_at++) {
        float near[6] = {is_at ? threshold : nextafterf(threshold, 0)};
        near[2] = 0.9f * (1 - near[0]);
        near[1] = 1 - near[0] - near[2];
        o = policy_decide(p, 0, near, true);
        assert_true(o.label == 0 && o.confidence > threshold);
        assert_int_equal(o.decision, is_at ? TRIAGE_AUTO : TRIAGE_REVIEW);
        assert_int_equal(o.confidence >= o.threshold, is_at);
    }
    /* Above its own threshold, but not what was predicted. */
    float second[6] = {0.05f, 0.05f, 0.5f, 0, 0.4f, 0};
    o = policy_decide(p, 0, second, true);
    assert_true(o.label == 4 && o.confidence > 0.7f && o.threshold > 1);
    assert_int_equal(o.decision, TRIAGE_REVIEW);
    float first[6] = {0.05f, 0.05f, 0.4f, 0, 0.5f, 0};
    assert_int_equal(policy_decide(p, 0, first, true).decision, TRIAGE_AUTO);
    float only[6] = {0, 0, 1};
    o = policy_decide(p, 0, only, true);
    assert_int_equal(o.decision, TRIAGE_REVIEW);
    assert_true(only[2] == 0 && only[0] == 0.2f && only[5] == 0.2f);
    policy_free(p);
    triage_model_free(model);
}

static void with_all_labels_retired_nothing_is_masked(void **state)
{
    (void)state;
    triage_model *model = easy_model();
    static const policy_retired retired[] = {{"category", "label 0"}, {"category", "label 1"},
                                             {"category", "label 2"}, {"category", "label 3"},
                                             {"category", "label 4"}, {"category", "label 5"}};
    float p0[6] = {0.01f, 0.95f, 0.01f, 0.01f, 0.01f, 0.01f};
    policy *p = policy_of(model, 0, retired, 6);
    triage_outcome o = policy_decide(p, 0, p0, true);
    assert_true(o.label == 1 && o.confidence == 0.95f && p0[1] == 0.95f);
    assert_int_equal(o.decision, TRIAGE_REVIEW);
    policy_free(p);
    /* With one label left there is no second. */
    p = policy_of(model, 0, retired, 5);
    float left[6] = {0.01f, 0.01f, 0.01f, 0.01f, 0.01f, 0.95f};
    o = policy_decide(p, 0, left, true);
    assert_true(o.label == 5 && o.runner_up == 5 && o.decision == TRIAGE_AUTO);
    assert_true(policy_curve(p, 0, -1, 0.5).coverage < policy_curve(p, 0, 5, 0.5).coverage);
    policy_free(p);
    triage_model_free(model);
}

static void the_curve_trades_coverage_for_precision(void **state)
{
    (void)state;
    triage_model *model = noisy_model(3000, 9, TRIAGE_PRESET_WORDS, 0.9);
    policy *p = policy_of(model, 0, NULL, 0);
    assert_int_equal(policy_n_evidence(p, 0, -1), 3000);
    double last = 1.1, first = policy_curve(p, 0, -1, 0.4).coverage;
    for (double target = 0.4; target < 0.999; target += 0.01) {
        policy_point all = policy_curve(p, 0, -1, target);
        double routed = 0;
        assert_true(all.target == target && all.threshold == 0 && all.coverage <= last);
        assert_true(all.coverage == 0 || all.precision > target);
        last = all.coverage;
        for (int64_t k = 0; k < 6; k++) {
            policy_point one = policy_curve(p, 0, k, target);
            routed += one.coverage * (double)policy_n_evidence(p, 0, k);
            assert_true(one.threshold <= 1 ? one.precision > target : one.coverage == 0);
        }
        assert_true(fabs(routed - all.coverage * 3000) < 1e-6);
    }
    assert_true(first > 0.9 && last < first);
    assert_true(policy_curve(p, 0, -1, 0).coverage == 0);
    assert_true(policy_curve(p, 0, -1, 1).coverage == 0);
    assert_true(policy_curve(p, 0, 0, (double)NAN).threshold > 1);
    policy_free(p);
    triage_model_free(model);
}

/* A copy of `model` in whose metadata `from` is `to`, padded by spaces. */
static triage_model *edited(const triage_model *model, const char *from, const char *to)
{
    triage_error err;
    triage_model *copy = NULL;
    size_t length, n_from = strlen(from);
    unsigned char *bytes = model_bytes_copy(model->bytes, model->length);
    (void)triage_model_metadata(model, &length);
    char *metadata = (char *)bytes + model_bytes_offset(bytes, SECTION_METADATA);
    char *place = memmem(metadata, length, from, n_from);
    assert_non_null(place);
    assert_true(strlen(to) <= n_from);
    memset(place, ' ', n_from);
    memcpy(place, to, strlen(to));
    model_bytes_repair(bytes, model->length);
    if (model_take_bytes(bytes, model->length, &copy, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return copy;
}

static void without_cuts_only_the_own_target_holds(void **state)
{
    (void)state;
    triage_model *model = easy_model(), *old = edited(model, "\"cuts\"", "\"rest\"");
    policy *p = policy_of(old, 0, NULL, 0);
    assert_int_equal(check_thresholds(p, model), 6);
    assert_int_equal(policy_n_evidence(p, 0, -1), 0);
    assert_int_equal(policy_n_evidence(p, 0, 3), 0);
    assert_true(policy_curve(p, 0, -1, 0.9).coverage == 0);
    policy_free(p);
    p = policy_of(old, 0.5, NULL, 0);
    for (size_t k = 0; k < 6; k++)
        assert_true(policy_threshold(p, 0, k) > 1);
    assert_true(policy_target_precision(p) == 0.5);
    policy_free(p);
    triage_model_free(old);
    triage_model_free(model);
}

static void damaged_metadata_is_refused(void **state)
{
    (void)state;
    triage_model *model = easy_model();
    size_t length;
    const char *metadata = triage_model_metadata(model, &length);
    const char *cuts = memmem(metadata, length, "\"category\":[[[", 14);
    assert_non_null(cuts);
    const char *end = cuts ? memmem(cuts, 500, "]]", 2) : NULL;
    assert_non_null(end);
    char *label = strndup(cuts, (size_t)(end + 2 - cuts));
    static const char *const faults[] = {
        "{}",
        "[[2,9,9]]",
        "[[.5,9,9]]",
        "[[0.9,0,0]]",
        "[[0.9,3,4]]",
        "[[0.9,3]]",
        "[[0.9,-3,1]]",
        "[[0.9,3,1,1]]",
        "[[\"a\",3,1]]",
        "[[0.9,3.5,1]]",
        "[[0.9,5000000000,1]]",
        "7,[[0.9,3,3]]",
        "[[-1,3,3]]",
        "[[0.5,50,9],[0.6,90,9]]",
        "[[0.6,50,9],[0.5,50,9]]",
        "[[0.6,50,9],[0.5,90,8]]",
        "[[0.6,50,9],[0.5,90,50]]",
        "[[0.6,50,9],[0.5,60,9]]", /* 60 tickets are worth one cut */
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        triage_error err;
        policy *p = NULL;
        policy_options options = {0};
        char bad_label[64];
        snprintf(bad_label, sizeof bad_label, "\"category\":[%s", faults[i]);
        triage_model *bad = edited(model, label, bad_label);
        triage_status status = policy_new(bad, &options, &p, &err);
        if (status != TRIAGE_ERROR_MODEL)
            fail_msg("%s was taken", faults[i]);
        assert_non_null(strstr(err.message, "metadata"));
        assert_null(p);
        triage_model_free(bad);
    }
    free(label);
    triage_model_free(model);
}

static void targets_out_of_range_are_refused(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(60, 1, 2, 1), TRIAGE_PRESET_WORDS);
    static const double targets[] = {-0.1, 1, 1.5, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        policy *p = NULL;
        policy_options options = {.target_precision = targets[i]};
        assert_int_equal(policy_new(model, &options, &p, NULL), TRIAGE_ERROR_ARGUMENT);
        assert_null(p);
    }
    policy_free(NULL);
    triage_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_own_target_gives_the_stored_thresholds),
        cmocka_unit_test(another_target_gives_what_training_would_have),
        cmocka_unit_test(the_own_policy_decides_as_the_model),
        cmocka_unit_test(retired_labels_get_nothing),
        cmocka_unit_test(what_retired_labels_leave_behind_is_no_evidence),
        cmocka_unit_test(with_all_labels_retired_nothing_is_masked),
        cmocka_unit_test(the_curve_trades_coverage_for_precision),
        cmocka_unit_test(without_cuts_only_the_own_target_holds),
        cmocka_unit_test(damaged_metadata_is_refused),
        cmocka_unit_test(targets_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
