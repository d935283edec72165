/* SPDX-License-Identifier: MIT */
/* Snippets: cut at characters, on one line, and harmless. */
#include "train/snippet.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REPLACED "\xEF\xBF\xBD"
#define ELLIPSIS "\xE2\x80\xA6"

static void assert_snippet(const char *text, size_t length, size_t max, const char *expected,
                           size_t n_expected)
{
    buffer out = {0};
    /* A copy without a NUL behind it, so that a sanitiser sees a step too far. */
    char *copy = mem_new(length, 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    assert_int_equal(snippet_append(&out, copy, length, max), n_expected);
    assert_string_equal(buffer_string(&out), expected);
    buffer_free(&out);
    free(copy);
}

static void test_white_space_is_one_space(void **state)
{
    (void)state;
    assert_snippet(" \t a\r\n\n b\xC2\xA0\xE3\x80\x80"
                   "c \n",
                   15, 99, "a b c", 5);
    assert_snippet("", 0, 5, "", 0);
    assert_snippet(" \n ", 3, 5, "", 0);
}

static void test_long_texts_are_cut_at_a_character(void **state)
{
    (void)state;
    assert_snippet("abcdef", 6, 6, "abcdef", 6);
    assert_snippet("abcdefg", 7, 6, "abcde" ELLIPSIS, 6);
    assert_snippet("abcdef  ", 8, 6, "abcdef", 6);
    assert_snippet("\xC3\xA4\xC3\xB6\xC3\xBC", 6, 2, "\xC3\xA4" ELLIPSIS, 2);
    assert_snippet("a\xF0\x9F\x98\x80"
                   "bc",
                   7, 3, "a\xF0\x9F\x98\x80" ELLIPSIS, 3);
    assert_snippet("ab", 2, 1, ELLIPSIS, 1);
}

static void test_what_could_steer_a_terminal_is_replaced(void **state)
{
    (void)state;
    assert_snippet("a\x1B[31m", 6, 99, "a" REPLACED "[31m", 6);
    assert_snippet("a\0b\x7F\xC2\x9B", 6, 99, "a" REPLACED "b" REPLACED REPLACED, 5);
    assert_snippet("\xE2\x80\xAEx\xE2\x81\xA6\xEF\xBB\xBF", 10, 99, REPLACED "x" REPLACED REPLACED,
                   4);
    assert_snippet("\xEF\xBF\xBE\xEF\xBF\xBF", 6, 99, REPLACED REPLACED, 2);
}

static void test_bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    assert_snippet("a\xFF\x80z", 4, 99, "a" REPLACED REPLACED "z", 4);
    assert_snippet("\xE2\x82", 2, 99, REPLACED REPLACED, 2);
    assert_snippet("\xC0\xAF", 2, 99, REPLACED REPLACED, 2);
    assert_snippet("\xED\xA0\x80", 3, 99, REPLACED REPLACED REPLACED, 3);
}

static void test_markup_is_escaped(void **state)
{
    (void)state;
    buffer out = {0};
    assert_int_equal(snippet_append_escaped(&out, "<a href='\"'>&", 13, 99), 13);
    assert_string_equal(buffer_string(&out), "&lt;a href=&#39;&quot;&#39;&gt;&amp;");
    buffer_clear(&out);
    assert_int_equal(snippet_append_escaped(&out, "<<<<", 4, 3), 3);
    assert_string_equal(buffer_string(&out), "&lt;&lt;" ELLIPSIS);
    buffer_free(&out);
}

/* Whatever the bytes: UTF-8 comes out, within the limit. */
static void test_any_bytes(void **state)
{
    (void)state;
    char text[64];
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = (char)(seed >> 24);
        }
        buffer out = {0};
        size_t max = 1 + seed % 70;
        assert_true(snippet_append(&out, text, seed >> 8 & 63, max) <= max);
        assert_true(utf8_is_valid(out.data, out.length));
        buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_white_space_is_one_space),
        cmocka_unit_test(test_long_texts_are_cut_at_a_character),
        cmocka_unit_test(test_what_could_steer_a_terminal_is_replaced),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(test_markup_is_escaped),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
