/* SPDX-License-Identifier: MIT */
/* triage_evaluate(): fields and labels by name, every ticket counted once, any number of threads.
 */
#include "base/rng.h"
#include "triage/evaluate.h"
#include "triage/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_TRAIN 300
#define N_TEST  1300 /* three tasks, the last one not full */

static const char *const categories[] = {"Access", "Hardware", "Storage"};
static const char *const priorities[] = {"high", "low"};

/* Words that speak for the category and for the priority, and some that do not. */
static void make_text(rng *r, uint32_t category, uint32_t priority, char text[128])
{
    static const char *const words[3][3] = {{"password", "login", "account"},
                                            {"laptop", "screen", "keyboard"},
                                            {"disk", "quota", "folder"}};
    static const char *const hurry[2] = {"urgent outage", "whenever"};
    uint32_t said = rng_below(r, 8) == 0 ? rng_below(r, 3) : category;
    snprintf(text, 128, "hello %s number %u %s thanks", words[said][rng_below(r, 3)],
             rng_below(r, 50), hurry[priority]);
}

static triage_dataset *make_dataset(size_t n, uint64_t seed, const char *const *fields,
                                    size_t n_fields, bool has_strange)
{
    rng r = {.state = seed};
    triage_dataset *dataset;
    triage_error err;
    assert_int_equal(triage_dataset_new(fields, n_fields, &dataset, &err), TRIAGE_OK);
    for (size_t i = 0; i < n; i++) {
        char text[128];
        uint32_t category = rng_below(&r, 3), priority = rng_below(&r, 2);
        make_text(&r, category, priority, text);
        const char *labels[] = {categories[category], i % 4 ? priorities[priority] : NULL};
        if (has_strange && i % 10 == 0)
            labels[0] = i % 20 ? "Canteen" : "Zoo";
        assert_int_equal(triage_dataset_add(dataset, text, strlen(text), labels, &err), TRIAGE_OK);
    }
    assert_int_equal(triage_dataset_finish(dataset, &err), TRIAGE_OK);
    return dataset;
}

typedef struct fixture {
    triage_model *model;
    triage_dataset *tickets;
} fixture;

static const char *const both_fields[] = {"category", "priority"};

static int setup(void **state)
{
    static fixture f;
    triage_error err;
    triage_train_options options = triage_train_options_default();
    options.preset = TRIAGE_PRESET_WORDS;
    options.target_precision = 0.8;
    triage_dataset *train = make_dataset(N_TRAIN, 1, both_fields, 2, false);
    assert_int_equal(triage_train(train, &options, &f.model, &err), TRIAGE_OK);
    triage_dataset_free(train);
    f.tickets = make_dataset(N_TEST, 2, both_fields, 2, true);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    triage_dataset_free(f->tickets);
    triage_model_free(f->model);
    return 0;
}

static triage_evaluation *evaluate(const fixture *f, const triage_dataset *tickets,
                                   uint32_t n_threads)
{
    triage_evaluation *evaluation;
    triage_error err;
    assert_int_equal(triage_evaluate(f->model, tickets, n_threads, &evaluation, &err), TRIAGE_OK);
    return evaluation;
}

/* The same figures by hand, one ticket after the other. */
static void test_agrees_with_predictions_one_by_one(void **state)
{
    const fixture *f = *state;
    triage_evaluation *evaluation = evaluate(f, f->tickets, 2);
    const triage_field_metrics *m = triage_evaluation_field(evaluation, 0);
    triage_predictor *predictor;
    triage_error err;
    triage_outcome outcomes[2];
    uint64_t n_right = 0, n_auto = 0;
    double loss = 0;
    assert_int_equal(triage_predictor_new(f->model, &predictor, &err), TRIAGE_OK);
    for (size_t i = 0; i < N_TEST; i++) {
        size_t length;
        const char *text = triage_dataset_text(f->tickets, i, &length);
        const char *truth = triage_dataset_label_name(
            f->tickets, 0, (size_t)triage_dataset_label(f->tickets, 0, i));
        assert_int_equal(triage_predict(predictor, text, length, outcomes, &err), TRIAGE_OK);
        const float *p = triage_predictor_probabilities(predictor, 0);
        double p_truth = 1e-15;
        for (size_t l = 0; l < triage_model_n_labels(f->model, 0); l++)
            if (strcmp(triage_model_label_name(f->model, 0, l), truth) == 0)
                p_truth = (double)p[l];
        loss -= log(p_truth);
        n_right += strcmp(triage_model_label_name(f->model, 0, outcomes[0].label), truth) == 0;
        n_auto += outcomes[0].decision == TRIAGE_AUTO;
    }
    triage_predictor_free(predictor);
    assert_int_equal(m->n_tickets, N_TEST);
    assert_true(fabs(m->accuracy - (double)n_right / N_TEST) < 1e-12);
    assert_true(fabs(m->auto_coverage - (double)n_auto / N_TEST) < 1e-12);
    assert_true(fabs(m->log_loss - loss / N_TEST) < 1e-9);
    assert_true(n_right > N_TEST / 2 && n_auto > 0);
    assert_true(fabs(m->target_precision - 0.8) < 1e-12);
    triage_evaluation_free(evaluation);
}

static void test_unknown_labels_follow_the_known_ones(void **state)
{
    const fixture *f = *state;
    triage_evaluation *evaluation = evaluate(f, f->tickets, 1);
    const triage_field_metrics *m = triage_evaluation_field(evaluation, 0);
    static const char *const expected[] = {"Access", "Hardware", "Storage", "Canteen", "Zoo"};
    assert_int_equal(m->n_labels, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(m->labels[i].label, expected[i]);
    assert_int_equal(m->n_unknown_labels, N_TEST / 10);
    assert_int_equal(m->labels[3].support, N_TEST / 20);
    assert_int_equal(m->labels[3].n_predicted, 0);
    triage_evaluation_free(evaluation);
}

static void test_tickets_without_a_label_are_left_out(void **state)
{
    const fixture *f = *state;
    triage_evaluation *evaluation = evaluate(f, f->tickets, 1);
    assert_int_equal(triage_evaluation_n_fields(evaluation), 2);
    const triage_field_metrics *m = triage_evaluation_field(evaluation, 1);
    assert_string_equal(m->name, "priority");
    assert_int_equal(m->n_tickets, N_TEST - N_TEST / 4);
    size_t n;
    const triage_mistake *mistakes = triage_evaluation_mistakes(evaluation, 1, &n);
    for (size_t i = 0; i < n; i++)
        assert_true(mistakes[i].ticket % 4 != 0 && mistakes[i].ticket < N_TEST);
    triage_evaluation_free(evaluation);
}

static void test_mistakes_name_their_tickets(void **state)
{
    const fixture *f = *state;
    triage_evaluation *evaluation = evaluate(f, f->tickets, 2);
    const triage_field_metrics *m = triage_evaluation_field(evaluation, 0);
    size_t n;
    const triage_mistake *mistakes = triage_evaluation_mistakes(evaluation, 0, &n);
    assert_true(n >= N_TEST / 10);
    for (size_t i = 0; i < n; i++) {
        size_t label = (size_t)triage_dataset_label(f->tickets, 0, mistakes[i].ticket);
        assert_string_equal(m->labels[mistakes[i].truth].label,
                            triage_dataset_label_name(f->tickets, 0, label));
    }
    triage_evaluation_free(evaluation);
}

static void test_same_for_any_number_of_threads(void **state)
{
    const fixture *f = *state;
    triage_evaluation *one = evaluate(f, f->tickets, 1), *many = evaluate(f, f->tickets, 7);
    for (size_t i = 0; i < 2; i++) {
        const triage_field_metrics *a = triage_evaluation_field(one, i);
        const triage_field_metrics *b = triage_evaluation_field(many, i);
        size_t n_a, n_b;
        const triage_mistake *mistakes = triage_evaluation_mistakes(one, i, &n_a);
        const triage_mistake *same = triage_evaluation_mistakes(many, i, &n_b);
        assert_int_equal(n_a, n_b);
        assert_memory_equal(a->reliability, b->reliability, sizeof a->reliability);
        assert_memory_equal(a->confusion, b->confusion,
                            a->n_labels * a->n_labels * sizeof *a->confusion);
        assert_true(a->log_loss == b->log_loss && a->ece == b->ece);
        for (size_t j = 0; j < n_a; j++)
            assert_int_equal(mistakes[j].ticket, same[j].ticket);
    }
    triage_evaluation_free(one);
    triage_evaluation_free(many);
}

static void test_fields_are_matched_by_name(void **state)
{
    const fixture *f = *state;
    static const char *const swapped[] = {"priority", "unheard"};
    triage_dataset *tickets = make_dataset(50, 3, swapped, 2, false);
    triage_evaluation *evaluation = evaluate(f, tickets, 1);
    assert_int_equal(triage_evaluation_n_fields(evaluation), 1);
    /* Its labels are the categories, of which the field of this name knows none. */
    const triage_field_metrics *m = triage_evaluation_field(evaluation, 0);
    assert_string_equal(m->name, "priority");
    assert_int_equal(m->n_unknown_labels, 50);
    assert_true(m->accuracy == 0);
    triage_evaluation_free(evaluation);
    triage_dataset_free(tickets);
}

static void test_no_field_in_common_is_told(void **state)
{
    const fixture *f = *state;
    static const char *const strange[] = {"mood"};
    triage_dataset *tickets = make_dataset(5, 3, strange, 1, false);
    triage_evaluation *evaluation = NULL;
    triage_error err;
    assert_int_equal(triage_evaluate(f->model, tickets, 1, &evaluation, &err), TRIAGE_ERROR_DATA);
    assert_non_null(strstr(err.message, "category"));
    assert_non_null(strstr(err.message, "mood"));
    assert_null(evaluation);
    triage_dataset_free(tickets);
    triage_evaluation_free(NULL);
}

static void test_no_tickets(void **state)
{
    const fixture *f = *state;
    triage_dataset *tickets = make_dataset(0, 3, both_fields, 2, false);
    triage_evaluation *evaluation = evaluate(f, tickets, 2);
    assert_int_equal(triage_evaluation_field(evaluation, 0)->n_tickets, 0);
    assert_int_equal(triage_evaluation_field(evaluation, 0)->n_labels, 3);
    triage_evaluation_free(evaluation);
    triage_dataset_free(tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_predictions_one_by_one),
        cmocka_unit_test(test_unknown_labels_follow_the_known_ones),
        cmocka_unit_test(test_tickets_without_a_label_are_left_out),
        cmocka_unit_test(test_mistakes_name_their_tickets),
        cmocka_unit_test(test_same_for_any_number_of_threads),
        cmocka_unit_test(test_fields_are_matched_by_name),
        cmocka_unit_test(test_no_field_in_common_is_told),
        cmocka_unit_test(test_no_tickets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
