/* SPDX-License-Identifier: MIT */
/* The choice of a recipe: its trials, the best of them, and data for which the answer is known. */
#include "engine_inside.h"
#include "train/choose.h"

#include <math.h>

static bool go_on(void *context, const triage_train_progress *progress)
{
    (void)progress;
    return !context || --*(int *)context > 0;
}

/* Chooses for the first field of `in`; `n_calls` (NULL: any number) of progress are allowed. */
static triage_status choose(const inside *in, uint32_t n_threads, int *n_calls, choice *ret_choice)
{
    triage_train_options options = {
        .seed = 1, .n_threads = n_threads, .on_progress = go_on, .context = n_calls};
    int32_t *labels[] = {in->labels};
    labelled_docs data = {.c = &in->c,
                          .docs = in->docs,
                          .n = in->n,
                          .labels = labels,
                          .n_labels = &in->n_labels,
                          .n_fields = 1};
    watch w;
    watch_init(&w, &options);
    return choose_recipe(&data, &options, &w, ret_choice, NULL);
}

static inside inside_of(triage_dataset *dataset)
{
    return inside_build(dataset, &(feature_options){.min_df = 1});
}

static void the_best_trial_has_the_lowest_loss(void **state)
{
    (void)state;
    inside in = inside_of(random_dataset(200, 1, 4, 1));
    choice c;
    assert_int_equal(choose(&in, 2, NULL, &c), TRIAGE_OK);
    assert_int_equal(c.n_sample, 200);
    assert_in_range(c.n_trials, 4, CHOOSE_MAX_TRIALS);
    for (size_t i = 0; i < c.n_trials; i++) {
        assert_true(c.trials[i].log_loss >= c.trials[c.best].log_loss);
        assert_true(c.trials[i].log_loss > 0 && c.trials[i].log_loss < log(4) + 0.1);
        assert_true(c.trials[i].accuracy > 0 && c.trials[i].accuracy <= 1);
        assert_non_null(c.trials[i].recipe.name);
    }
    inside_free(&in);
}

/* The last two trials are the best recipe before them with a stronger and a weaker penalty. */
static void the_penalty_is_varied_around_the_best(void **state)
{
    (void)state;
    inside in = inside_of(random_dataset(150, 1, 3, 2));
    choice c;
    assert_int_equal(choose(&in, 1, NULL, &c), TRIAGE_OK);
    size_t first = c.n_trials - 2, best = 0;
    for (size_t i = 1; i < first; i++)
        best = c.trials[i].log_loss < c.trials[best].log_loss ? i : best;
    const recipe *base = &c.trials[best].recipe;
    assert_true(c.trials[first].recipe.fit.lambda > base->fit.lambda);
    assert_true(c.trials[first + 1].recipe.fit.lambda < base->fit.lambda);
    for (size_t i = first; i < c.n_trials; i++) {
        assert_ptr_equal(c.trials[i].recipe.name, base->name);
        assert_int_equal(c.trials[i].recipe.features.char_max, base->features.char_max);
    }
    inside_free(&in);
}

static void threads_do_not_change_the_choice(void **state)
{
    (void)state;
    inside in = inside_of(random_dataset(150, 1, 3, 3));
    choice one, many;
    assert_int_equal(choose(&in, 1, NULL, &one), TRIAGE_OK);
    assert_int_equal(choose(&in, 4, NULL, &many), TRIAGE_OK);
    assert_int_equal(many.best, one.best);
    assert_int_equal(many.n_trials, one.n_trials);
    for (size_t i = 0; i < one.n_trials; i++)
        assert_true(one.trials[i].log_loss == many.trials[i].log_loss &&
                    one.trials[i].accuracy == many.trials[i].accuracy);
    inside_free(&in);
}

/* Words that never come again, whose beginnings tell the label: only characters can know. */
static void characters_are_picked_where_only_they_can_know(void **state)
{
    (void)state;
    rng r = {3};
    triage_dataset *dataset = new_dataset(1);
    for (uint32_t i = 0; i < 400; i++) {
        char text[128], tail[6] = "";
        for (size_t j = 0; j < 5; j++)
            tail[j] = (char)('a' + rng_below(&r, 26));
        snprintf(text, sizeof text, "the %s%s is", i % 2 ? "drucker" : "passwort", tail);
        add_ticket(dataset, text, (const char *[]){i % 2 ? "hardware" : "access"});
    }
    inside in = inside_of(finished(dataset));
    choice c;
    assert_int_equal(choose(&in, 2, NULL, &c), TRIAGE_OK);
    assert_true(c.trials[c.best].recipe.features.char_max > 0);
    assert_true(c.trials[c.best].accuracy > 0.95);
    inside_free(&in);
}

static void a_large_set_is_sampled(void **state)
{
    (void)state;
    inside in = inside_of(random_dataset(9100, 1, 2, 4));
    choice c;
    assert_int_equal(choose(&in, 2, NULL, &c), TRIAGE_OK);
    assert_in_range(c.n_sample, 4000, 9000);
    inside_free(&in);
}

static void it_can_be_cancelled(void **state)
{
    (void)state;
    inside in = inside_of(random_dataset(40, 1, 2, 1));
    for (int n_calls = 1; n_calls < 4; n_calls++) {
        choice c = {.n_sample = 7};
        int left = n_calls;
        assert_int_equal(choose(&in, 1, &left, &c), TRIAGE_ERROR_MEMORY);
        assert_int_equal(c.n_sample, 7);
    }
    inside_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_trial_has_the_lowest_loss),
        cmocka_unit_test(the_penalty_is_varied_around_the_best),
        cmocka_unit_test(threads_do_not_change_the_choice),
        cmocka_unit_test(characters_are_picked_where_only_they_can_know),
        cmocka_unit_test(a_large_set_is_sampled),
        cmocka_unit_test(it_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
