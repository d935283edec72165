/* SPDX-License-Identifier: MIT */
/* The tokeniser: what a word is, folding, hostile bytes, and that tokenising twice changes nothing.
 */
#include "base/rng.h"
#include "text/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

/* The tokens of `text`, joined by '|'. */
static void expect(const char *text, const char *joined)
{
    tokens t = {0};
    assert_true(tokens_read(&t, text, strlen(text)));
    buffer out = {0};
    for (size_t i = 0; i < t.n; i++) {
        if (i)
            buffer_append_char(&out, '|');
        buffer_append(&out, token_bytes(&t, i), t.items[i].length);
    }
    assert_string_equal(buffer_string(&out), joined);
    buffer_free(&out);
    tokens_free(&t);
}

static void ascii_is_lowered_and_split(void **state)
{
    (void)state;
    expect("Printer 3rd-floor DEAD!!", "printer|3rd|floor|dead");
    expect("can't log_in", "can|t|log|in");
    expect("a", "a");
}

static void nothing_gives_no_token(void **state)
{
    (void)state;
    expect("", "");
    expect(" \t\r\n ... !? ", "");
    expect("\xF0\x9F\x98\x80", ""); /* an emoji is a symbol */
}

static void unicode_is_folded(void **state)
{
    (void)state;
    expect("GR\xC3\x9C\xC3\x9F"
           "E Stra\xC3\x9F"
           "e",
           "gr\xC3\xBCsse|strasse");
    expect("u\xCC\x88"
           "ber",
           "\xC3\xBC"
           "ber"); /* u + combining diaeresis */
    expect("\xEF\xBC\xB0\xEF\xBC\xA3 \xEF\xAC\x81le",
           "pc|file"); /* full-width PC, the ligature fi */
    expect("caf\xC3\xA9\xE2\x80\x94\xC3\xA0", "caf\xC3\xA9|\xC3\xA0"); /* em dash separates */
}

static void unspaced_scripts_give_one_token_a_character(void **state)
{
    (void)state;
    expect("PC\xE6\x95\x85\xE9\x9A\x9C", "pc|\xE6\x95\x85|\xE9\x9A\x9C");
}

static void invalid_utf8_separates_and_is_counted(void **state)
{
    (void)state;
    tokens t = {0};
    assert_true(tokens_read(&t,
                            "ab\xFF"
                            "cd \xC3",
                            7));
    assert_int_equal(t.n, 2);
    assert_int_equal(t.n_invalid_utf8, 2);
    tokens_free(&t);
}

static void a_long_run_is_cut(void **state)
{
    (void)state;
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    tokens t = {0};
    assert_true(tokens_read(&t, text, 1000));
    assert_int_equal(t.n, 1);
    assert_int_equal(t.items[0].length, TOKEN_MAX_BYTES);
    tokens_free(&t);
}

/* A megabyte of combining marks would take quadratic time to order if nothing stopped it. */
static void a_run_of_marks_is_bounded(void **state)
{
    (void)state;
    size_t n = 1 << 20;
    char *text = malloc(2 * n);
    for (size_t i = 0; i < n; i++)
        memcpy(text + 2 * i, i % 2 ? "\xCC\x81" : "\xCC\xA3", 2);
    tokens t = {0};
    assert_true(tokens_read(&t, text, 2 * n));
    assert_int_equal(t.n, 1);
    tokens_free(&t);
    free(text);
}

static void assert_idempotent(const char *text, size_t length)
{
    tokens first = {0}, second = {0};
    buffer joined = {0};
    assert_true(tokens_read(&first, text, length));
    for (size_t i = 0; i < first.n; i++) {
        buffer_append(&joined, token_bytes(&first, i), first.items[i].length);
        buffer_append_char(&joined, ' ');
    }
    assert_true(tokens_read(&second, joined.data, joined.length));
    assert_int_equal(first.n, second.n);
    for (size_t i = 0; i < first.n; i++) {
        assert_int_equal(first.items[i].length, second.items[i].length);
        assert_memory_equal(token_bytes(&first, i), token_bytes(&second, i), first.items[i].length);
    }
    buffer_free(&joined);
    tokens_free(&first);
    tokens_free(&second);
}

static void every_character_folds_to_a_fixed_point(void **state)
{
    (void)state;
    for (int32_t c = 0; c < 0x110000; c++) {
        unsigned char text[10] = "a";
        if (!utf8proc_codepoint_valid(c))
            continue;
        ptrdiff_t n = utf8proc_encode_char(c, text + 1);
        assert_idempotent((const char *)text, (size_t)n + 1);
        assert_idempotent((const char *)text + 1, (size_t)n);
    }
}

static void random_bytes_are_idempotent(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",
                                         "B",
                                         " ",
                                         ".",
                                         "\xC3\x9F",
                                         "\xCC\x88",
                                         "\xCC\xA3",
                                         "\xE1",
                                         "\xEF\xAC\x81",
                                         "\xE6\x95\x85",
                                         "\xFF",
                                         "0",
                                         "\xCD\x85"};
    rng random = {7};
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t length = 0;
        for (uint32_t k = rng_below(&random, 12); k > 0; k--) {
            const char *piece = pieces[rng_below(&random, sizeof pieces / sizeof *pieces)];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        assert_idempotent(text, length);
    }
}

/* U+095F comes apart into a letter and a mark, which the marks behind it are counted with. */
static void marks_that_folding_makes_are_bounded_too(void **state)
{
    (void)state;
    char text[3 + 2 * 31] = "\xE0\xA5\x9F";
    for (size_t i = 0; i < 31; i++)
        memcpy(text + 3 + 2 * i, "\xCC\x81", 2);
    assert_idempotent(text, 3 + 2 * 30);
    assert_idempotent(text, sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_is_lowered_and_split),
        cmocka_unit_test(nothing_gives_no_token),
        cmocka_unit_test(unicode_is_folded),
        cmocka_unit_test(unspaced_scripts_give_one_token_a_character),
        cmocka_unit_test(invalid_utf8_separates_and_is_counted),
        cmocka_unit_test(a_long_run_is_cut),
        cmocka_unit_test(a_run_of_marks_is_bounded),
        cmocka_unit_test(marks_that_folding_makes_are_bounded_too),
        cmocka_unit_test(every_character_folds_to_a_fixed_point),
        cmocka_unit_test(random_bytes_are_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
