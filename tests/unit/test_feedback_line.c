/* SPDX-License-Identifier: MIT */
/* Corrections as lines: what is written, and what other systems write. */
#include "services/feedback_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const feedback_defaults defaults = {"category", "import", 1000};

typedef struct line_fixture {
    json_parser *parser;
    json_value *object;
    buffer joined;
    store_feedback feedback;
    triage_error err;
} line_fixture;

static int make(void **state)
{
    static line_fixture f;
    f = (line_fixture){.parser = json_parser_new()};
    *state = &f;
    return f.parser ? 0 : -1;
}

static int unmake(void **state)
{
    line_fixture *f = *state;
    json_free(f->object);
    json_parser_free(f->parser);
    buffer_free(&f->joined);
    return 0;
}

static triage_status read_line(line_fixture *f, const char *line)
{
    json_free(f->object);
    f->object = NULL;
    assert_int_equal(json_parse(f->parser, line, strlen(line), &f->object, &f->err), TRIAGE_OK);
    return feedback_line_read(f->object, &defaults, &f->joined, &f->feedback, &f->err);
}

static void expect_text(store_text text, const char *expected)
{
    if (!expected) {
        assert_null(text.data);
        return;
    }
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void all_members_are_read(void **state)
{
    line_fixture *f = *state;
    assert_int_equal(read_line(f,
                               "{\"text\":\"the vpn\",\"field\":\"queue\",\"label\":\" Network \","
                               "\"predicted\":\"Access\",\"confidence\":0.5,\"model_version\":"
                               "\"v000002\",\"source\":\"zammad\",\"created_at\":"
                               "\"2026-01-31T12:00:00Z\",\"comment\":\"c\",\"unknown\":[1]}"),
                     TRIAGE_OK);
    expect_text(f->feedback.text, "the vpn");
    expect_text(f->feedback.field, "queue");
    expect_text(f->feedback.label, "Network");
    expect_text(f->feedback.predicted, "Access");
    expect_text(f->feedback.model_version, "v000002");
    expect_text(f->feedback.source, "zammad");
    expect_text(f->feedback.comment, "c");
    assert_true(f->feedback.confidence > 0.49 && f->feedback.confidence < 0.51);
    assert_int_equal(f->feedback.created_at, INT64_C(1769860800000));
    assert_int_equal(f->feedback.status, STORE_FEEDBACK_ACCEPTED);
}

static void what_is_not_there_has_its_default(void **state)
{
    line_fixture *f = *state;
    assert_int_equal(
        read_line(f, "{\"text\":\"t\",\"label\":\"L\",\"predicted\":null,\"field\":\"\"}"),
        TRIAGE_OK);
    expect_text(f->feedback.field, "category");
    expect_text(f->feedback.source, "import");
    expect_text(f->feedback.predicted, NULL);
    expect_text(f->feedback.model_version, NULL);
    assert_true(f->feedback.confidence < 0);
    assert_true(f->feedback.surprise < 0);
    assert_int_equal(f->feedback.created_at, 1000);
}

/* The names that other systems' logs of corrections have. */
static void other_names_are_known(void **state)
{
    line_fixture *f = *state;
    static const char *const labels[] = {"label",         "correct",         "corrected",
                                         "correct_label", "corrected_label", "actual"};
    static const char *const predicted[] = {"predicted", "prediction", "predicted_label"};
    char line[128];
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        snprintf(line, sizeof line, "{\"text\":\"t\",\"%s\":\"L\",\"%s\":\"P\"}", labels[i],
                 predicted[i % 3]);
        assert_int_equal(read_line(f, line), TRIAGE_OK);
        expect_text(f->feedback.label, "L");
        expect_text(f->feedback.predicted, "P");
    }
    assert_int_equal(read_line(f, "{\"subject\":\"s\",\"body\":\"b\",\"correct\":3}"), TRIAGE_OK);
    expect_text(f->feedback.text, "s\nb");
    expect_text(f->feedback.label, "3");
}

static void times_are_text_or_numbers(void **state)
{
    static const struct {
        const char *member;
        int64_t ms;
    } cases[] = {
        {"\"timestamp\":1769860800", INT64_C(1769860800000)},
        {"\"timestamp\":1769860800.5", INT64_C(1769860800500)},
        {"\"timestamp\":\"1769860800\"", INT64_C(1769860800000)},
        {"\"time\":1769860800123", INT64_C(1769860800123)},
        {"\"created_at\":\"2026-01-31 12:00:00\"", INT64_C(1769860800000)},
        {"\"timestamp\":\"2026-01-31T13:00:00.250+01:00\"", INT64_C(1769860800250)},
    };
    line_fixture *f = *state;
    char line[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(line, sizeof line, "{\"text\":\"t\",\"label\":\"L\",%s}", cases[i].member);
        assert_int_equal(read_line(f, line), TRIAGE_OK);
        assert_int_equal(f->feedback.created_at, cases[i].ms);
    }
}

static void what_is_wrong_is_told(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"[]", "not a JSON object"},
        {"{\"label\":\"L\"}", "no 'text'"},
        {"{\"text\":5,\"label\":\"L\"}", "no 'text'"},
        {"{\"text\":\" \\n\",\"label\":\"L\"}", "text is empty"},
        {"{\"text\":\"a\\u0000b\",\"label\":\"L\"}", "text has a NUL"},
        {"{\"text\":\"t\"}", "no 'label'"},
        {"{\"text\":\"t\",\"label\":\" \"}", "no 'label'"},
        {"{\"text\":\"t\",\"label\":[\"L\"]}", "'label' is not text but array"},
        {"{\"text\":\"t\",\"label\":\"a\\u0000b\"}", "'label' has a NUL"},
        {"{\"text\":\"t\",\"label\":\"L\",\"confidence\":1.5}", "'confidence'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"confidence\":\"high\"}", "'confidence'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"timestamp\":\"yesterday\"}", "'timestamp'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"timestamp\":-5}", "'timestamp'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"timestamp\":{}}", "'timestamp'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"created_at\":\"1444-01-31\"}", "'created_at'"},
        {"{\"text\":\"t\",\"label\":\"L\",\"time\":253402300800000}", "'time'"},
    };
    line_fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_line(f, cases[i].line), TRIAGE_ERROR_DATA);
        if (!strstr(f->err.message, cases[i].words))
            fail_msg("%s: %s", cases[i].line, f->err.message);
    }
    char line[1200];
    snprintf(line, sizeof line, "{\"text\":\"t\",\"label\":\"%01025d\"}", 0);
    assert_int_equal(read_line(f, line), TRIAGE_ERROR_DATA);
    snprintf(line, sizeof line, "{\"text\":\"t\",\"label\":\"%01024d\"}", 0);
    assert_int_equal(read_line(f, line), TRIAGE_OK);
}

static void what_is_written_is_read(void **state)
{
    line_fixture *f = *state;
    buffer out = {0};
    static const char line[] =
        "{\"text\":\"a \\\"b\\\"\\nc\",\"field\":\"category\",\"label\":\"L\",\"predicted\":\"P\","
        "\"confidence\":0.25,\"model_version\":\"v000001\",\"source\":\"import\",\"created_at\":"
        "\"2026-01-31T12:00:00.000Z\"}\n";
    assert_int_equal(read_line(f, line), TRIAGE_OK);
    feedback_line_append(&f->feedback, false, &out);
    assert_string_equal(buffer_string(&out), line);
    buffer_clear(&out);
    assert_int_equal(read_line(f, "{\"text\":\"t\",\"label\":\"L\"}"), TRIAGE_OK);
    feedback_line_append(&f->feedback, true, &out);
    assert_string_equal(buffer_string(&out),
                        "{\"text\":\"t\",\"field\":\"category\",\"label\":\"L\",\"predicted\":null,"
                        "\"confidence\":null,\"model_version\":null,\"source\":\"import\","
                        "\"created_at\":\"1970-01-01T00:00:01.000Z\",\"status\":\"accepted\"}\n");
    buffer_free(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(all_members_are_read),  TEST(what_is_not_there_has_its_default),
        TEST(other_names_are_known), TEST(times_are_text_or_numbers),
        TEST(what_is_wrong_is_told), TEST(what_is_written_is_read),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
