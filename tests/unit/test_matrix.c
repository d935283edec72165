/* SPDX-License-Identifier: MIT */
/* Rows of features: their values by hand, unit length, and what a fold does not know. */
#include "engine_inside.h"

#include <math.h>

static const ticket_row rows[] = {
    {"printer printer jam", {"a"}}, {"mail jam", {"b"}}, {"", {"b"}}, {"mail", {NULL}}};

/* The value of feature `id` in row `i`; 0 if it has none. */
static double value_of(const sparse_rows *m, size_t i, uint32_t id)
{
    for (uint64_t j = m->offsets[i]; j < m->offsets[i + 1]; j++)
        if (m->ids[j] == id)
            return (double)m->values[j];
    return 0;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static double squares(const sparse_rows *m, size_t i)
{
    double sum = 0;
    for (uint64_t j = m->offsets[i]; j < m->offsets[i + 1]; j++)
        sum += (double)m->values[j] * (double)m->values[j];
    return sum;
}

static void values_are_tf_times_idf(void **state)
{
    (void)state;
    for (int is_sublinear = 0; is_sublinear < 2; is_sublinear++) {
        inside in = inside_build(dataset_of(rows, 4, 1),
                                 &(feature_options){.min_df = 1, .is_sublinear = is_sublinear});
        double twice = is_sublinear ? 1 + log(2) : 2;
        assert_int_equal(in.matrix.own.n, 4);
        assert_int_equal(in.matrix.own.offsets[4], 5);
        assert_true(is_near(value_of(&in.matrix.own, 0, inside_word(&in, "printer")),
                            twice * (log(5.0 / 2) + 1)));
        assert_true(
            is_near(value_of(&in.matrix.own, 0, inside_word(&in, "jam")), log(5.0 / 3) + 1));
        assert_int_equal(in.matrix.own.offsets[2], in.matrix.own.offsets[3]);
        assert_int_equal(in.matrix.spelled.offsets[4], 0);
        inside_free(&in);
    }
}

/* A ticket of such words is an empty one, also to the predictor. */
static void too_frequent_words_have_no_value(void **state)
{
    (void)state;
    inside in = inside_build(
        dataset_of(rows, 4, 1),
        &(feature_options){
            .min_df = 1, .max_df = 0.3, .char_min = 3, .char_max = 3, .char_weight = 1});
    assert_int_equal(in.matrix.own.offsets[1], 1);
    assert_int_equal(in.matrix.own.ids[0], inside_word(&in, "printer"));
    assert_int_equal(in.matrix.own.offsets[4], 1);
    assert_int_equal(in.matrix.spelled.offsets[4], 1);
    inside_free(&in);
}

static void examples_have_unit_length(void **state)
{
    (void)state;
    inside in = inside_build(dataset_of(rows, 4, 1), &(feature_options){.min_df = 1});
    static const uint32_t places[] = {3, 0, 2};
    example_set set;
    assert_true(example_set_build(&in.matrix, &in.space, places, 3, in.labels, NULL, &set));
    assert_int_equal(set.own.n, 3);
    assert_int_equal(set.labels[0], TRIAGE_NO_LABEL);
    assert_int_equal(set.labels[1], 0);
    assert_int_equal(set.labels[2], 1);
    assert_true(is_near(squares(&set.own, 0), 1));
    assert_true(is_near(squares(&set.own, 1), 1));
    assert_true(squares(&set.own, 2) == 0); /* an empty text stays one */
    assert_true(is_near(value_of(&set.own, 1, inside_word(&in, "printer")) /
                            value_of(&set.own, 1, inside_word(&in, "jam")),
                        2 * (log(5.0 / 2) + 1) / (log(5.0 / 3) + 1)));
    example_set_free(&set);
    assert_true(example_set_build(&in.matrix, &in.space, places, 3, NULL, NULL, &set));
    assert_int_equal(set.labels[1], TRIAGE_NO_LABEL);
    example_set_free(&set);
    inside_free(&in);
}

static void what_a_fold_does_not_know_is_dropped(void **state)
{
    (void)state;
    inside in = inside_build(dataset_of(rows, 4, 1), &(feature_options){.min_df = 1});
    static const uint32_t training[] = {1, 3}, held_out[] = {0};
    uint8_t *known = known_features(&in.matrix, &in.space, training, 2);
    assert_non_null(known);
    assert_true(known[inside_word(&in, "mail")] && known[inside_word(&in, "jam")]);
    assert_false(known[inside_word(&in, "printer")]);
    example_set set;
    assert_true(example_set_build(&in.matrix, &in.space, held_out, 1, NULL, known, &set));
    assert_int_equal(set.own.offsets[1], 1);
    assert_true(is_near(value_of(&set.own, 0, inside_word(&in, "jam")), 1));
    example_set_free(&set);
    free(known);
    inside_free(&in);
}

static void a_fold_has_its_own_document_frequencies(void **state)
{
    (void)state;
    inside in = inside_build(dataset_of(rows, 4, 1), &(feature_options){.min_df = 2});
    static const uint32_t training[] = {0, 1};
    uint8_t *known = known_features(&in.matrix, &in.space, training, 2);
    assert_true(known[inside_word(&in, "jam")]);
    assert_false(known[inside_word(&in, "mail")]);
    free(known);
    inside_free(&in);
}

/* Known words and, once for each time, unknown ones; together of unit length with the pairs. */
static void spellings_count_in_the_length(void **state)
{
    (void)state;
    static const ticket_row some[] = {{"toner toner tonerx tonerx", {"a"}}, {"toner", {"a"}}};
    inside in = inside_build(
        dataset_of(some, 2, 1),
        &(feature_options){.min_df = 2, .char_min = 3, .char_max = 4, .char_weight = 1});
    example_set set = inside_examples(&in);
    assert_int_equal(in.matrix.own.offsets[1], 1);
    assert_int_equal(in.matrix.spelled.offsets[1], 3);
    double known = 2 * 1.0, rare = log(3.0 / 2) + 1, length = sqrt(known * known + 2 * rare * rare);
    assert_true(is_near(value_of(&set.own, 0, 0), known / length));
    assert_true(is_near(value_of(&set.spelled, 0, 0), known / length));
    assert_true(is_near(value_of(&set.spelled, 0, 1), rare / length));
    assert_true(is_near(squares(&set.own, 1), 1));
    example_set_free(&set);
    inside_free(&in);
}

/* More tickets than one task takes. */
static void threads_do_not_change_the_rows(void **state)
{
    (void)state;
    inside in = inside_build(
        random_dataset(9000, 1, 5, 1),
        &(feature_options){
            .min_df = 1, .max_pairs = 3000, .char_min = 3, .char_max = 3, .char_weight = 1});
    doc_matrix other;
    assert_int_equal(doc_matrix_build(&in.c, &in.space, in.docs, 9000, 3, &other, NULL), TRIAGE_OK);
    const sparse_rows *pairs[2][2] = {{&in.matrix.own, &other.own},
                                      {&in.matrix.spelled, &other.spelled}};
    for (size_t i = 0; i < 2; i++) {
        const sparse_rows *a = pairs[i][0], *b = pairs[i][1];
        size_t n = a->offsets[9000];
        assert_true(n > 9000);
        assert_memory_equal(a->offsets, b->offsets, 9001 * sizeof *a->offsets);
        assert_memory_equal(a->ids, b->ids, n * sizeof *a->ids);
        assert_memory_equal(a->values, b->values, n * sizeof *a->values);
    }
    doc_matrix_free(&other);
    inside_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_tf_times_idf),
        cmocka_unit_test(too_frequent_words_have_no_value),
        cmocka_unit_test(examples_have_unit_length),
        cmocka_unit_test(what_a_fold_does_not_know_is_dropped),
        cmocka_unit_test(a_fold_has_its_own_document_frequencies),
        cmocka_unit_test(spellings_count_in_the_length),
        cmocka_unit_test(threads_do_not_change_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
