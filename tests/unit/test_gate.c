/* SPDX-License-Identifier: MIT */
/* The rule of the gate at its edges, on comparisons written out. */
#include "train/gate.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "base/binomial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A field with these counts and no labels. */
static compared_field field_of(uint64_t n, uint64_t n_right_before, uint64_t n_gained,
                               uint64_t n_lost)
{
    double right = (double)n_right_before;
    return (compared_field){
        .name = "category",
        .in_champion = true,
        .in_candidate = true,
        .n = n,
        .n_gained = n_gained,
        .n_lost = n_lost,
        .p = binomial_upper_tail(n_lost, n_lost + n_gained, 0.5),
        .champion = {.accuracy = right / (double)n},
        .candidate = {.accuracy = (right + (double)n_gained - (double)n_lost) / (double)n},
    };
}

static compared_label label_of(const char *name, uint64_t support, uint64_t n_right_before,
                               uint64_t n_lost)
{
    return (compared_label){
        .label = name,
        .support = support,
        .n_lost = n_lost,
        .p = binomial_upper_tail(n_lost, n_lost, 0.5),
        .champion = {.recall = (double)n_right_before / (double)support, .is_known = true},
        .candidate = {.recall = (double)(n_right_before - n_lost) / (double)support,
                      .is_known = true},
    };
}

static gate_verdict judge(compared_field *fields, size_t n)
{
    comparison c = {.fields = fields, .n_fields = n};
    return gate_judge(&c, GATE_TOLERANCE);
}

static void assert_verdict(compared_field f, bool is_promoted, const char *reason)
{
    gate_verdict v = judge(&f, 1);
    assert_int_equal(v.is_promoted, is_promoted);
    assert_string_equal(v.reason, reason);
}

static void test_better_and_equal_pass(void **state)
{
    (void)state;
    assert_verdict(field_of(1000, 800, 30, 10), true,
                   "category: accuracy 80.0 % -> 82.0 % on 1000 held-out tickets (p = 1.00)");
    assert_verdict(field_of(1000, 800, 0, 0), true,
                   "category: accuracy 80.0 % -> 80.0 % on 1000 held-out tickets (p = 1.00)");
}

static void test_tolerance_is_inclusive(void **state)
{
    (void)state;
    assert_verdict(field_of(1000, 800, 10, 12), true,
                   "category: accuracy 80.0 % -> 79.8 % on 1000 held-out tickets (p = 0.42)");
    assert_verdict(field_of(1000, 800, 10, 13), true,
                   "category: accuracy 80.0 % -> 79.7 % on 1000 held-out tickets (p = 0.34)");
    assert_verdict(field_of(1000, 800, 10, 14), false,
                   "category: accuracy 80.0 % -> 79.6 % on 1000 held-out tickets (p = 0.27)");
}

/* One ticket of few is more than the tolerance, and no evidence. */
static void test_one_ticket_is_allowed(void **state)
{
    (void)state;
    assert_verdict(field_of(300, 270, 3, 4), true,
                   "category: accuracy 90.0 % -> 89.7 % on 300 held-out tickets (p = 0.50)");
    assert_verdict(field_of(300, 270, 3, 5), false,
                   "category: accuracy 90.0 % -> 89.3 % on 300 held-out tickets (p = 0.36)");
}

/* Within the tolerance a loss is allowed, however consistent it is; beyond it chance decides. */
static void test_significant_loss_is_refused(void **state)
{
    (void)state;
    assert_verdict(field_of(38000, 33060, 0, 76), true,
                   "category: accuracy 87.0 % -> 86.8 % on 38000 held-out tickets (p < 0.0001)");
    assert_verdict(field_of(38000, 33060, 0, 77), false,
                   "category: accuracy 87.0 % -> 86.8 % on 38000 held-out tickets (p < 0.0001)");
    assert_verdict(field_of(3816, 3316, 60, 69), true,
                   "category: accuracy 86.9 % -> 86.7 % on 3816 held-out tickets (p = 0.24)");
    assert_verdict(field_of(3816, 3316, 10, 78), false,
                   "category: accuracy 86.9 % -> 85.1 % on 3816 held-out tickets (p < 0.0001)");
}

static void test_small_hold_out_needs_no_more_wrong(void **state)
{
    (void)state;
    assert_verdict(field_of(49, 40, 1, 1), true,
                   "category: accuracy 81.6 % -> 81.6 % on 49 held-out tickets (p = 0.75)");
    assert_verdict(field_of(49, 40, 1, 2), false,
                   "category: accuracy 81.6 % -> 79.6 % on 49 held-out tickets (p = 0.50)");
}

static void test_label_may_not_lose_its_recall(void **state)
{
    (void)state;
    compared_label labels[] = {label_of("Access", 100, 90, 0), label_of("Storage", 100, 91, 17)};
    compared_field f = field_of(200, 181, 17, 17);
    f.labels = labels;
    f.n_labels = 2;
    assert_verdict(
        f, false,
        "category: label 'Storage': recall 91 % -> 74 % on 100 held-out tickets (p < 0.0001)");
}

/* Each case below is one step from test_label_may_not_lose_its_recall(). */
static void test_label_that_is_no_evidence(void **state)
{
    (void)state;
    compared_label few = label_of("few", GATE_LABEL_SUPPORT - 1, 19, 10);
    compared_label chance = label_of("chance", 100, 91, 7); /* p = 1/128, level 0.005 */
    compared_label small = label_of("small loss", 400, 391, 20);
    compared_label unknown = label_of("new", 100, 91, 17);
    unknown.champion.is_known = false;
    compared_label other = label_of("other", 100, 90, 0);
    const compared_label cases[] = {few, chance, small, unknown};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compared_label labels[] = {other, cases[i]};
        compared_field f = field_of(1000, 800, 20, 20);
        f.labels = labels;
        f.n_labels = 2;
        assert_true(judge(&f, 1).is_promoted);
    }
    /* As the only label that counts it is judged at the whole level. */
    compared_field f = field_of(1000, 800, 20, 20);
    f.labels = &chance;
    f.n_labels = 1;
    assert_false(judge(&f, 1).is_promoted);
}

static void test_every_field_counts(void **state)
{
    (void)state;
    compared_field fields[] = {field_of(1000, 800, 30, 0), field_of(1000, 800, 0, 30)};
    fields[1].name = "priority";
    gate_verdict v = judge(fields, 2);
    assert_false(v.is_promoted);
    assert_non_null(strstr(v.reason, "priority: accuracy 80.0 % -> 77.0 %"));
}

static void test_fields_that_only_one_has(void **state)
{
    (void)state;
    compared_field fields[] = {{.name = "queue", .in_candidate = true}, field_of(100, 80, 1, 1)};
    gate_verdict v = judge(fields, 2);
    assert_true(v.is_promoted);
    assert_non_null(strstr(v.reason, "category"));
    v = judge(fields, 1);
    assert_true(v.is_promoted);
    assert_string_equal(v.reason, "the champion has none of the candidate's fields");
    fields[0].in_champion = true;
    fields[0].in_candidate = false;
    v = judge(fields, 2);
    assert_false(v.is_promoted);
    assert_string_equal(v.reason, "the candidate lacks the field 'queue'");
}

/* A reason is cut at a character, wherever the limit falls. */
static void test_long_names(void **state)
{
    (void)state;
    for (size_t offset = 0; offset < 3; offset++) {
        char name[1200] = "ab";
        for (size_t i = offset; i + 3 < sizeof name; i += 3)
            memcpy(name + i, "\xE2\x82\xAC", 4);
        compared_field f = {.name = name, .in_champion = true};
        gate_verdict v = judge(&f, 1);
        assert_true(strlen(v.reason) > sizeof v.reason - 4);
        assert_true(utf8_is_valid(v.reason, strlen(v.reason)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_better_and_equal_pass),
        cmocka_unit_test(test_tolerance_is_inclusive),
        cmocka_unit_test(test_one_ticket_is_allowed),
        cmocka_unit_test(test_significant_loss_is_refused),
        cmocka_unit_test(test_small_hold_out_needs_no_more_wrong),
        cmocka_unit_test(test_label_may_not_lose_its_recall),
        cmocka_unit_test(test_label_that_is_no_evidence),
        cmocka_unit_test(test_every_field_counts),
        cmocka_unit_test(test_fields_that_only_one_has),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
