/* SPDX-License-Identifier: MIT */
/* Flat objects: what is read without building values is what json_parse() would have given. */
#include "base/json_flat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool reads(json_flat *flat, const char *text)
{
    return json_flat_read(flat, text, strlen(text));
}

static void reads_plain_objects(void **state)
{
    (void)state;
    json_flat flat = {0};
    assert_true(reads(&flat, " {\"text\" : \"a \\\"b\\\"\\n\\u00e4\" } ") ==
                false); /* \u: not here */
    assert_true(reads(&flat,
                      " { \"text\" : \"a \\\"b\\\"\\n\\/\xC3\xA4\" ,\n\"top\":12,\"explain\":true, "
                      "\"id\":null, \"x\":false}\r\n"));
    assert_int_equal(flat.n, 5);
    const json_flat_member *text = json_flat_find(&flat, "text");
    assert_int_equal(text->kind, JSON_STRING);
    assert_string_equal(text->text, "a \"b\"\n/\xC3\xA4");
    assert_int_equal(text->length, strlen(text->text));
    int64_t top;
    double number;
    assert_true(json_flat_int(json_flat_find(&flat, "top"), 1, 12, &top));
    assert_int_equal(top, 12);
    assert_false(json_flat_int(json_flat_find(&flat, "top"), 1, 11, &top));
    assert_true(json_flat_double(json_flat_find(&flat, "top"), &number));
    assert_true(number > 11.9 && number < 12.1);
    assert_false(json_flat_int(text, 0, 100, &top));
    assert_false(json_flat_int(NULL, 0, 100, &top));
    assert_int_equal(json_flat_find(&flat, "explain")->kind, JSON_BOOL);
    assert_string_equal(json_flat_find(&flat, "x")->text, "false");
    assert_int_equal(json_flat_find(&flat, "id")->kind, JSON_NULL);
    assert_null(json_flat_find(&flat, "tex"));
    assert_true(reads(&flat, "{}"));
    assert_int_equal(flat.n, 0);
    json_flat_free(&flat);
}

static void leaves_doubts_to_the_parser(void **state)
{
    (void)state;
    static const char *const doubts[] = {"",
                                         "[]",
                                         "{",
                                         "{\"a\"}",
                                         "{\"a\":}",
                                         "{\"a\":1,}",
                                         "{\"a\":1 \"b\":2}",
                                         "{\"a\":1}x",
                                         "{\"a\":[1]}",
                                         "{\"a\":{}}",
                                         "{\"a\":-1}",
                                         "{\"a\":1.5}",
                                         "{\"a\":1e3}",
                                         "{\"a\":01}",
                                         "{\"a\":1234567890}",
                                         "{\"a\":tru}",
                                         "{\"a\":nul}",
                                         "{\"a\":NaN}",
                                         "{\"a\":\"\t\"}",
                                         "{\"a\":\"\\u0041\"}",
                                         "{\"a\":\"\\x\"}",
                                         "{\"a\":\"\\\"}",
                                         "{\"a\":1,\"a\":2}",
                                         "{'a':1}",
                                         "{\"a\":\"\xFF\"}",
                                         "{\"a\":\"\xC0\x80\"}",
                                         "{a:1}",
                                         "{\"a\":\"b}",
                                         "// x\n{}"};
    json_flat flat = {0};
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        assert_false(reads(&flat, doubts[i]));
        assert_int_equal(flat.n, 0);
    }
    assert_false(json_flat_read(&flat, "{\"a\":1}\x00", 8));
    json_flat_free(&flat);
}

static void one_member_too_many(void **state)
{
    (void)state;
    json_flat flat = {0};
    buffer text = {0};
    buffer_append_char(&text, '{');
    for (int i = 0; i < JSON_FLAT_MAX; i++)
        buffer_printf(&text, "%s\"m%d\":%d", i ? "," : "", i, i);
    buffer_append_char(&text, '}');
    assert_true(json_flat_read(&flat, text.data, text.length));
    assert_int_equal(flat.n, JSON_FLAT_MAX);
    text.length--;
    buffer_append_text(&text, ",\"last\":1}");
    assert_false(json_flat_read(&flat, text.data, text.length));

    json_parser *parser = json_parser_new();
    json_value *value;
    const char *sentence;
    assert_int_equal(json_parse(parser, text.data, text.length, &value, NULL), TRIAGE_OK);
    assert_false(json_flat_take(&flat, value, &sentence));
    assert_string_equal(sentence, "the object has too many members");
    json_free(value);
    json_parser_free(parser);
    buffer_free(&text);
    json_flat_free(&flat);
}

static void takes_what_was_parsed(void **state)
{
    (void)state;
    static const char text[] = "{\"s\":\"\\u0000x\",\"n\":-1.5,\"a\":[1],\"b\":true,\"z\":null}";
    json_parser *parser = json_parser_new();
    json_value *value;
    json_flat flat = {0};
    const char *sentence = NULL;
    double number;
    assert_int_equal(json_parse(parser, text, sizeof text - 1, &value, NULL), TRIAGE_OK);
    assert_true(json_flat_take(&flat, value, &sentence));
    assert_int_equal(flat.n, 5);
    assert_int_equal(json_flat_find(&flat, "s")->length, 2);
    assert_memory_equal(json_flat_find(&flat, "s")->text, "\0x", 2);
    assert_true(json_flat_double(json_flat_find(&flat, "n"), &number));
    assert_true(number == -1.5);
    assert_int_equal(json_flat_find(&flat, "a")->kind, JSON_ARRAY);
    assert_string_equal(json_flat_find(&flat, "b")->text, "true");
    assert_int_equal(json_flat_find(&flat, "z")->kind, JSON_NULL);
    json_free(value);
    assert_int_equal(json_parse(parser, "[]", 2, &value, NULL), TRIAGE_OK);
    assert_false(json_flat_take(&flat, value, &sentence));
    json_free(value);
    json_parser_free(parser);
    json_flat_free(&flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_objects),
        cmocka_unit_test(leaves_doubts_to_the_parser),
        cmocka_unit_test(one_member_too_many),
        cmocka_unit_test(takes_what_was_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
