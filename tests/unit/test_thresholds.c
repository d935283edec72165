/* SPDX-License-Identifier: MIT */
/* Thresholds: cuts by hand with the binomial tail, ties, labels that may never be `auto`. */
#include "base/mem.h"
#include "model/kernels.h"
#include "train/thresholds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_TICKETS 2000

/* Tickets of two labels, added one by one. */
typedef struct list {
    scored_tickets t;
    label_cuts cuts[2];
    float thresholds[2];
} list;

static list list_new(void)
{
    list l = {.t = {.n_labels = 2, .lanes = LANES}};
    l.t.scores = mem_new_aligned(MAX_TICKETS * LANES, sizeof(float));
    l.t.labels = malloc(MAX_TICKETS * sizeof *l.t.labels);
    assert_true(l.t.scores && l.t.labels);
    memset(l.t.scores, 0, MAX_TICKETS * LANES * sizeof(float));
    return l;
}

/* A ticket predicted as `label` with that confidence, whose label is `truth`. */
static void add(list *l, size_t label, float confidence, int32_t truth)
{
    float *row = l->t.scores + l->t.n * LANES;
    row[label] = confidence;
    row[1 - label] = 1 - confidence;
    l->t.labels[l->t.n++] = truth;
}

static void fit(list *l, double target)
{
    assert_true(thresholds_fit(&l->t, target, l->cuts, l->thresholds));
}

static void list_free(list *l)
{
    free(l->t.scores);
    free(l->t.labels);
}

/* One cut (fewer than 80 tickets), level 0.05: 0.9^28 = 0.0523 is too likely, 0.9^29 is not. */
static void enough_right_ones_prove_the_target(void **state)
{
    (void)state;
    for (size_t n = 28; n <= 29; n++) {
        list l = list_new();
        for (size_t i = 0; i < n; i++)
            add(&l, 0, 0.99f - 0.01f * (float)i, 0);
        fit(&l, 0.9);
        if (n == 28)
            assert_true(l.thresholds[0] == THRESHOLD_NEVER);
        else
            assert_true(l.thresholds[0] == l.t.scores[(n - 1) * LANES]);
        assert_true(l.thresholds[1] == THRESHOLD_NEVER); /* never predicted */
        list_free(&l);
    }
}

/* One wrong of 46: 0.9^46 + 46 * 0.1 * 0.9^45 = 0.0480; of 45: 0.0524. */
static void a_wrong_one_must_be_outweighed(void **state)
{
    (void)state;
    for (size_t n = 45; n <= 46; n++) {
        list l = list_new();
        for (size_t i = 0; i < n; i++)
            add(&l, 1, 0.99f - 0.01f * (float)i, i == 20 ? 0 : 1);
        fit(&l, 0.9);
        assert_true((l.thresholds[1] == THRESHOLD_NEVER) == (n == 45));
        list_free(&l);
    }
}

/* 120 tickets: three cuts of 40, level 0.05 / 3. The first 40 are right (0.9^40 = 0.0148), the rest
 * wrong. */
static void the_lowest_cut_that_passes_is_taken(void **state)
{
    (void)state;
    list l = list_new();
    for (size_t i = 0; i < 120; i++)
        add(&l, 0, 0.99f - 0.003f * (float)i, i < 40 ? 0 : 1);
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == l.t.scores[39 * LANES]);
    list_free(&l);
    /* With two of the next 40 wrong, 80 tickets still prove it: P(X >= 78 | 80, 0.9) = 0.0107. */
    l = list_new();
    for (size_t i = 0; i < 120; i++)
        add(&l, 0, 0.99f - 0.003f * (float)i, i < 40 || (i < 80 && i != 50 && i != 60) ? 0 : 1);
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == l.t.scores[79 * LANES]);
    static const uint32_t n_right[] = {40, 78, 78};
    assert_int_equal(l.cuts[0].n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(l.cuts[0].items[i].confidence == l.t.scores[(40 * i + 39) * LANES]);
        assert_int_equal(l.cuts[0].items[i].n, 40 * (i + 1));
        assert_int_equal(l.cuts[0].items[i].n_right, n_right[i]);
    }
    assert_int_equal(l.cuts[1].n, 0);
    list_free(&l);
}

/* However many tickets there are, and the last cut has them all. */
static void there_are_no_more_cuts_than_are_worth_trying(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 1900; n += 211) {
        list l = list_new();
        for (size_t i = 0; i < n; i++)
            add(&l, 1, 0.99f - 0.0002f * (float)i, 1);
        fit(&l, 0.9);
        assert_int_equal(l.cuts[1].n, cuts_wanted(n));
        assert_true(l.cuts[1].n <= CUTS_MAX && l.cuts[1].n * CUT_TICKETS <= (n < 40 ? 40 : n));
        assert_int_equal(cuts_n_tickets(&l.cuts[1]), n);
        list_free(&l);
    }
}

/* 0.92^40 = 0.0356 would do for one cut, but three have been tried. */
static void every_cut_that_is_tried_costs_certainty(void **state)
{
    (void)state;
    list l = list_new();
    for (size_t i = 0; i < 120; i++)
        add(&l, 0, 0.99f - 0.003f * (float)i, i < 40 ? 0 : 1);
    fit(&l, 0.92);
    assert_true(l.thresholds[0] == THRESHOLD_NEVER);
    list_free(&l);
    l = list_new();
    for (size_t i = 0; i < 40; i++)
        add(&l, 0, 0.99f - 0.003f * (float)i, 0);
    fit(&l, 0.92);
    assert_true(l.thresholds[0] == l.t.scores[39 * LANES]);
    list_free(&l);
}

static void a_label_that_is_often_wrong_is_never_auto(void **state)
{
    (void)state;
    list l = list_new();
    for (size_t i = 0; i < 1000; i++) {
        add(&l, 0, 0.99f - 0.0004f * (float)i, i % 5 ? 0 : 1);
        add(&l, 1, 0.99f - 0.0004f * (float)i, 1);
    }
    fit(&l, 0.95);
    assert_true(l.thresholds[0] == THRESHOLD_NEVER);
    assert_true(l.thresholds[1] < 0.6f);
    list_free(&l);
}

/* A cut never goes through tickets of one confidence: all of them would be routed. */
static void ties_are_cut_as_one(void **state)
{
    (void)state;
    list l = list_new();
    for (size_t i = 0; i < 80; i++)
        add(&l, 0, 0.9f, i < 40 ? 0 : 1); /* the right ones first, as it happens */
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == THRESHOLD_NEVER);
    list_free(&l);
    l = list_new();
    for (size_t i = 0; i < 80; i++)
        add(&l, 0, i < 60 ? 0.9f : 0.6f, i < 60 ? 0 : 1);
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == 0.9f);
    list_free(&l);
}

static void the_order_of_tickets_does_not_matter(void **state)
{
    (void)state;
    list there = list_new(), back = list_new();
    for (size_t i = 0; i < 500; i++) {
        size_t j = 499 - i;
        add(&there, i % 2, 0.99f - 0.0009f * (float)(i / 4),
            i % 7 && i % 50 > 3 ? (int)(i % 2) : 0);
        add(&back, j % 2, 0.99f - 0.0009f * (float)(j / 4), j % 7 && j % 50 > 3 ? (int)(j % 2) : 0);
    }
    fit(&there, 0.8);
    fit(&back, 0.8);
    assert_memory_equal(there.thresholds, back.thresholds, sizeof there.thresholds);
    assert_true(there.thresholds[0] < 1);
    list_free(&there);
    list_free(&back);
}

static void tickets_without_a_label_do_not_count(void **state)
{
    (void)state;
    list l = list_new();
    for (size_t i = 0; i < 60; i++)
        add(&l, 0, 0.99f - 0.005f * (float)i, i % 2 ? 0 : -1);
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == l.t.scores[59 * LANES]);
    list_free(&l);
    l = list_new();
    fit(&l, 0.9);
    assert_true(l.thresholds[0] == THRESHOLD_NEVER && l.thresholds[1] == THRESHOLD_NEVER);
    list_free(&l);
}

/* The more is asked, the higher the threshold. */
static void a_higher_target_never_lowers_the_threshold(void **state)
{
    (void)state;
    list l = list_new();
    float last = 0;
    for (size_t i = 0; i < 1500; i++)
        add(&l, 0, 0.99f - 0.0003f * (float)i,
            i * i % 2250000 < 37u * (i % 997) * (i % 61) ? 1 : 0);
    for (double target = 0.3; target < 0.99; target += 0.01) {
        fit(&l, target);
        assert_true(l.thresholds[0] >= last);
        last = l.thresholds[0];
    }
    list_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_right_ones_prove_the_target),
        cmocka_unit_test(a_wrong_one_must_be_outweighed),
        cmocka_unit_test(the_lowest_cut_that_passes_is_taken),
        cmocka_unit_test(there_are_no_more_cuts_than_are_worth_trying),
        cmocka_unit_test(every_cut_that_is_tried_costs_certainty),
        cmocka_unit_test(a_label_that_is_often_wrong_is_never_auto),
        cmocka_unit_test(ties_are_cut_as_one),
        cmocka_unit_test(the_order_of_tickets_does_not_matter),
        cmocka_unit_test(tickets_without_a_label_do_not_count),
        cmocka_unit_test(a_higher_target_never_lowers_the_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
