/* SPDX-License-Identifier: MIT */
/* Writing JSON: commas, escapes, numbers; what is written is read back. */
#include "base/json.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_commas_and_brackets(void **state)
{
    (void)state;
    buffer out = {0};
    json_writer w = {.out = &out};
    json_begin_object(&w);
    json_write_key(&w, "a");
    json_begin_array(&w);
    json_end_array(&w);
    json_write_key(&w, "b");
    json_begin_array(&w);
    json_write_int(&w, -1);
    json_begin_object(&w);
    json_end_object(&w);
    json_write_uint(&w, UINT64_MAX);
    json_write_bool(&w, true);
    json_end_array(&w);
    json_write_key(&w, "c");
    json_write_null(&w);
    json_write_key(&w, "d");
    json_write_raw(&w, "[1]", 3);
    json_write_key(&w, "e");
    json_write_text(&w, NULL);
    json_end_object(&w);
    assert_string_equal(buffer_string(&out), "{\"a\":[],\"b\":[-1,{},18446744073709551615,true],"
                                             "\"c\":null,\"d\":[1],\"e\":null}");
    buffer_free(&out);
}

static const char *written(buffer *out, const char *text, size_t length)
{
    buffer_clear(out);
    json_writer w = {.out = out};
    json_write_string(&w, text, length);
    return buffer_string(out);
}

static void test_escapes(void **state)
{
    (void)state;
    buffer out = {0};
    assert_string_equal(written(&out, "", 0), "\"\"");
    assert_string_equal(written(&out, "a\"b\\c/", 6), "\"a\\\"b\\\\c/\"");
    assert_string_equal(written(&out, "\n\r\t\0\x1F\x7F", 6), "\"\\n\\r\\t\\u0000\\u001f\\u007f\"");
    assert_string_equal(written(&out, "\xC3\xA9", 2), "\"\xC3\xA9\"");
    buffer_free(&out);
}

static void test_invalid_utf8_is_replaced(void **state)
{
    (void)state;
    buffer out = {0};
    assert_string_equal(written(&out, "a\xFFz", 3), "\"a\xEF\xBF\xBDz\"");
    assert_string_equal(written(&out, "\xC3", 1), "\"\xEF\xBF\xBD\"");
    buffer_free(&out);
}

/* Eight bytes are looked at at a time: each byte that is not plain is seen at each place. */
static void test_one_byte_among_plain_ones(void **state)
{
    (void)state;
    buffer out = {0}, expected = {0};
    for (size_t length = 1; length <= 26; length++) {
        for (size_t at = 0; at < length; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char text[32];
                memset(text, '~', sizeof text);
                text[at] = (char)c;
                buffer_clear(&expected);
                buffer_printf(&expected, "\"%.*s", (int)at, text);
                if (c == '\n' || c == '\r' || c == '\t')
                    buffer_printf(&expected, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
                else if (c < 0x20 || c == 0x7F)
                    buffer_printf(&expected, "\\u%04x", c);
                else if (c == '"' || c == '\\')
                    buffer_printf(&expected, "\\%c", c);
                else if (c >= 0x80)
                    buffer_append_text(&expected, "\xEF\xBF\xBD");
                else
                    buffer_append_char(&expected, (char)c);
                buffer_printf(&expected, "%.*s\"", (int)(length - at - 1), text + at + 1);
                assert_string_equal(written(&out, text, length), buffer_string(&expected));
            }
        }
    }
    buffer_free(&out);
    buffer_free(&expected);
}

static void test_whole_numbers(void **state)
{
    (void)state;
    buffer out = {0};
    json_writer w = {.out = &out};
    json_begin_array(&w);
    json_write_int(&w, 0);
    json_write_int(&w, INT64_MIN);
    json_write_int(&w, INT64_MAX);
    json_write_uint(&w, 0);
    json_write_uint(&w, 1000);
    json_end_array(&w);
    assert_string_equal(buffer_string(&out), "[0,-9223372036854775808,9223372036854775807,0,1000]");
    buffer_free(&out);
}

static void test_members_written_before(void **state)
{
    (void)state;
    buffer out = {0};
    json_writer w = {.out = &out};
    json_begin_object(&w);
    json_write_members(&w, "", 0);
    json_write_members(&w, "\"a\":1,\"b\":2", 11);
    json_write_members(&w, "", 0);
    json_write_key(&w, "c");
    json_write_int(&w, 3);
    json_write_members(&w, "\"d\":4", 5);
    json_end_object(&w);
    assert_string_equal(buffer_string(&out), "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}");
    buffer_free(&out);
}

static void test_numbers(void **state)
{
    (void)state;
    buffer out = {0};
    json_writer w = {.out = &out};
    json_begin_array(&w);
    json_write_double(&w, 0.1);
    json_write_float(&w, 0.1F);
    json_write_double(&w, (double)NAN);
    json_write_float(&w, -INFINITY);
    json_write_double(&w, -0.0);
    json_write_double(&w, 1e300);
    json_end_array(&w);
    assert_string_equal(buffer_string(&out), "[0.1,0.1,null,null,-0,1e+300]");
    buffer_free(&out);
}

static void test_any_bytes_are_written_as_json_and_valid_ones_come_back(void **state)
{
    (void)state;
    json_parser *parser = json_parser_new();
    rng r = {.state = 3};
    buffer out = {0};
    for (int i = 0; i < 3000; i++) {
        char bytes[40];
        size_t length = rng_below(&r, sizeof bytes);
        bool is_ascii = i % 2 == 0;
        for (size_t k = 0; k < length; k++)
            bytes[k] = (char)rng_below(&r, is_ascii ? 128 : 256);
        triage_error err;
        json_value *value;
        const char *text;
        size_t n;
        written(&out, bytes, length);
        if (json_parse(parser, out.data, out.length, &value, &err) != TRIAGE_OK)
            fail_msg("%s: %s", out.data, err.message);
        assert_true(json_string(value, &text, &n));
        if (is_ascii) {
            assert_int_equal(n, length);
            assert_memory_equal(text, bytes, length);
        }
        json_free(value);
    }
    buffer_free(&out);
    json_parser_free(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_and_brackets),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_invalid_utf8_is_replaced),
        cmocka_unit_test(test_one_byte_among_plain_ones),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_members_written_before),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_any_bytes_are_written_as_json_and_valid_ones_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
