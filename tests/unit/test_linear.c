/* SPDX-License-Identifier: MIT */
/* The linear model: its scores against the formula in linear.h, in double precision. */
#include "engine_inside.h"
#include "train/linear.h"

#include <math.h>

static double expected_score(const linear_model *m, const feature_space *space,
                             const example_set *set, size_t i, size_t k)
{
    const spelling_rows *s = &space->spellings;
    double score = (double)m->bias[k];
    for (uint64_t j = set->own.offsets[i]; j < set->own.offsets[i + 1]; j++)
        score += (double)set->own.values[j] * (double)m->own[set->own.ids[j] * m->lanes + k];
    for (uint64_t j = set->spelled.offsets[i]; j < set->spelled.offsets[i + 1]; j++) {
        double inner = 0;
        uint32_t id = set->spelled.ids[j];
        for (uint64_t g = s->offsets[id]; g < s->offsets[id + 1]; g++)
            inner += (double)s->values[g] * (double)m->grams[s->grams[g] * m->lanes + k];
        score += (double)space->options.char_weight * (double)set->spelled.values[j] * inner;
    }
    return score;
}

static void scores_are_those_of_the_formula(void **state)
{
    (void)state;
    static const uint32_t n_labels[] = {2, 8, 20};
    rng r = {1};
    for (size_t m = 0; m < 3; m++) {
        inside in = inside_build(
            random_dataset(40, 1, n_labels[m], 1),
            &(feature_options){
                .min_df = 2, .max_pairs = 50, .char_min = 3, .char_max = 5, .char_weight = 0.7f});
        example_set set = inside_examples(&in);
        linear_model model;
        float *scores = aligned_alloc(64, 64 * sizeof *scores);
        assert_true(linear_model_new(&in.space, in.n_labels, &model));
        for (size_t k = 0; k < model.n_labels; k++) {
            model.bias[k] = (float)rng_below(&r, 100) / 50 - 1;
            for (size_t f = 0; f < model.n_own; f++)
                model.own[f * model.lanes + k] = (float)rng_below(&r, 100) / 50 - 1;
            for (size_t g = 0; g < model.n_grams; g++)
                model.grams[g * model.lanes + k] = (float)rng_below(&r, 100) / 50 - 1;
        }
        for (size_t i = 0; i < set.own.n; i++) {
            linear_model_score(&model, kernels_get(), &in.space, &set, i, scores);
            for (size_t k = 0; k < model.n_labels; k++)
                assert_true(
                    fabs((double)scores[k] - expected_score(&model, &in.space, &set, i, k)) < 1e-5);
            for (size_t k = model.n_labels; k < model.lanes; k++)
                assert_true(scores[k] == 0);
        }
        free(scores);
        linear_model_free(&model);
        linear_model_free(&model);
        example_set_free(&set);
        inside_free(&in);
    }
}

static void a_new_model_is_zero_and_aligned(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(10, 1, 2, 1), &(feature_options){.min_df = 1});
    linear_model model;
    assert_true(linear_model_new(&in.space, 9, &model));
    assert_int_equal(model.lanes, 16);
    assert_int_equal(model.n_own, in.space.words.table.n);
    assert_int_equal((uintptr_t)model.own % 64 + (uintptr_t)model.bias % 64, 0);
    for (size_t i = 0; i < model.n_own * 16; i++)
        assert_true(model.own[i] == 0);
    linear_model_free(&model);
    inside_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_formula),
        cmocka_unit_test(a_new_model_is_zero_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
