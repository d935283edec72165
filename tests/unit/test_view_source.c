/* SPDX-License-Identifier: MIT */
/* The policy that new views get. */
#include "prediction_support.h"

static view_source *new_source(void)
{
    triage_error err;
    view_source *s = NULL;
    assert_int_equal(view_source_new(NULL, &s, &err), TRIAGE_OK);
    return s;
}

static bool set(view_source *s, double target, const char *retired)
{
    triage_error err;
    bool is_changed = false;
    if (view_source_set(s, target, retired, &is_changed, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return is_changed;
}

static prediction_view *make(view_source *s, const triage_model *model)
{
    triage_error err;
    prediction_view *view = NULL;
    if (view_source_make(s, model, "v000007", &view, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return view;
}

static void changes_are_told(void **state)
{
    static const char retired[] = "[{\"field\":\"category\",\"label\":\"Network\"}]";
    view_source *s = new_source();
    (void)state;
    assert_false(set(s, 0, NULL));
    assert_true(set(s, 0.9, NULL));
    assert_false(set(s, 0.9, NULL));
    assert_true(set(s, 0.9, retired));
    assert_false(set(s, 0.9, retired));
    assert_true(set(s, 0.9, "[]"));
    assert_true(set(s, 0, NULL));
    view_source_free(s);
    view_source_free(NULL);
}

static void views_have_what_holds_then(void **state)
{
    triage_model *model = four_labels();
    view_source *s = new_source();
    size_t network = label_of(model, 0, "Network");
    (void)state;
    prediction_view *before = make(s, model);
    assert_true(set(s, 0.8,
                    "[{\"field\":\"category\",\"label\":\"Network\"},"
                    "{\"field\":\"unknown\",\"label\":\"Network\"}]"));
    prediction_view *after = make(s, model);
    assert_false(policy_is_retired(before->policy, 0, network));
    assert_true(policy_is_retired(after->policy, 0, network));
    assert_float_equal(policy_target_precision(after->policy), 0.8, 1e-9);
    assert_string_equal(after->version, "v000007");
    prediction_view_free(before);
    prediction_view_free(after);
    view_source_free(s);
    triage_model_free(model);
}

/* What is wrong changes nothing. */
static void wrong_json_changes_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        "[",
                                        "{}",
                                        "[1]",
                                        "[{}]",
                                        "[{\"field\":1,\"label\":2}]",
                                        "[{\"field\":\"category\"}]",
                                        "null"};
    triage_model *model = four_labels();
    view_source *s = new_source();
    triage_error err;
    (void)state;
    assert_true(set(s, 0, "[{\"field\":\"category\",\"label\":\"Network\"}]"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bool is_changed = false;
        assert_int_equal(view_source_set(s, 0.5, wrong[i], &is_changed, &err), TRIAGE_ERROR_DATA);
        assert_false(is_changed);
    }
    prediction_view *view = make(s, model);
    assert_true(policy_is_retired(view->policy, 0, label_of(model, 0, "Network")));
    prediction_view_free(view);
    view_source_free(s);
    triage_model_free(model);
}

static void it_prepares_live_models(void **state)
{
    live_engine e = live_engine_new();
    (void)state;
    live_engine_publish(&e, four_labels(), "v000003");
    engine_thread *t = live_predict(&e, "laptop", false);
    assert_string_equal(t->prediction.view->version, "v000003");
    engine_release(t);
    live_engine_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told),
        cmocka_unit_test(views_have_what_holds_then),
        cmocka_unit_test(wrong_json_changes_nothing),
        cmocka_unit_test(it_prepares_live_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
