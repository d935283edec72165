/* SPDX-License-Identifier: MIT */
/* Labels: trimming, what is no label, counting, merging of spellings, numbering in byte order. */
#include "data/labels.h"

#include "base/buffer.h"
#include "data/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NBSP      "\xC2\xA0"
#define NEXT_LINE "\xC2\x85"
#define EM_SPACE  "\xE2\x80\x83"

static slice slice_of(const char *text)
{
    return (slice){text, strlen(text)};
}

static void test_white_space_is_trimmed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *trimmed;
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {" \t\n\v\f\r", ""},
        {"  a b  ", "a b"},
        {NBSP "a" NBSP, "a"},
        {EM_SPACE " " NBSP "a" NEXT_LINE "\n", "a"},
        {NBSP, ""},
        {"\xC3\xA9", "\xC3\xA9"},
        {"a\xC3", "a\xC3"}, /* not UTF-8: left alone */
        {"\xA0"
         "a\xA0",
         "\xA0"
         "a\xA0"}, /* the second byte of NBSP alone is no space */
        {" a\xA0\xA0\xA0\xA0\xA0 ", "a\xA0\xA0\xA0\xA0\xA0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!slice_equal(label_trim(slice_of(rows[i].text)), slice_of(rows[i].trimmed)))
            fail_msg("row %zu: '%s'", i, rows[i].text);
    assert_true(slice_is_blank(slice_of("")));
    assert_true(slice_is_blank(slice_of(" " NBSP EM_SPACE "\n")));
    assert_false(slice_is_blank(slice_of(" " NBSP "\xC3\xA9")));
}

static void test_what_is_no_label_is_told(void **state)
{
    (void)state;
    char longest[MAX_LABEL_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    assert_null(label_problem(slice_of("")));
    assert_null(label_problem(slice_of("Gr\xC3\xB6\xC3\x9F"
                                       "e")));
    assert_null(label_problem((slice){longest, MAX_LABEL_BYTES}));
    assert_string_equal(label_problem((slice){longest, sizeof longest}),
                        "is longer than 1024 bytes");
    assert_string_equal(label_problem((slice){"a\0b", 3}), "has a NUL character");
    assert_string_equal(label_problem(slice_of("a\xFF")), "is not valid UTF-8");
}

static void say_merged(void *context, const label_spelling *spelling, const label_spelling *into)
{
    buffer_printf(context, "%s(%d)>%s ", spelling->text, (int)spelling->count, into->text);
}

/* The labels with their counts, then the indices of `texts`, then the merges. */
static const char *merge(const char *const *texts, size_t n, buffer *out)
{
    label_table table = {0};
    triage_error err;
    int32_t *index, numbers[32];
    buffer merged = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(labels_add(&table, slice_of(texts[i]), &numbers[i], &err), TRIAGE_OK);
    assert_int_equal(labels_merge(&table, say_merged, &merged, &index, &err), TRIAGE_OK);
    buffer_clear(out);
    for (size_t i = 0; i < table.n; i++)
        buffer_printf(out, "%s(%d) ", table.spellings[i].text, (int)table.spellings[i].count);
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "%d", (int)index[numbers[i]]);
    buffer_printf(out, " %s", buffer_string(&merged));
    buffer_free(&merged);
    free(index);
    labels_free(&table);
    return buffer_string(out);
}

#define ASSERT_MERGED(expected, ...)                                                               \
    do {                                                                                           \
        static const char *const texts[] = {__VA_ARGS__};                                          \
        assert_string_equal(merge(texts, sizeof texts / sizeof *texts, &out), expected);           \
    } while (0)

static void test_labels_are_numbered_in_byte_order(void **state)
{
    (void)state;
    buffer out = {0};
    ASSERT_MERGED("A(1) b(2) z(1) \xC3\xA9(1) 21013 ", "z", "b", "A", "b", "\xC3\xA9");
    buffer_free(&out);
}

static void test_spellings_are_merged_into_the_most_frequent_one(void **state)
{
    (void)state;
    buffer out = {0};
    ASSERT_MERGED("Hardware(4) 0000 hardware(1)>Hardware ", "hardware", "Hardware", "Hardware",
                  "Hardware");
    ASSERT_MERGED("hardware(3) 000 HARDWARE(1)>hardware ", "HARDWARE", "hardware", "hardware");
    buffer_free(&out);
}

static void test_of_equally_frequent_spellings_the_first_in_byte_order_stays(void **state)
{
    (void)state;
    buffer out = {0};
    ASSERT_MERGED("A(2) 00 a(1)>A ", "a", "A");
    ASSERT_MERGED("A  B(3) 000 A B(1)>A  B a b(1)>A  B ", "a b", "A B", "A  B");
    buffer_free(&out);
}

static void test_white_space_and_composition_do_not_matter(void **state)
{
    (void)state;
    buffer out = {0};
    ASSERT_MERGED("HR Support(5) 00000 HR\tSupport(1)>HR Support HR  Support(1)>HR Support "
                  "HR" NBSP "Support(1)>HR Support ",
                  "HR Support", "HR Support", "HR\tSupport", "HR" NBSP "Support", "HR  Support");
    /* e with acute, as one character and as two */
    ASSERT_MERGED("Cafe\xCC\x81(2) 00 Caf\xC3\xA9(1)>Cafe\xCC\x81 ", "Cafe\xCC\x81", "Caf\xC3\xA9");
    ASSERT_MERGED("STRASSE(2) 00 Stra\xC3\x9F"
                  "e(1)>STRASSE ",
                  "STRASSE",
                  "Stra\xC3\x9F"
                  "e");
    ASSERT_MERGED("A B(1) AB(1) 01 ", "A B", "AB");
    buffer_free(&out);
}

static void test_no_labels_are_fine(void **state)
{
    (void)state;
    label_table table = {0};
    triage_error err;
    int32_t *index;
    assert_int_equal(labels_merge(&table, NULL, NULL, &index, &err), TRIAGE_OK);
    assert_int_equal(table.n, 0);
    free(index);
    labels_free(&table);
}

static void test_labels_are_limited(void **state)
{
    (void)state;
    label_table table = {0};
    triage_error err;
    int32_t number;
    char text[16];
    for (int i = 0; i < MAX_LABELS; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(labels_add(&table, slice_of(text), &number, &err), TRIAGE_OK);
        assert_int_equal(number, i);
    }
    assert_int_equal(labels_add(&table, slice_of("x"), &number, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "more than 65535 different labels");
    assert_int_equal(labels_add(&table, slice_of("7"), &number, &err), TRIAGE_OK);
    assert_int_equal(number, 7);
    labels_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_white_space_is_trimmed),
        cmocka_unit_test(test_what_is_no_label_is_told),
        cmocka_unit_test(test_labels_are_numbered_in_byte_order),
        cmocka_unit_test(test_spellings_are_merged_into_the_most_frequent_one),
        cmocka_unit_test(test_of_equally_frequent_spellings_the_first_in_byte_order_stays),
        cmocka_unit_test(test_white_space_and_composition_do_not_matter),
        cmocka_unit_test(test_no_labels_are_fine),
        cmocka_unit_test(test_labels_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
