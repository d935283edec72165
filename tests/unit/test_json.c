/* SPDX-License-Identifier: MIT */
/* Reading JSON: what is refused and where, and access to values. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_parser *parser;

static int make_parser(void **state)
{
    (void)state;
    parser = json_parser_new();
    return parser ? 0 : -1;
}

static int free_parser(void **state)
{
    (void)state;
    json_parser_free(parser);
    return 0;
}

static json_value *parse_bytes(const char *text, size_t length)
{
    triage_error err;
    json_value *value = NULL;
    if (json_parse(parser, text, length, &value, &err) != TRIAGE_OK)
        fail_msg("%s: %s", text, err.message);
    return value;
}

static json_value *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void assert_refused(const char *text, size_t length, const char *expected)
{
    triage_error err;
    json_value *value = NULL;
    if (json_parse(parser, text, length, &value, &err) != TRIAGE_ERROR_DATA)
        fail_msg("'%s' was accepted", text);
    assert_null(value);
    if (expected)
        assert_string_equal(err.message, expected);
    else
        assert_non_null(strstr(err.message, "not JSON at byte "));
}

static const char *const NOT_JSON[] = {
    "",
    " ",
    "1.",
    "-",
    "01",
    "00",
    "-01",
    ".5",
    "+1",
    "1e",
    "1e+",
    "2.e5",
    "nan",
    "NaN",
    "Infinity",
    "-Infinity",
    "nULL",
    "truE",
    "tru",
    "'a'",
    "{a:1}",
    "{\"a\":1,}",
    "[1,]",
    "[1 2]",
    "[",
    "]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1",
    "/*c*/1",
    "1 2",
    "{}{}",
    "\"a",
    "\"\\x\"",
    "\"\\u12\"",
    "\"a\tb\"",
    "\"a\nb\"",
    "\"\x01\"",
    "\x01",
    "1\x0C",
    "\"\\",
    "\xEF\xBB\xBF{}",
    "\"\xC0\x80\"",
    "\"\xED\xA0\x80\"",
    "\"\xFF\"",
    "{\"a\\u0000b\":1}",
    "18446744073709551616",
    "-9223372036854775809",
    "--1",
    "1-1",
    "1.2.3",
    "0x10",
};

static void test_what_is_not_json_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof NOT_JSON / sizeof *NOT_JSON; i++)
        assert_refused(NOT_JSON[i], strlen(NOT_JSON[i]), NULL);
    assert_refused("1\0", 2, NULL);
    assert_refused("\"a\0b\"", 5, NULL);
}

static void test_the_place_of_the_mistake_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"{\"a\":1,}", "not JSON at byte 8: unexpected character"},
        {"[1,\"a\tb\"]", "not JSON at byte 6: control character in a string"},
        {"[1,01]", "not JSON at byte 4: not a number"},
        {"\"ab\xFF\"", "not JSON at byte 4: invalid UTF-8"},
        {"[12345678901234567890123]", "not JSON at byte 2: integer of more than 64 bits"},
        {"{\"a\":1,\"\\u0000\" : 2}", "not JSON at byte 8: NUL character in a name"},
        {"[1,2", "not JSON at byte 5: unexpected end of data"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].text, strlen(rows[i].text), rows[i].message);
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    char text[2 * 1000 + 1];
    for (size_t depth = 1; depth <= 1000; depth += depth < 40 ? 1 : 96) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        if (depth < JSON_MAX_DEPTH)
            json_free(parse(text));
        else if (depth > JSON_MAX_DEPTH)
            assert_refused(text, 2 * depth, NULL);
    }
    json_free(parse("[1]")); /* the parser is as good as new */
}

static void test_values_are_read(void **state)
{
    (void)state;
    json_value *value = parse(" { \"s\" : \"a\\u00e9\\n\\ud83d\\ude00\" , \"n\":-1.50,\"t\":true,"
                              "\"z\":null,\"l\":[1,\"x\",{}], \"\":7 } ");
    const json_value *member;
    const char *text = NULL;
    size_t length = 0;
    double number = 0;
    bool is_true = false;
    assert_int_equal(json_kind_of(value), JSON_OBJECT);
    assert_int_equal(json_length(value), 6);
    assert_true(json_member(value, "s", &member) && json_string(member, &text, &length));
    assert_int_equal(length, 8);
    assert_memory_equal(text, "a\xC3\xA9\n\xF0\x9F\x98\x80", 8);
    assert_true(json_member(value, "n", &member) && json_double(member, &number));
    assert_true(number == -1.5);
    assert_true(json_scalar_text(member, &text, &length));
    assert_string_equal(text, "-1.50");
    assert_true(json_member(value, "t", &member) && json_boolean(member, &is_true) && is_true);
    assert_true(json_member(value, "z", &member));
    assert_null(member);
    assert_true(json_member(value, "l", &member));
    assert_int_equal(json_length(member), 3);
    assert_int_equal(json_kind_of(json_element(member, 2)), JSON_OBJECT);
    assert_null(json_element(member, 3));
    assert_true(json_member(value, "", &member));
    assert_false(json_member(value, "x", &member));
    json_free(value);
}

static void test_members_come_in_order_and_the_last_of_a_name_counts(void **state)
{
    (void)state;
    json_value *value = parse("{\"b\":1,\"a\":null,\"b\":2}");
    json_cursor cursor = {0};
    const char *name;
    const json_value *member;
    int64_t number;
    assert_true(json_next_member(value, &cursor, &name, &member));
    assert_string_equal(name, "b");
    assert_true(json_int(member, 0, 9, &number));
    assert_int_equal(number, 2);
    assert_true(json_next_member(value, &cursor, &name, &member));
    assert_string_equal(name, "a");
    assert_null(member);
    assert_false(json_next_member(value, &cursor, &name, &member));
    assert_false(json_next_member(value, &cursor, &name, &member));
    cursor = (json_cursor){0};
    assert_false(json_next_member(NULL, &cursor, &name, &member));
    json_free(value);
}

static void test_numbers_are_not_bent(void **state)
{
    (void)state;
    int64_t number = 5;
    double real = 5;
    static const char *const no_ints[] = {"1.0",   "1e2",  "10",   "-1", "18446744073709551615",
                                          "\"1\"", "true", "null", "[]"};
    for (size_t i = 0; i < sizeof no_ints / sizeof *no_ints; i++) {
        json_value *value = parse(no_ints[i]);
        assert_false(json_int(value, 0, 9, &number));
        json_free(value);
    }
    json_value *huge = parse("1e999");
    assert_false(json_double(huge, &real));
    json_free(huge);
    assert_int_equal(number, 5);
    assert_true(real == 5);
}

static void test_a_nul_in_a_string_is_kept(void **state)
{
    (void)state;
    json_value *value = parse("\"a\\u0000b\"");
    const char *text;
    size_t length;
    assert_true(json_string(value, &text, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\0b", 3);
    json_free(value);
}

static void test_half_a_surrogate_pair_becomes_the_replacement_character(void **state)
{
    (void)state;
    json_value *value = parse("\"\\ud800x\"");
    const char *text;
    size_t length;
    assert_true(json_string(value, &text, &length));
    assert_string_equal(text, "\xEF\xBF\xBDx");
    json_free(value);
}

static void test_null_is_a_value(void **state)
{
    (void)state;
    const json_value *member;
    const char *text;
    size_t length;
    assert_null(parse(" null "));
    assert_int_equal(json_kind_of(NULL), JSON_NULL);
    assert_int_equal(json_length(NULL), 0);
    assert_false(json_member(NULL, "a", &member));
    assert_null(json_element(NULL, 0));
    assert_false(json_string(NULL, &text, &length));
    assert_false(json_scalar_text(NULL, &text, &length));
    assert_string_equal(json_kind_name(JSON_ARRAY), "array");
}

static void test_only_the_given_length_is_read(void **state)
{
    (void)state;
    int64_t number;
    json_value *value = parse_bytes("12345", 2);
    assert_true(json_int(value, 0, 99, &number));
    assert_int_equal(number, 12);
    json_free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_the_place_of_the_mistake_is_told),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_values_are_read),
        cmocka_unit_test(test_members_come_in_order_and_the_last_of_a_name_counts),
        cmocka_unit_test(test_numbers_are_not_bent),
        cmocka_unit_test(test_a_nul_in_a_string_is_kept),
        cmocka_unit_test(test_half_a_surrogate_pair_becomes_the_replacement_character),
        cmocka_unit_test(test_null_is_a_value),
        cmocka_unit_test(test_only_the_given_length_is_read),
    };
    return cmocka_run_group_tests(tests, make_parser, free_parser);
}
