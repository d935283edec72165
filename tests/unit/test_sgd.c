/* SPDX-License-Identifier: MIT */
/* Gradient descent: near the exact optimum after many passes, the same every time, and stoppable.
 */
#include "engine_inside.h"
#include "train/objective.h"
#include "train/sgd.h"

#include <math.h>

static double loss_of(const inside *in, const example_set *set, const linear_model *model,
                      double lambda)
{
    const kernels *k = kernels_get();
    float *scores = aligned_alloc(64, 64 * sizeof *scores);
    double loss = 0;
    for (size_t i = 0; i < set->own.n; i++) {
        linear_model_score(model, k, &in->space, set, i, scores);
        k->softmax(scores, model->lanes, model->n_labels);
        loss -= log(fmax((double)scores[set->labels[i]], 1e-30));
    }
    for (size_t i = 0; i < model->n_own * model->lanes; i++)
        loss += lambda / 2 * (double)model->own[i] * (double)model->own[i];
    for (size_t i = 0; i < model->n_grams * model->lanes; i++)
        loss += lambda / 2 * (double)model->grams[i] * (double)model->grams[i];
    free(scores);
    return loss;
}

static linear_model train(const inside *in, const example_set *set, const sgd_options *options)
{
    linear_model model;
    assert_true(linear_model_new(&in->space, in->n_labels, &model));
    assert_true(sgd_train(&model, &in->space, set, options, NULL, NULL));
    return model;
}

static void many_passes_come_near_the_optimum(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(120, 1, 3, 1),
                             &(feature_options){.min_df = 1, .max_pairs = 100});
    example_set set = inside_examples(&in);
    linear_model exact, none;
    assert_true(linear_model_new(&in.space, in.n_labels, &exact));
    assert_true(linear_model_new(&in.space, in.n_labels, &none));
    assert_true(optimum_train(&exact, &set, 1));
    linear_model near = train(&in, &set, &(sgd_options){.n_epochs = 2000, .step = 1, .lambda = 1});
    double best = loss_of(&in, &set, &exact, 1), found = loss_of(&in, &set, &near, 1),
           start = loss_of(&in, &set, &none, 1);
    assert_true(best < start - 10);
    assert_true(found >= best - 1e-3 && found < best + 0.01 * (start - best));
    linear_model_free(&exact);
    linear_model_free(&none);
    linear_model_free(&near);
    example_set_free(&set);
    inside_free(&in);
}

/* With character n-grams there is no exact solver to compare with: more passes are better. */
static void ngrams_are_learnt_with_the_words(void **state)
{
    (void)state;
    inside in = inside_build(
        random_dataset(120, 1, 3, 1),
        &(feature_options){.min_df = 3, .char_min = 3, .char_max = 4, .char_weight = 1});
    example_set set = inside_examples(&in);
    double last = INFINITY, moved = 0;
    for (uint32_t n_epochs = 1; n_epochs <= 256; n_epochs *= 4) {
        linear_model model =
            train(&in, &set, &(sgd_options){.n_epochs = n_epochs, .step = 0.5f, .lambda = 0.1});
        double loss = loss_of(&in, &set, &model, 0.1);
        assert_true(loss < last);
        last = loss;
        for (size_t i = 0; i < model.n_grams * model.lanes; i++)
            moved += fabs((double)model.grams[i]);
        linear_model_free(&model);
    }
    assert_true(in.space.grams.table.n > 10 && moved > 1);
    example_set_free(&set);
    inside_free(&in);
}

/* A penalty so strong that the scale of the weights must be multiplied in many times. */
static void a_strong_penalty_leaves_small_weights(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(50, 1, 2, 1), &(feature_options){.min_df = 1});
    example_set set = inside_examples(&in);
    linear_model model = train(&in, &set, &(sgd_options){.n_epochs = 200, .step = 1, .lambda = 25});
    for (size_t i = 0; i < model.n_own * model.lanes; i++)
        assert_true(fabs((double)model.own[i]) < 1);
    linear_model_free(&model);
    example_set_free(&set);
    inside_free(&in);
}

static void padding_lanes_do_not_matter(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(60, 1, 3, 1), &(feature_options){.min_df = 1});
    example_set set = inside_examples(&in);
    linear_model model = train(&in, &set, &(sgd_options){.n_epochs = 3, .step = 1, .lambda = 0.1});
    for (size_t f = 0; f < model.n_own; f++)
        for (size_t lane = 3; lane < model.lanes; lane++)
            assert_true(model.own[f * model.lanes + lane] == 0 && model.bias[lane] == 0);
    linear_model_free(&model);
    example_set_free(&set);
    inside_free(&in);
}

static bool stop_at_second(void *context)
{
    return ++*(int *)context < 2;
}

static void it_can_be_cancelled(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(20, 1, 2, 1), &(feature_options){.min_df = 1});
    example_set set = inside_examples(&in);
    linear_model model;
    int n_epochs = 0;
    assert_true(linear_model_new(&in.space, in.n_labels, &model));
    assert_false(sgd_train(&model, &in.space, &set,
                           &(sgd_options){.n_epochs = 9, .step = 1, .lambda = 0.1}, stop_at_second,
                           &n_epochs));
    assert_int_equal(n_epochs, 2);
    linear_model_free(&model);
    example_set_free(&set);
    inside_free(&in);
}

static void no_ticket_leaves_a_model_that_knows_nothing(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(20, 1, 2, 1), &(feature_options){.min_df = 1});
    example_set set;
    assert_true(example_set_build(&in.matrix, &in.space, NULL, 0, in.labels, NULL, &set));
    linear_model model = train(&in, &set, &(sgd_options){.n_epochs = 3, .step = 1, .lambda = 0.1});
    for (size_t i = 0; i < model.n_own * model.lanes; i++)
        assert_true(model.own[i] == 0);
    linear_model_free(&model);
    example_set_free(&set);
    inside_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_passes_come_near_the_optimum),
        cmocka_unit_test(ngrams_are_learnt_with_the_words),
        cmocka_unit_test(a_strong_penalty_leaves_small_weights),
        cmocka_unit_test(padding_lanes_do_not_matter),
        cmocka_unit_test(it_can_be_cancelled),
        cmocka_unit_test(no_ticket_leaves_a_model_that_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
