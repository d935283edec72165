/* SPDX-License-Identifier: MIT */
/* UTF-8: every code point, the edges of table 3-7, and positions around the ASCII fast path. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t encode(uint32_t point, char *bytes)
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3F));
    bytes[0] = (char)(first[length] | point);
    return length;
}

static void test_every_code_point_but_surrogates_is_valid(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x110000; point++) {
        char bytes[4];
        size_t length = encode(point, bytes);
        bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (utf8_is_valid(bytes, length) == is_surrogate)
            fail_msg("U+%04X", (unsigned)point);
        if (length > 1 && utf8_valid_length(bytes, length - 1) != 0)
            fail_msg("U+%04X cut off", (unsigned)point);
    }
}

static void test_what_is_not_utf8_is_found(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3(",
        "\xE2\x82(",
        "\xE2(\xAC",
        "\xF0\x9F\x98(",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(utf8_valid_length(bad[i], strlen(bad[i])), 0);
}

static void test_the_first_bad_byte_is_found_wherever_it_is(void **state)
{
    (void)state;
    char bytes[100];
    for (size_t at = 0; at < sizeof bytes; at++) {
        memset(bytes, 'a', sizeof bytes);
        assert_true(utf8_is_valid(bytes, sizeof bytes));
        bytes[at] = '\xFF';
        assert_int_equal(utf8_valid_length(bytes, sizeof bytes), at);
        if (at + 2 > sizeof bytes)
            continue;
        memcpy(bytes + at, "\xC3\xA9", 2); /* e with acute */
        assert_true(utf8_is_valid(bytes, sizeof bytes));
    }
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\0b", 3));
}

static void test_what_is_no_text_is_replaced(void **state)
{
    (void)state;
    buffer out = {0};
    utf8_append_clean(&out, "", 0);
    utf8_append_clean(&out, "a\0\xC3\xA9\xFF\xE2\x82", 7);
    utf8_append_clean(&out, "\0", 1);
    assert_string_equal(buffer_string(&out),
                        "a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_true(utf8_is_valid(out.data, out.length));
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_but_surrogates_is_valid),
        cmocka_unit_test(test_what_is_not_utf8_is_found),
        cmocka_unit_test(test_the_first_bad_byte_is_found_wherever_it_is),
        cmocka_unit_test(test_what_is_no_text_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
