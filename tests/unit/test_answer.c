/* SPDX-License-Identifier: MIT */
/* The JSON of an answer, byte by byte. */
#include "prediction_support.h"

typedef struct case_of {
    triage_model *model;
    prediction_view *view;
    prediction p;
    triage_outcome outcomes[1];
    float probabilities[4];
    buffer out;
} case_of;

/* Probabilities in the order of the labels; the first one is predicted. */
static void set_up(case_of *c, const policy_options *options)
{
    *c = (case_of){.model = four_labels()};
    c->view = view_of(c->model, options);
    size_t access = label_of(c->model, 0, "Access");
    c->probabilities[access] = 0.5f;
    c->probabilities[label_of(c->model, 0, "Hardware")] = 0.25f;
    c->probabilities[label_of(c->model, 0, "Network")] = 0.25f;
    c->outcomes[0] = (triage_outcome){.label = (uint32_t)access,
                                      .runner_up = (uint32_t)label_of(c->model, 0, "Hardware"),
                                      .confidence = 0.5f,
                                      .decision = TRIAGE_REVIEW};
    c->p = (prediction){
        .view = c->view, .outcomes = c->outcomes, .probabilities = c->probabilities, .top = 3};
}

static void tear_down(case_of *c)
{
    buffer_free(&c->out);
    prediction_view_free(c->view);
    triage_model_free(c->model);
}

static const char *answer_of(case_of *c)
{
    buffer_clear(&c->out);
    answer_append(&c->p, &c->out);
    assert_non_null(buffer_string(&c->out));
    return c->out.data;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s has no %s", text, part);
}

static void whole_answer(void **state)
{
    case_of c;
    char expected[512];
    (void)state;
    set_up(&c, NULL);
    view_text threshold = c.view->fields[0].thresholds[c.outcomes[0].label];
    snprintf(expected, sizeof expected,
             "{\"model_version\":\"v000001\",\"category\":\"Access\",\"confidence\":0.500000,"
             "\"decision\":\"review\",\"fields\":{\"category\":{\"label\":\"Access\","
             "\"confidence\":0.500000,\"decision\":\"review\",\"threshold\":%.*s,\"alternatives\":["
             "{\"label\":\"Hardware\",\"confidence\":0.250000},{\"label\":\"Network\","
             "\"confidence\":0.250000}]}}}",
             (int)threshold.length, threshold.data);
    assert_string_equal(answer_of(&c), expected);
    tear_down(&c);
}

static void id_and_decision(void **state)
{
    case_of c;
    (void)state;
    set_up(&c, NULL);
    c.p.id = "the-id";
    c.outcomes[0].decision = TRIAGE_AUTO;
    assert_has(answer_of(&c), "{\"prediction_id\":\"the-id\",\"model_version\"");
    assert_has(c.out.data, "\"decision\":\"auto\",\"fields\"");
    assert_string_equal(answer_decision_name(TRIAGE_AUTO), "auto");
    assert_string_equal(answer_decision_name(TRIAGE_REVIEW), "review");
    tear_down(&c);
}

static void top_bounds_the_alternatives(void **state)
{
    case_of c;
    (void)state;
    set_up(&c, NULL);
    c.p.top = 1;
    assert_has(answer_of(&c), "\"alternatives\":[]");
    c.p.top = 2;
    assert_has(answer_of(&c),
               "\"alternatives\":[{\"label\":\"Hardware\",\"confidence\":0.250000}]");
    c.p.top = 1000;
    assert_has(answer_of(&c), "{\"label\":\"Say \\\"it\\\"\",\"confidence\":0.000000}]");
    tear_down(&c);
}

static void retired_labels_are_no_alternatives(void **state)
{
    case_of c;
    policy_retired retired = {"category", "Say \"it\""};
    policy_options options = {.retired = &retired, .n_retired = 1};
    (void)state;
    set_up(&c, &options);
    c.p.top = 1000;
    assert_null(strstr(answer_of(&c), "Say"));
    tear_down(&c);
}

static void what_is_stored(void **state)
{
    case_of c;
    (void)state;
    set_up(&c, NULL);
    answer_append_outcomes(&c.p, &c.out);
    assert_string_equal(buffer_string(&c.out),
                        "{\"category\":{\"label\":\"Access\",\"confidence\":0.500000,"
                        "\"decision\":\"review\"}}");
    tear_down(&c);
}

static void answers_are_json(void **state)
{
    live_engine e = live_engine_new();
    json_parser *parser = json_parser_new();
    (void)state;
    live_engine_publish(&e, two_fields(), "v000001");
    engine_thread *t = live_predict(&e, "laptop screen \"quoted\"", true);
    buffer out = {0};
    json_value *value = NULL;
    const json_value *fields, *priority, *explanation;
    answer_append(&t->prediction, &out);
    assert_int_equal(json_parse(parser, out.data, out.length, &value, NULL), TRIAGE_OK);
    assert_true(json_member(value, "fields", &fields));
    assert_true(json_member(fields, "priority", &priority));
    assert_true(json_member(priority, "explanation", &explanation));
    assert_true(json_length(explanation) > 0);
    json_free(value);
    json_parser_free(parser);
    buffer_free(&out);
    engine_release(t);
    live_engine_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answer),
        cmocka_unit_test(id_and_decision),
        cmocka_unit_test(top_bounds_the_alternatives),
        cmocka_unit_test(retired_labels_are_no_alternatives),
        cmocka_unit_test(what_is_stored),
        cmocka_unit_test(answers_are_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
