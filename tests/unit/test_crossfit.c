/* SPDX-License-Identifier: MIT */
/* Cross-fitting: folds by words, and held-out scores from weights that never saw the ticket. */
#include "engine_inside.h"
#include "train/crossfit.h"

static const feature_options words = {.min_df = 1, .max_pairs = 1000};

static fit_options options_for(solver s)
{
    return (fit_options){.solver = s,
                         .n_folds = 3,
                         .n_epochs = 4,
                         .step = 1,
                         .lambda = s == SOLVER_SGD ? 0.1 : 1,
                         .seed = 1};
}

/* Fits the first field of `in` with the labels `labels`. */
static fit_field fit(const inside *in, const uint8_t *folds, const int32_t *labels, solver s,
                     uint32_t n_threads)
{
    fit_field field = {.labels = labels, .n_labels = in->n_labels, .options = options_for(s)};
    fit_job job = {.matrix = &in->matrix,
                   .space = &in->space,
                   .folds = folds,
                   .fields = &field,
                   .n_fields = 1,
                   .n_threads = n_threads};
    assert_int_equal(fit_run(&job, NULL), TRIAGE_OK);
    return field;
}

static void tickets_of_the_same_words_share_a_fold(void **state)
{
    (void)state;
    uint8_t folds[400], other[200];
    size_t counts[3] = {0};
    triage_dataset *dataset = new_dataset(1);
    for (uint32_t i = 0; i < 400; i++) {
        char text[64];
        snprintf(text, sizeof text, i < 200 ? "word%u and more" : "WORD%u, and... more", i % 200);
        add_ticket(dataset, text, (const char *[]){"a"});
    }
    inside in = inside_build(finished(dataset), &words);
    folds_assign(&in.c, in.docs, 400, 3, folds);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(folds[i], folds[i + 200]);
        counts[folds[i]]++;
    }
    for (size_t f = 0; f < 3; f++)
        assert_in_range(counts[f], 40, 95);
    /* A ticket's fold is its own, whatever the others are. */
    folds_assign(&in.c, in.docs + 200, 200, 3, other);
    assert_memory_equal(other, folds, 200);
    inside_free(&in);
}

/* If the label of a ticket changes, its own held-out score stays as it was, and some other's does
 * not. */
static void a_held_out_score_does_not_know_the_label(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(90, 1, 3, 1), &words);
    uint8_t folds[90];
    folds_assign(&in.c, in.docs, 90, 3, folds);
    for (solver s = SOLVER_SGD; s <= SOLVER_OPTIMUM; s++) {
        fit_field before = fit(&in, folds, in.labels, s, 1);
        for (size_t i = 0; i < 90; i += 13) {
            int32_t changed[90];
            size_t size = before.held_out.lanes * sizeof(float), n_moved = 0;
            memcpy(changed, in.labels, sizeof changed);
            changed[i] = (changed[i] + 1) % 3;
            fit_field after = fit(&in, folds, changed, s, 1);
            for (size_t j = 0; j < 90; j++) {
                bool is_same = memcmp(before.held_out.scores + j * before.held_out.lanes,
                                      after.held_out.scores + j * before.held_out.lanes, size) == 0;
                if (folds[j] == folds[i])
                    assert_true(is_same);
                n_moved += !is_same;
            }
            assert_true(n_moved > 0);
            fit_field_free(&after);
        }
        fit_field_free(&before);
    }
    inside_free(&in);
}

static void threads_do_not_change_the_fit(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(120, 1, 4, 1), &words);
    uint8_t folds[120];
    folds_assign(&in.c, in.docs, 120, 3, folds);
    fit_field one = fit(&in, folds, in.labels, SOLVER_SGD, 1);
    for (uint32_t n_threads = 2; n_threads <= 5; n_threads++) {
        fit_field many = fit(&in, folds, in.labels, SOLVER_SGD, n_threads);
        assert_memory_equal(one.model.own, many.model.own,
                            one.model.n_own * one.model.lanes * sizeof(float));
        assert_memory_equal(one.held_out.scores, many.held_out.scores,
                            120 * one.held_out.lanes * sizeof(float));
        fit_field_free(&many);
    }
    fit_field_free(&one);
    inside_free(&in);
}

static void tickets_without_a_label_are_scored_but_not_learnt(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(60, 1, 2, 1), &words);
    uint8_t folds[60];
    int32_t some[60];
    folds_assign(&in.c, in.docs, 60, 3, folds);
    for (size_t i = 0; i < 60; i++)
        some[i] = i % 2 ? in.labels[i] : TRIAGE_NO_LABEL;
    fit_field field = fit(&in, folds, some, SOLVER_SGD, 1);
    for (size_t i = 0; i < 60; i++)
        assert_int_equal(field.held_out.labels[i], some[i]);
    fit_field_free(&field);
    inside_free(&in);
}

/* All tickets in one fold: no weights are there that have not seen them, so nothing is held out. */
static void a_model_of_nothing_scores_nothing(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(30, 1, 2, 1), &words);
    uint8_t folds[30] = {0};
    for (solver s = SOLVER_SGD; s <= SOLVER_OPTIMUM; s++) {
        fit_field field = fit(&in, folds, in.labels, s, 1);
        for (size_t i = 0; i < 30; i++)
            assert_int_equal(field.held_out.labels[i], TRIAGE_NO_LABEL);
        fit_field_free(&field);
    }
    inside_free(&in);
}

static void a_trial_scores_one_fold_only(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(90, 1, 3, 1), &words);
    uint8_t folds[90];
    folds_assign(&in.c, in.docs, 90, 3, folds);
    fit_field field = {
        .labels = in.labels, .n_labels = in.n_labels, .options = options_for(SOLVER_SGD)};
    fit_job job = {.matrix = &in.matrix,
                   .space = &in.space,
                   .folds = folds,
                   .fields = &field,
                   .n_fields = 1,
                   .n_threads = 1,
                   .is_trial = true};
    assert_int_equal(fit_run(&job, NULL), TRIAGE_OK);
    for (size_t i = 0; i < 90; i++)
        assert_int_equal(field.held_out.labels[i], folds[i] == 0 ? in.labels[i] : TRIAGE_NO_LABEL);
    assert_null(field.model.own);
    fit_field_free(&field);
    inside_free(&in);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void it_can_be_cancelled(void **state)
{
    (void)state;
    inside in = inside_build(random_dataset(30, 1, 2, 1), &words);
    uint8_t folds[30] = {0};
    fit_field field = {
        .labels = in.labels, .n_labels = in.n_labels, .options = options_for(SOLVER_SGD)};
    fit_job job = {.matrix = &in.matrix,
                   .space = &in.space,
                   .folds = folds,
                   .fields = &field,
                   .n_fields = 1,
                   .n_threads = 2,
                   .advance = never};
    assert_int_equal(fit_run(&job, NULL), TRIAGE_ERROR_MEMORY);
    fit_field_free(&field);
    inside_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tickets_of_the_same_words_share_a_fold),
        cmocka_unit_test(a_held_out_score_does_not_know_the_label),
        cmocka_unit_test(threads_do_not_change_the_fit),
        cmocka_unit_test(tickets_without_a_label_are_scored_but_not_learnt),
        cmocka_unit_test(a_model_of_nothing_scores_nothing),
        cmocka_unit_test(a_trial_scores_one_fold_only),
        cmocka_unit_test(it_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
