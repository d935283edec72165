/* SPDX-License-Identifier: MIT */
/* Metrics against scikit-learn (tests/golden/make_metrics.py) and at their edges. */
#include "train/metrics.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "train/metrics_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE  1e-9
#define MAX_LABELS 64

static const char *const names[MAX_LABELS] = {
    "l00", "l01", "l02", "l03", "l04", "l05", "l06", "l07", "l08", "l09", "l10", "l11", "l12",
    "l13", "l14", "l15", "l16", "l17", "l18", "l19", "l20", "l21", "l22", "l23", "l24", "l25",
    "l26", "l27", "l28", "l29", "l30", "l31", "l32", "l33", "l34", "l35", "l36", "l37", "l38",
    "l39", "l40", "l41", "l42", "l43", "l44", "l45", "l46", "l47", "l48", "l49", "l50", "l51",
    "l52", "l53", "l54", "l55", "l56", "l57", "l58", "l59", "l60", "l61", "l62", "l63",
};

static void assert_near(double actual, double expected, const char *what)
{
    if (!(fabs(actual - expected) <= TOLERANCE))
        fail_msg("%s: got %.17g, expected %.17g", what, actual, expected);
}

static const json_value *member(const json_value *object, const char *name)
{
    const json_value *value;
    assert_true(json_member(object, name, &value));
    return value;
}

static double number(const json_value *array, size_t i)
{
    double value;
    assert_true(json_double(json_element(array, i), &value));
    return value;
}

static double member_number(const json_value *object, const char *name)
{
    double value;
    assert_true(json_double(member(object, name), &value));
    return value;
}

static metrics_row *read_rows(const json_value *c)
{
    size_t n = json_length(member(c, "truth"));
    metrics_row *rows = mem_new_zeroed(n, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (metrics_row){
            .ticket = 3 * i,
            .truth = (uint32_t)number(member(c, "truth"), i),
            .predicted = (uint32_t)number(member(c, "predicted"), i),
            .confidence = (float)number(member(c, "confidence"), i),
            .truth_probability = (float)number(member(c, "truth_probability"), i),
            .is_auto = number(member(c, "auto"), i) > 0,
        };
    return rows;
}

static metrics compute(const metrics_input *input)
{
    metrics m;
    triage_error err;
    assert_int_equal(metrics_compute(input, &m, &err), TRIAGE_OK);
    return m;
}

static void check_labels(const triage_field_metrics *f, const json_value *expected)
{
    const json_value *labels = member(expected, "labels"), *autos = member(expected, "auto_labels");
    const json_value *confusion = member(expected, "confusion");
    assert_int_equal(f->n_labels, json_length(labels));
    for (size_t i = 0; i < f->n_labels; i++) {
        const triage_label_metrics *l = &f->labels[i];
        const json_value *row = json_element(labels, i);
        assert_string_equal(l->label, names[i]);
        assert_near(l->precision, number(row, 0), "precision");
        assert_near(l->recall, number(row, 1), "recall");
        assert_near(l->f1, number(row, 2), "f1");
        assert_near((double)l->support, number(row, 3), "support");
        assert_near((double)l->n_auto, number(json_element(autos, i), 0), "n_auto");
        assert_near(l->auto_precision, number(json_element(autos, i), 1), "auto_precision");
        double coverage = l->n_predicted ? (double)l->n_auto / (double)l->n_predicted : 0;
        assert_near(l->auto_coverage, coverage, "auto_coverage");
        for (size_t j = 0; j < f->n_labels; j++)
            assert_near((double)f->confusion[i * f->n_labels + j],
                        number(json_element(confusion, i), j), "confusion");
    }
}

static void check_field(const triage_field_metrics *f, const json_value *expected)
{
    const json_value *macro = member(expected, "macro"), *weighted = member(expected, "weighted");
    assert_near(f->accuracy, member_number(expected, "accuracy"), "accuracy");
    assert_near(f->macro_precision, number(macro, 0), "macro precision");
    assert_near(f->macro_recall, number(macro, 1), "macro recall");
    assert_near(f->macro_f1, number(macro, 2), "macro f1");
    assert_near(f->weighted_precision, number(weighted, 0), "weighted precision");
    assert_near(f->weighted_recall, number(weighted, 1), "weighted recall");
    assert_near(f->weighted_f1, number(weighted, 2), "weighted f1");
    assert_near(f->log_loss, member_number(expected, "log_loss"), "log loss");
    assert_near(f->ece, member_number(expected, "ece"), "ece");
    assert_near(f->coverage_at_90, number(member(expected, "coverage_at"), 0), "coverage at 90");
    assert_near(f->coverage_at_95, number(member(expected, "coverage_at"), 1), "coverage at 95");
    assert_near(f->auto_coverage, number(member(expected, "auto"), 0), "auto coverage");
    assert_near(f->auto_precision, number(member(expected, "auto"), 1), "auto precision");
    for (size_t i = 0; i < TRIAGE_N_RELIABILITY_BINS; i++) {
        const json_value *bin = json_element(member(expected, "bins"), i);
        assert_near((double)f->reliability[i].count, number(bin, 0), "bin count");
        assert_near(f->reliability[i].mean_confidence, number(bin, 1), "bin confidence");
        assert_near(f->reliability[i].accuracy, number(bin, 2), "bin accuracy");
    }
}

/* What holds for any curve: it ends with all tickets, and is as steep as the ranking allows. */
static void check_curve(const triage_field_metrics *f)
{
    assert_in_range(f->n_curve, 1, 200);
    const triage_curve_point *last = &f->curve[f->n_curve - 1];
    assert_near(last->coverage, 1, "the curve's end");
    assert_near(last->precision, f->accuracy, "precision of all");
    for (size_t i = 1; i < f->n_curve; i++) {
        assert_true(f->curve[i].coverage > f->curve[i - 1].coverage);
        assert_true(f->curve[i].confidence < f->curve[i - 1].confidence);
    }
}

static void check_mistakes(const metrics *m, const metrics_row *rows)
{
    uint64_t n_wrong = 0;
    for (uint64_t i = 0; i < m->field.n_tickets; i++)
        n_wrong += rows[i].truth != rows[i].predicted;
    assert_int_equal(m->n_mistakes, n_wrong);
    for (size_t i = 0; i < m->n_mistakes; i++) {
        const triage_mistake *mistake = &m->mistakes[i];
        const metrics_row *row = &rows[mistake->ticket / 3];
        assert_int_equal(mistake->ticket, row->ticket);
        assert_int_equal(mistake->truth, row->truth);
        assert_int_equal(mistake->predicted, row->predicted);
        assert_true(mistake->truth != mistake->predicted);
        if (i > 0)
            assert_true(mistake[-1].confidence > mistake->confidence ||
                        (mistake[-1].confidence == mistake->confidence &&
                         mistake[-1].ticket < mistake->ticket));
    }
}

static void check_case(const json_value *c)
{
    float thresholds[MAX_LABELS];
    metrics_row *rows = read_rows(c);
    size_t n_model = (size_t)member_number(c, "n_model_labels");
    const json_value *expected = member(c, "expected");
    assert_true(n_model <= MAX_LABELS);
    for (size_t i = 0; i < n_model; i++)
        thresholds[i] = (float)number(member(c, "thresholds"), i);
    metrics_input input = {
        .field = "category",
        .labels = names,
        .thresholds = thresholds,
        .n_labels = json_length(member(expected, "labels")),
        .n_model_labels = n_model,
        .target_precision = 0.95,
        .rows = rows,
        .n_rows = json_length(member(c, "truth")),
    };
    metrics m = compute(&input);
    check_labels(&m.field, expected);
    check_field(&m.field, expected);
    check_curve(&m.field);
    check_mistakes(&m, rows);
    metrics_free(&m);
    free(rows);
}

static void test_equal_to_scikit_learn(void **state)
{
    (void)state;
    file_map map;
    triage_error err;
    json_value *cases;
    json_parser *parser = json_parser_new();
    assert_int_equal(file_map_open(GOLDEN_DIR "/metrics.json", &map, &err), TRIAGE_OK);
    assert_int_equal(json_parse(parser, (const char *)map.data, map.length, &cases, &err),
                     TRIAGE_OK);
    assert_int_equal(json_length(cases), 7);
    for (size_t i = 0; i < json_length(cases); i++)
        check_case(json_element(cases, i));
    json_free(cases);
    json_parser_free(parser);
    file_unmap(&map);
}

/* Three labels, of which the model knows two. */
static metrics_input small_input(const metrics_row *rows, size_t n_rows)
{
    static const float thresholds[] = {0.5f, 2.0f};
    return (metrics_input){
        .field = "category",
        .labels = names,
        .thresholds = thresholds,
        .n_labels = 3,
        .n_model_labels = 2,
        .target_precision = 0.9,
        .rows = rows,
        .n_rows = n_rows,
    };
}

static void test_no_tickets_give_zeros(void **state)
{
    (void)state;
    metrics_input input = small_input(NULL, 0);
    metrics m = compute(&input);
    const triage_field_metrics *f = &m.field;
    assert_int_equal(f->n_tickets, 0);
    assert_int_equal(f->n_labels, 3);
    assert_int_equal(f->n_curve, 0);
    assert_int_equal(m.n_mistakes, 0);
    assert_near(f->accuracy + f->macro_f1 + f->weighted_f1 + f->log_loss + f->ece, 0, "figures");
    assert_near(f->coverage_at_90 + f->coverage_at_95 + f->auto_coverage + f->auto_precision, 0,
                "shares");
    assert_near(f->target_precision, 0.9, "target");
    metrics_free(&m);
}

static void test_unknown_labels_are_counted_and_wrong(void **state)
{
    (void)state;
    const metrics_row rows[] = {
        {.ticket = 0, .truth = 2, .predicted = 0, .confidence = 0.9f, .is_auto = true},
        {.ticket = 4, .truth = 1, .predicted = 1, .confidence = 0.6f, .truth_probability = 0.6f},
    };
    metrics_input input = small_input(rows, 2);
    metrics m = compute(&input);
    assert_int_equal(m.field.n_unknown_labels, 1);
    assert_int_equal(m.n_mistakes, 1);
    assert_int_equal(m.mistakes[0].truth, 2);
    assert_true(m.labels[2].threshold > 1);
    assert_near(m.labels[1].threshold, 2, "threshold");
    assert_near(m.field.log_loss, (-log(1e-15) - log((double)0.6f)) / 2, "log loss");
    assert_near(m.field.auto_precision, 0, "auto precision");
    metrics_free(&m);
}

/* The order of the tickets must not matter: all of one confidence are taken, or none. */
static void test_coverage_takes_equal_confidences_together(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 4; wrong++) {
        metrics_row rows[4];
        for (int i = 0; i < 4; i++)
            rows[i] = (metrics_row){.ticket = (size_t)i,
                                    .predicted = i == wrong ? 1 : 0,
                                    .confidence = i == 0 && wrong != 0 ? 0.75f : 0.5f};
        metrics_input input = small_input(rows, 4);
        metrics m = compute(&input);
        assert_near(m.field.coverage_at_90, wrong == 0 ? 0 : 0.25, "coverage at 90");
        assert_int_equal(m.field.n_curve, wrong == 0 ? 1 : 2);
        metrics_free(&m);
    }
}

/* 9 of 10 are a precision of 0.9, 19 of 20 one of 0.95. */
static void test_coverage_reaches_its_precision_exactly(void **state)
{
    (void)state;
    metrics_row rows[20];
    for (uint32_t i = 0; i < 20; i++)
        rows[i] = (metrics_row){
            .ticket = i, .predicted = i == 9, .confidence = 1 - (float)i / 32, .truth = 0};
    metrics_input input = small_input(rows, 10);
    metrics m = compute(&input);
    assert_near(m.field.coverage_at_90, 1, "coverage at 90");
    assert_near(m.field.coverage_at_95, 0.9, "coverage at 95");
    metrics_free(&m);
    input.n_rows = 20;
    m = compute(&input);
    assert_near(m.field.coverage_at_95, 1, "coverage at 95 of twice as many");
    metrics_free(&m);
}

static void test_reliability_bins_are_closed_above(void **state)
{
    (void)state;
    const metrics_row rows[] = {
        {.confidence = 0.0f},
        {.ticket = 1, .confidence = 1.0f},
        {.ticket = 2, .confidence = nextafterf(0.2f, 0)}, /* 0.2f itself is above 3/15 */
        {.ticket = 3, .confidence = 0.2f},
    };
    metrics_input input = small_input(rows, 4);
    metrics m = compute(&input);
    const triage_reliability_bin *bins = m.field.reliability;
    assert_int_equal(bins[0].count, 1);
    assert_int_equal(bins[2].count, 1);
    assert_int_equal(bins[3].count, 1);
    assert_int_equal(bins[14].count, 1);
    metrics_free(&m);
}

static void test_nonsense_of_a_damaged_model_is_survived(void **state)
{
    (void)state;
    const metrics_row rows[] = {
        {.confidence = NAN, .truth_probability = NAN},
        {.ticket = 1, .confidence = INFINITY, .truth_probability = INFINITY},
        {.ticket = 2, .confidence = -7, .truth_probability = -7, .predicted = 1},
    };
    metrics_input input = small_input(rows, 3);
    metrics m = compute(&input);
    assert_int_equal(m.field.reliability[0].count, 2);
    assert_int_equal(m.field.reliability[14].count, 1);
    assert_near(m.mistakes[0].confidence, 0, "confidence");
    assert_near(m.field.log_loss, -2 * log(1e-15) / 3, "log loss");
    metrics_free(&m);
}

static void test_more_labels_than_a_matrix_holds_are_refused(void **state)
{
    (void)state;
    metrics_input input = small_input(NULL, 0);
    metrics m = {0};
    triage_error err;
    input.n_labels = METRICS_MAX_LABELS + 1;
    assert_int_equal(metrics_compute(&input, &m, &err), TRIAGE_ERROR_DATA);
    assert_non_null(strstr(err.message, "right column"));
    assert_null(m.labels);
    metrics_free(&m);
    metrics_free(NULL);
}

/* One ticket for each pair of truth and prediction. */
static void check_worst(const uint32_t (*pairs)[2], size_t n, const metrics_confusion *expected,
                        size_t n_expected)
{
    metrics_row rows[16];
    for (size_t i = 0; i < n; i++)
        rows[i] = (metrics_row){.ticket = i, .truth = pairs[i][0], .predicted = pairs[i][1]};
    metrics_input input = small_input(rows, n);
    metrics m = compute(&input);
    for (size_t max = 0; max <= n_expected + 1; max++) {
        metrics_confusion worst[16];
        size_t n_worst = max < n_expected ? max : n_expected;
        assert_int_equal(metrics_worst_confusions(&m.field, max, worst), n_worst);
        for (size_t i = 0; i < n_worst; i++) {
            assert_int_equal(worst[i].truth, expected[i].truth);
            assert_int_equal(worst[i].predicted, expected[i].predicted);
            assert_int_equal(worst[i].count, expected[i].count);
        }
    }
    metrics_free(&m);
}

static void test_worst_confusions_are_in_order(void **state)
{
    (void)state;
    static const uint32_t last_is_worst[][2] = {{1, 0}, {2, 1}, {0, 1}, {2, 1},
                                                {1, 0}, {2, 0}, {2, 1}, {0, 0}};
    static const metrics_confusion worst[] = {{2, 1, 3}, {1, 0, 2}, {0, 1, 1}, {2, 0, 1}};
    check_worst(last_is_worst, 8, worst, 4);
    static const uint32_t equal_ones[][2] = {{2, 1}, {2, 0}, {1, 0}, {0, 1}, {0, 1}};
    static const metrics_confusion in_order[] = {{0, 1, 2}, {1, 0, 1}, {2, 0, 1}, {2, 1, 1}};
    check_worst(equal_ones, 5, in_order, 4);
}

static void test_examples_are_the_most_confident(void **state)
{
    (void)state;
    const metrics_row rows[] = {
        {.ticket = 2, .truth = 1, .confidence = 0.5f},
        {.ticket = 3, .truth = 2, .confidence = 0.9f},
        {.ticket = 5, .truth = 1, .confidence = 0.7f},
        {.ticket = 8, .truth = 1, .confidence = 0.6f},
    };
    metrics_input input = small_input(rows, 4);
    metrics m = compute(&input);
    metrics_view view = {.field = &m.field, .mistakes = m.mistakes, .n_mistakes = m.n_mistakes};
    metrics_confusion pair = {.truth = 1};
    size_t examples[4];
    assert_int_equal(metrics_find_examples(&view, &pair, 4, examples), 3);
    assert_int_equal(metrics_find_examples(&view, &pair, 2, examples), 2);
    assert_int_equal(m.mistakes[examples[0]].ticket, 5);
    assert_int_equal(m.mistakes[examples[1]].ticket, 8);
    metrics_free(&m);
}

/* The members that scripts rely on, all of them, in this order. */
static void test_json_has_what_scripts_read(void **state)
{
    (void)state;
    const metrics_row rows[] = {
        {.confidence = 0.75f, .truth_probability = 1, .is_auto = true},
        {.ticket = 1, .truth = 1, .confidence = 0.5f, .truth_probability = 1},
    };
    metrics_input input = small_input(rows, 2);
    input.n_labels = 2;
    metrics m = compute(&input);
    buffer out = {0};
    json_writer w = {.out = &out};
    metrics_json_write(&w, &m.field);
    assert_string_equal(
        buffer_string(&out),
        "{\"accuracy\":0.5,\"macro_f1\":0.3333333333333333,\"weighted_f1\":0.3333333333333333,"
        "\"log_loss\":0,\"ece\":0.375,\"mean_confidence\":0.625,"
        "\"auto\":{\"target_precision\":0.9,\"coverage\":0.5,\"precision\":1},"
        "\"coverage_at\":{\"0.90\":0.5,\"0.95\":0.5},"
        "\"labels\":[{\"label\":\"l00\",\"precision\":0.5,\"recall\":1,"
        "\"f1\":0.6666666666666666,\"support\":1,\"threshold\":0.5,\"auto_coverage\":0.5,"
        "\"auto_precision\":1},"
        "{\"label\":\"l01\",\"precision\":0,\"recall\":0,\"f1\":0,\"support\":1,"
        "\"threshold\":2,\"auto_coverage\":0,\"auto_precision\":0}],"
        "\"confusion\":[[1,0],[1,0]]}");
    buffer_free(&out);
    metrics_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_to_scikit_learn),
        cmocka_unit_test(test_no_tickets_give_zeros),
        cmocka_unit_test(test_unknown_labels_are_counted_and_wrong),
        cmocka_unit_test(test_coverage_takes_equal_confidences_together),
        cmocka_unit_test(test_coverage_reaches_its_precision_exactly),
        cmocka_unit_test(test_reliability_bins_are_closed_above),
        cmocka_unit_test(test_nonsense_of_a_damaged_model_is_survived),
        cmocka_unit_test(test_more_labels_than_a_matrix_holds_are_refused),
        cmocka_unit_test(test_worst_confusions_are_in_order),
        cmocka_unit_test(test_examples_are_the_most_confident),
        cmocka_unit_test(test_json_has_what_scripts_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
