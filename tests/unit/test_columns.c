/* SPDX-License-Identifier: MIT */
/* Which columns are text and labels: guessed from many a header, or asked for. */
#include "data/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAX_NAMES 16

typedef struct header {
    slice names[MAX_NAMES];
    size_t n;
} header;

/* A header from names with bars between them. */
static void split(const char *names, header *h)
{
    h->n = 0;
    for (const char *at = names;; at++) {
        slice *name = &h->names[h->n++];
        *name = (slice){at, strcspn(at, "|")};
        at += name->length;
        if (*at == '\0')
            return;
    }
}

/* What is said of the guess, or the error's message. */
static const char *guess(const char *names, const triage_read_options *options, bool needs_fields,
                         bool must_exist, buffer *said)
{
    header h;
    triage_error err;
    columns c;
    split(names, &h);
    buffer_clear(said);
    column_request request = {.file = "f.csv",
                              .header = h.names,
                              .n_header = h.n,
                              .options = options,
                              .needs_fields = needs_fields,
                              .must_exist = must_exist};
    triage_status status = columns_choose(&request, &c, said, &err);
    if (status == TRIAGE_OK)
        columns_free(&c);
    else {
        buffer_clear(said);
        buffer_append_text(said, err.message);
    }
    return buffer_string(said);
}

static void test_common_names_are_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *names, *said;
    } rows[] = {
        {"Document|Topic_group", "text from 'Document'; field 'Topic_group'"},
        {"text|intent", "text from 'text'; field 'intent'"},
        {"label|text", "text from 'text'; field 'label'"},
        {"id|created_at|channel|subject|body|category|priority|assignment_group",
         "text from 'subject' + 'body'; fields 'category', 'priority', 'assignment_group'"},
        {"Number|Short description|Description|Category|Assignment group",
         "text from 'Short description' + 'Description'; fields 'Category', 'Assignment group'"},
        {"Ticket ID|Ticket Subject|Ticket Description|Ticket Type|Ticket Priority",
         "text from 'Ticket Subject' + 'Ticket Description'; fields 'Ticket Type', 'Ticket "
         "Priority'"},
        {"subject|body|answer|type|queue|priority|language",
         "text from 'subject' + 'body'; fields 'queue', 'type', 'priority'"},
        {"body|subject|LABEL", "text from 'subject' + 'body'; field 'LABEL'"},
        {"title|category", "text from 'title'; field 'category'"},
        {"description|queue", "text from 'description'; field 'queue'"},
        {"text|title|class", "text from 'text'; field 'class'"},
        {"question|x", "text from 'question'; field 'x'"},
        {"x|intent", "text from 'x'; field 'intent'"},
        {"category|label|text", "text from 'text'; field 'label'"},
    };
    const triage_read_options options = {0};
    buffer said = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(guess(rows[i].names, &options, true, true, &said), rows[i].said);
    buffer_free(&said);
}

static void test_without_labels_the_text_alone_is_guessed(void **state)
{
    (void)state;
    const triage_read_options options = {0};
    buffer said = {0};
    assert_string_equal(guess("text|intent", &options, false, true, &said), "text from 'text'");
    assert_string_equal(guess("anything", &options, false, true, &said), "text from 'anything'");
    assert_string_equal(guess("x|intent", &options, false, true, &said), "text from 'x'");
    buffer_free(&said);
}

static void test_what_cannot_be_guessed_is_an_error_with_the_columns(void **state)
{
    (void)state;
    const triage_read_options options = {0};
    buffer said = {0};
    assert_string_equal(guess("a|b|c", &options, true, true, &said),
                        "'f.csv' has no column that looks like the text; its columns are 'a', "
                        "'b', 'c'");
    assert_string_equal(guess("text|b|c", &options, true, true, &said),
                        "'f.csv' has no column that looks like a label; its columns are 'text', "
                        "'b', 'c'");
    assert_string_equal(guess("text", &options, true, true, &said),
                        "'f.csv' has no column that looks like a label; its columns are 'text'");
    assert_string_equal(guess("text|text|label", &options, true, true, &said),
                        "'f.csv' has two columns 'text'");
    buffer_free(&said);
}

static void test_columns_asked_for_are_taken_exactly(void **state)
{
    (void)state;
    const char *const texts[] = {"b", "a"};
    const triage_field_column fields[] = {{NULL, "c"}, {"team", "label"}};
    const triage_read_options options = {
        .text_columns = texts, .n_text_columns = 2, .fields = fields, .n_fields = 2};
    header h;
    buffer said = {0};
    columns c;
    triage_error err;
    split("a|b|c|label", &h);
    column_request request = {.file = "f",
                              .header = h.names,
                              .n_header = h.n,
                              .options = &options,
                              .needs_fields = true,
                              .must_exist = true};
    assert_int_equal(columns_choose(&request, &c, &said, &err), TRIAGE_OK);
    assert_int_equal(said.length, 0);
    assert_int_equal(c.n_text, 2);
    assert_int_equal(c.text[0].index, 1);
    assert_int_equal(c.text[1].index, 0);
    assert_int_equal(c.n_fields, 2);
    assert_string_equal(c.fields[0].name, "c");
    assert_int_equal(c.fields[0].column.index, 2);
    assert_string_equal(c.fields[1].name, "team");
    assert_int_equal(c.fields[1].column.index, 3);
    columns_free(&c);
    buffer_free(&said);
}

static void test_half_of_it_may_be_asked_for(void **state)
{
    (void)state;
    const char *const texts[] = {"intent"};
    const triage_field_column fields[] = {{NULL, "priority"}};
    const triage_read_options text = {.text_columns = texts, .n_text_columns = 1};
    const triage_read_options field = {.fields = fields, .n_fields = 1};
    buffer said = {0};
    assert_string_equal(guess("text|intent|label", &text, true, true, &said), "field 'label'");
    assert_string_equal(guess("text|label|priority", &field, true, true, &said),
                        "text from 'text'");
    buffer_free(&said);
}

static void test_a_column_that_is_not_there_is_an_error_with_those_that_are(void **state)
{
    (void)state;
    const char *const texts[] = {"Text"};
    const triage_field_column fields[] = {{NULL, "team"}};
    const triage_read_options text = {.text_columns = texts, .n_text_columns = 1};
    const triage_read_options field = {.fields = fields, .n_fields = 1};
    buffer said = {0};
    assert_string_equal(guess("text|label", &text, true, true, &said),
                        "'f.csv' has no column 'Text'; its columns are 'text', 'label'");
    assert_string_equal(guess("text|label", &field, true, true, &said),
                        "'f.csv' has no column 'team'; its columns are 'text', 'label'");
    assert_string_equal(guess("text|label", &field, true, false, &said), "text from 'text'");
    buffer_free(&said);
}

static void test_options_that_contradict_themselves_are_refused(void **state)
{
    (void)state;
    const char *const no_text[] = {NULL};
    const triage_field_column twice[] = {{"x", "a"}, {"x", "b"}}, no_column[] = {{"x", NULL}};
    const triage_read_options unnamed = {.text_columns = no_text, .n_text_columns = 1};
    const triage_read_options doubled = {.fields = twice, .n_fields = 2};
    const triage_read_options empty = {.fields = no_column, .n_fields = 1};
    triage_field_column many[65];
    for (size_t i = 0; i < 65; i++)
        many[i] = (triage_field_column){NULL, "a"};
    const triage_read_options crowded = {.fields = many, .n_fields = 65};
    buffer said = {0};
    assert_string_equal(guess("a|b", &unnamed, true, true, &said), "text column 1 has no name");
    assert_string_equal(guess("a|b", &doubled, true, true, &said), "two fields are named 'x'");
    assert_string_equal(guess("a|b", &empty, true, true, &said), "field 1 has no column");
    assert_string_equal(guess("a|b", &crowded, true, true, &said), "more than 64 fields");
    buffer_free(&said);
}

static void test_a_long_list_of_columns_is_cut(void **state)
{
    (void)state;
    slice names[30];
    const triage_read_options options = {0};
    buffer said = {0};
    columns c;
    triage_error err;
    for (size_t i = 0; i < 30; i++)
        names[i] = (slice){"zz", 2};
    column_request request = {
        .file = "f", .header = names, .n_header = 30, .options = &options, .needs_fields = true};
    assert_int_equal(columns_choose(&request, &c, &said, &err), TRIAGE_ERROR_DATA);
    assert_non_null(strstr(err.message, "'zz' and 10 more"));
    buffer_free(&said);
}

static void test_lines_have_one_field(void **state)
{
    (void)state;
    const triage_field_column fields[] = {{"team", "x"}, {NULL, "y"}};
    triage_read_options options = {.fields = fields};
    column_request request = {.file = "f", .options = &options};
    columns c;
    triage_error err;
    assert_int_equal(columns_of_lines(&request, &c, &err), TRIAGE_OK);
    assert_int_equal(c.n_fields, 1);
    assert_string_equal(c.fields[0].name, "label");
    columns_free(&c);
    options.n_fields = 1;
    assert_int_equal(columns_of_lines(&request, &c, &err), TRIAGE_OK);
    assert_string_equal(c.fields[0].name, "team");
    columns_free(&c);
    options.n_fields = 2;
    assert_int_equal(columns_of_lines(&request, &c, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "'f' has one label a line and cannot have 2 fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_common_names_are_guessed),
        cmocka_unit_test(test_without_labels_the_text_alone_is_guessed),
        cmocka_unit_test(test_what_cannot_be_guessed_is_an_error_with_the_columns),
        cmocka_unit_test(test_columns_asked_for_are_taken_exactly),
        cmocka_unit_test(test_half_of_it_may_be_asked_for),
        cmocka_unit_test(test_a_column_that_is_not_there_is_an_error_with_those_that_are),
        cmocka_unit_test(test_options_that_contradict_themselves_are_refused),
        cmocka_unit_test(test_a_long_list_of_columns_is_cut),
        cmocka_unit_test(test_lines_have_one_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
