/* SPDX-License-Identifier: MIT */
/*
 * Two models on the same tickets: gains and losses are told from what the models predict, ticket by
 * ticket, and the p values are exact.
 */
#include "train/comparison.h"

#include "engine_support.h"

#include <math.h>

static comparison compare(const triage_model *champion, const triage_model *candidate,
                          const triage_dataset *holdout, uint32_t n_threads)
{
    triage_error err;
    comparison c;
    if (comparison_make(champion, candidate, holdout, n_threads, &c, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return c;
}

/* The tail by counting, exact in 64 bits up to 58 throws. */
static double tail_of_coin(uint64_t n_lost, uint64_t n_gained)
{
    uint64_t n = n_lost + n_gained, ways = 1, sum = 0;
    assert_true(n <= 58);
    for (uint64_t k = 0; k <= n; k++) {
        if (k >= n_lost)
            sum += ways;
        ways = ways * (n - k) / (k + 1);
    }
    return (double)sum / (double)((uint64_t)1 << n);
}

/* Models that are good at different things: each has seen few tickets. */
static void test_pairs_are_counted_ticket_by_ticket(void **state)
{
    (void)state;
    triage_model *champion = model_of(random_dataset(120, 2, 5, 1), TRIAGE_PRESET_WORDS);
    triage_model *candidate = model_of(random_dataset(120, 2, 5, 2), TRIAGE_PRESET_WORDS);
    triage_dataset *holdout = random_dataset(400, 2, 5, 3);
    comparison c = compare(champion, candidate, holdout, 2);
    assert_int_equal(c.n_fields, 2);
    triage_predictor *old = predictor_of(champion), *new = predictor_of(candidate);
    for (size_t f = 0; f < 2; f++) {
        uint64_t n_gained = 0, n_lost = 0, n_old = 0, n_new = 0, per_label[5][2] = {{0}};
        for (size_t i = 0; i < triage_dataset_size(holdout); i++) {
            size_t length;
            const char *text = triage_dataset_text(holdout, i, &length);
            triage_outcome a[2], b[2];
            triage_error err;
            assert_int_equal(triage_predict(old, text, length, a, &err), TRIAGE_OK);
            assert_int_equal(triage_predict(new, text, length, b, &err), TRIAGE_OK);
            int32_t truth = triage_dataset_label(holdout, f, i);
            bool was_right = (int32_t)a[f].label == truth, is_right = (int32_t)b[f].label == truth;
            n_old += was_right;
            n_new += is_right;
            n_gained += !was_right && is_right;
            n_lost += was_right && !is_right;
            per_label[truth][0] += !was_right && is_right;
            per_label[truth][1] += was_right && !is_right;
        }
        const compared_field *field = &c.fields[f];
        assert_string_equal(field->name, support_fields[f]);
        assert_int_equal(field->n, 400);
        assert_int_equal(field->n_gained, n_gained);
        assert_int_equal(field->n_lost, n_lost);
        assert_true(n_gained > 0 && n_lost > 0);
        assert_true(fabs(field->champion.accuracy - (double)n_old / 400) < 1e-12);
        assert_true(fabs(field->candidate.accuracy - (double)n_new / 400) < 1e-12);
        for (size_t k = 0; k < field->n_labels; k++) {
            const compared_label *l = &field->labels[k];
            assert_int_equal(l->n_gained, per_label[k][0]);
            assert_int_equal(l->n_lost, per_label[k][1]);
            double change = (l->candidate.recall - l->champion.recall) * (double)l->support;
            assert_true(fabs(change - ((double)l->n_gained - (double)l->n_lost)) < 1e-9);
            assert_true(fabs(l->p - tail_of_coin(l->n_lost, l->n_gained)) < 1e-12);
        }
    }
    triage_predictor_free(old);
    triage_predictor_free(new);
    comparison_free(&c);
    triage_dataset_free(holdout);
    triage_model_free(champion);
    triage_model_free(candidate);
}

static void test_p_is_exact(void **state)
{
    (void)state;
    /* The champion knows the words of B, the candidate those of A. */
    static const ticket_row a_rows[] = {
        {"alpha alpha", {"A"}}, {"alpha more", {"A"}}, {"beta beta", {"A"}}, {"other", {"B"}}};
    static const ticket_row b_rows[] = {
        {"beta beta", {"B"}}, {"beta more", {"B"}}, {"alpha alpha", {"B"}}, {"other", {"A"}}};
    triage_model *champion = model_of(dataset_of(a_rows, 4, 1), TRIAGE_PRESET_SEED);
    triage_model *candidate = model_of(dataset_of(b_rows, 4, 1), TRIAGE_PRESET_SEED);
    for (uint64_t n_gained = 0; n_gained < 9; n_gained += 4)
        for (uint64_t n_lost = n_gained == 0; n_lost < 20; n_lost += 3) {
            triage_dataset *holdout = new_dataset(1);
            for (uint64_t i = 0; i < n_lost + n_gained; i++)
                add_ticket(holdout, "alpha beta", &(const char *){i < n_lost ? "A" : "B"});
            comparison c = compare(champion, candidate, finished(holdout), 1);
            assert_int_equal(c.fields[0].n_gained, n_gained);
            assert_int_equal(c.fields[0].n_lost, n_lost);
            double expected = tail_of_coin(n_lost, n_gained);
            assert_true(fabs(c.fields[0].p - expected) <= 1e-12 * expected);
            comparison_free(&c);
            triage_dataset_free(holdout);
        }
    triage_model_free(champion);
    triage_model_free(candidate);
}

static void test_equal_models_have_p_1(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(100, 1, 3, 5), TRIAGE_PRESET_WORDS);
    triage_dataset *holdout = random_dataset(100, 1, 3, 6);
    comparison c = compare(model, model, holdout, 1);
    assert_int_equal(c.fields[0].n_gained + c.fields[0].n_lost, 0);
    assert_true(c.fields[0].p == 1);
    comparison_free(&c);
    triage_dataset_free(holdout);
    triage_model_free(model);
}

/* Labels go by name: the candidate knows one that the champion does not, so all numbers differ. */
static void test_new_label(void **state)
{
    (void)state;
    static const ticket_row old_rows[] = {{"disk full", {"Storage"}}, {"screen black", {"Screen"}}};
    static const ticket_row new_rows[] = {
        {"disk full", {"Storage"}}, {"screen black", {"Screen"}}, {"badge lost", {"Access"}}};
    static const ticket_row held[] = {{"badge lost", {"Access"}},
                                      {"badge", {"Access"}},
                                      {"disk", {"Storage"}},
                                      {"screen", {"Screen"}}};
    triage_model *champion = model_of(dataset_of(old_rows, 2, 1), TRIAGE_PRESET_SEED);
    triage_model *candidate = model_of(dataset_of(new_rows, 3, 1), TRIAGE_PRESET_SEED);
    triage_dataset *holdout = dataset_of(held, 4, 1);
    comparison c = compare(champion, candidate, holdout, 1);
    const compared_label *label = &c.fields[0].labels[0];
    assert_string_equal(label->label, "Access");
    assert_false(label->champion.is_known);
    assert_true(label->candidate.is_known);
    assert_int_equal(label->n_gained, 2);
    assert_int_equal(label->n_lost, 0);
    assert_true(c.fields[0].champion.accuracy == 0.5);
    assert_true(c.fields[0].candidate.accuracy == 1);
    comparison_free(&c);
    triage_dataset_free(holdout);
    triage_model_free(champion);
    triage_model_free(candidate);
}

static void test_fields_go_by_name(void **state)
{
    (void)state;
    triage_model *one = model_of(random_dataset(100, 1, 3, 1), TRIAGE_PRESET_WORDS);
    triage_model *two = model_of(random_dataset(100, 2, 3, 1), TRIAGE_PRESET_WORDS);
    triage_dataset *holdout = random_dataset(50, 3, 3, 2);
    comparison c = compare(one, two, holdout, 1);
    assert_int_equal(c.n_fields, 2); /* nobody has the third */
    assert_true(c.fields[0].in_champion && c.fields[0].in_candidate);
    assert_true(!c.fields[1].in_champion && c.fields[1].in_candidate);
    assert_int_equal(c.fields[1].n, 0);
    comparison_free(&c);
    c = compare(two, one, holdout, 1);
    assert_true(c.fields[1].in_champion && !c.fields[1].in_candidate);
    comparison_free(&c);
    triage_dataset_free(holdout);
    /* Nothing in common at all is no error. */
    triage_error err;
    assert_int_equal(triage_dataset_new(&(const char *){"site"}, 1, &holdout, &err), TRIAGE_OK);
    add_ticket(holdout, "somewhere", &(const char *){"here"});
    c = compare(one, two, finished(holdout), 1);
    assert_int_equal(c.n_fields, 0);
    comparison_free(&c);
    triage_dataset_free(holdout);
    triage_model_free(one);
    triage_model_free(two);
}

static void test_no_tickets(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(100, 1, 3, 5), TRIAGE_PRESET_WORDS);
    triage_dataset *holdout = finished(new_dataset(1));
    comparison c = compare(model, model, holdout, 1);
    assert_int_equal(c.n_fields, 1);
    assert_int_equal(c.fields[0].n, 0);
    assert_true(c.fields[0].p == 1);
    comparison_free(&c);
    triage_dataset_free(holdout);
    triage_model_free(model);
}

static void test_json(void **state)
{
    (void)state;
    compared_label label = {
        .label = "St\"orage",
        .support = 20,
        .n_gained = 1,
        .n_lost = 2,
        .p = 0.5,
        .champion = {.precision = 0.5, .recall = 0.75, .f1 = 0.6, .is_known = true}};
    compared_field fields[] = {{.name = "category",
                                .in_champion = true,
                                .in_candidate = true,
                                .n = 20,
                                .n_gained = 1,
                                .n_lost = 2,
                                .p = 0.5,
                                .champion = {.accuracy = 0.75, .macro_f1 = 0.5, .log_loss = 1.5},
                                .candidate = {.accuracy = 0.7, .macro_f1 = 0.25, .log_loss = 2},
                                .labels = &label,
                                .n_labels = 1},
                               {.name = "queue", .in_candidate = true}};
    comparison c = {fields, 2};
    buffer out = {0};
    json_writer w = {.out = &out};
    comparison_write(&c, &w);
    assert_string_equal(
        buffer_string(&out),
        "[{\"field\":\"category\",\"in_champion\":true,\"in_candidate\":true,\"tickets\":20,"
        "\"gained\":1,\"lost\":2,\"p\":0.5,"
        "\"champion\":{\"accuracy\":0.75,\"macro_f1\":0.5,\"log_loss\":1.5},"
        "\"candidate\":{\"accuracy\":0.7,\"macro_f1\":0.25,\"log_loss\":2},"
        "\"labels\":[{\"label\":\"St\\\"orage\",\"support\":20,\"gained\":1,\"lost\":2,\"p\":0.5,"
        "\"champion\":{\"precision\":0.5,\"recall\":0.75,\"f1\":0.6},\"candidate\":null}]},"
        "{\"field\":\"queue\",\"in_champion\":false,\"in_candidate\":true}]");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_counted_ticket_by_ticket),
        cmocka_unit_test(test_p_is_exact),
        cmocka_unit_test(test_equal_models_have_p_1),
        cmocka_unit_test(test_new_label),
        cmocka_unit_test(test_fields_go_by_name),
        cmocka_unit_test(test_no_tickets),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
