/* SPDX-License-Identifier: MIT */
/* When the choice of an earlier model is taken over, and that nothing else is. */
#include "train/train_again.h"

#include "engine_support.h"

typedef struct heard {
    bool has_chosen;
} heard;

static bool listen(void *context, const triage_train_progress *progress)
{
    heard *h = context;
    if (strcmp(progress->stage, "choose features") == 0)
        h->has_chosen = true;
    return true;
}

/* Trains on `n` tickets; says whether features were chosen. */
static triage_model *train(size_t n, triage_preset preset, uint64_t seed,
                           const triage_model *previous, bool *ret_has_chosen)
{
    triage_error err;
    triage_model *model = NULL;
    heard h = {0};
    triage_dataset *dataset = random_dataset(n, 1, 4, 7);
    triage_train_options options = options_of(preset, 2);
    options.seed = seed;
    options.on_progress = listen;
    options.context = &h;
    if (train_again(dataset, &options, previous, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_dataset_free(dataset);
    *ret_has_chosen = h.has_chosen;
    return model;
}

static void sha_of(const triage_model *model, char ret_hex[65])
{
    triage_model_sha256(model, ret_hex);
}

/* From generation to generation, and with the features that were chosen. */
static void test_choice_is_inherited(void **state)
{
    (void)state;
    bool has_chosen;
    triage_model *first = train(200, TRIAGE_PRESET_AUTO, 1, NULL, &has_chosen);
    assert_true(has_chosen);
    triage_model *second = train(210, TRIAGE_PRESET_AUTO, 1, first, &has_chosen);
    assert_false(has_chosen);
    triage_model *third = train(210, TRIAGE_PRESET_AUTO, 1, second, &has_chosen);
    assert_false(has_chosen);
    char a[65], b[65];
    sha_of(second, a);
    sha_of(third, b);
    assert_string_equal(a, b);
    triage_model_free(first);
    triage_model_free(second);
    triage_model_free(third);
}

/* On the same tickets the inherited choice gives what choosing gives. */
static void test_the_weights_are_the_same(void **state)
{
    (void)state;
    bool has_chosen;
    triage_model *chosen = train(200, TRIAGE_PRESET_AUTO, 1, NULL, &has_chosen);
    triage_model *inherited = train(200, TRIAGE_PRESET_AUTO, 1, chosen, &has_chosen);
    triage_dataset *texts = random_dataset(100, 1, 4, 9);
    triage_predictor *a = predictor_of(chosen), *b = predictor_of(inherited);
    for (size_t i = 0; i < triage_dataset_size(texts); i++) {
        triage_error err;
        triage_outcome x, y;
        size_t length;
        const char *text = triage_dataset_text(texts, i, &length);
        assert_int_equal(triage_predict(a, text, length, &x, &err), TRIAGE_OK);
        assert_int_equal(triage_predict(b, text, length, &y, &err), TRIAGE_OK);
        assert_int_equal(x.label, y.label);
        assert_float_equal(x.confidence, y.confidence, 1e-5);
    }
    triage_predictor_free(a);
    triage_predictor_free(b);
    triage_dataset_free(texts);
    triage_model_free(chosen);
    triage_model_free(inherited);
}

static void test_other_circumstances_choose_anew(void **state)
{
    (void)state;
    bool has_chosen;
    triage_model *first = train(200, TRIAGE_PRESET_AUTO, 1, NULL, &has_chosen);
    triage_model *words = train(200, TRIAGE_PRESET_WORDS, 1, NULL, &has_chosen);
    assert_false(has_chosen);
    const struct {
        const triage_model *previous;
        size_t n;
        uint64_t seed;
        bool chooses;
    } rows[] = {{first, 250, 1, false}, {first, 251, 1, true}, {first, 150, 1, false},
                {first, 149, 1, true},  {first, 200, 2, true}, {words, 200, 1, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        triage_model *model =
            train(rows[i].n, TRIAGE_PRESET_AUTO, rows[i].seed, rows[i].previous, &has_chosen);
        assert_int_equal(has_chosen, rows[i].chooses);
        triage_model_free(model);
    }
    triage_model_free(first);
    triage_model_free(words);
}

/* Small steps count from where the choice was made, not from the last model. */
static void test_growth_adds_up(void **state)
{
    (void)state;
    bool has_chosen;
    triage_model *first = train(200, TRIAGE_PRESET_AUTO, 1, NULL, &has_chosen);
    triage_model *second = train(240, TRIAGE_PRESET_AUTO, 1, first, &has_chosen);
    assert_false(has_chosen);
    triage_model *third = train(270, TRIAGE_PRESET_AUTO, 1, second, &has_chosen);
    assert_true(has_chosen);
    triage_model_free(first);
    triage_model_free(second);
    triage_model_free(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice_is_inherited),
        cmocka_unit_test(test_the_weights_are_the_same),
        cmocka_unit_test(test_other_circumstances_choose_anew),
        cmocka_unit_test(test_growth_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
