/* SPDX-License-Identifier: MIT */
/* Names and thresholds as they stand in answers, and how labels are found. */
#include "prediction_support.h"

static void assert_view_text(view_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void names_are_json(void **state)
{
    triage_model *model = four_labels();
    prediction_view *view = view_of(model, NULL);
    (void)state;
    assert_int_equal(view->n_fields, 1);
    assert_int_equal(view->n_labels, 4);
    assert_view_text(view->fields[0].json_name, "\"category\"");
    size_t label = label_of(model, 0, "Say \"it\"");
    assert_view_text(view->fields[0].labels[label], "\"Say \\\"it\\\"\"");
    prediction_view_free(view);
    triage_model_free(model);
}

static void fields_lie_one_behind_the_other(void **state)
{
    triage_model *model = two_fields();
    prediction_view *view = view_of(model, NULL);
    size_t field = 7, label;
    (void)state;
    assert_int_equal(view->n_fields, 2);
    assert_int_equal(view->fields[1].first, view->fields[0].n_labels);
    assert_int_equal(view->n_labels, view->fields[0].n_labels + view->fields[1].n_labels);
    assert_true(prediction_view_find_field(view, "priority", 8, &field));
    assert_int_equal(field, 1);
    assert_false(prediction_view_find_field(view, "priorityx", 9, &field));
    assert_false(prediction_view_find_field(view, "priorit", 7, &field));
    assert_true(prediction_view_find_label(view, 1, "high", 4, &label));
    assert_false(prediction_view_find_label(view, 0, "high", 4, &label));
    prediction_view_free(view);
    triage_model_free(model);
}

static void labels_in_any_case(void **state)
{
    triage_model *model = four_labels();
    prediction_view *view = view_of(model, NULL);
    size_t label = 9;
    (void)state;
    assert_false(prediction_view_find_label(view, 0, "hardware", 8, &label));
    assert_true(prediction_view_find_label_in_any_case(view, 0, "hardWARE", 8, &label));
    assert_int_equal(label, label_of(model, 0, "Hardware"));
    assert_false(prediction_view_find_label_in_any_case(view, 0, "hard", 4, &label));
    assert_false(prediction_view_find_label_in_any_case(view, 0, "Hardware\0", 9, &label));
    assert_false(prediction_view_find_label_in_any_case(view, 0, "", 0, &label));
    prediction_view_free(view);
    triage_model_free(model);
}

/* A retired label is never `auto`: its threshold is null. */
static void thresholds_are_of_the_policy(void **state)
{
    triage_model *model = four_labels();
    policy_retired retired = {"category", "Network"};
    policy_options options = {.retired = &retired, .n_retired = 1};
    prediction_view *view = view_of(model, &options);
    size_t label = label_of(model, 0, "Network");
    (void)state;
    assert_view_text(view->fields[0].thresholds[label], "null");
    for (size_t k = 0; k < 4; k++) {
        bool is_null = policy_threshold(view->policy, 0, k) > 1;
        assert_int_equal(view->fields[0].thresholds[k].data[0] == 'n', is_null);
    }
    prediction_view_free(view);
    triage_model_free(model);
}

static void bad_policies_are_told(void **state)
{
    triage_model *model = four_labels();
    policy_options options = {.target_precision = 2};
    prediction_view *view = NULL;
    triage_error err;
    (void)state;
    assert_int_equal(prediction_view_new(model, "v000001", &options, &view, &err),
                     TRIAGE_ERROR_ARGUMENT);
    assert_null(view);
    prediction_view_free(NULL);
    triage_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_json),        cmocka_unit_test(fields_lie_one_behind_the_other),
        cmocka_unit_test(labels_in_any_case),    cmocka_unit_test(thresholds_are_of_the_policy),
        cmocka_unit_test(bad_policies_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
