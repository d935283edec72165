/* SPDX-License-Identifier: MIT */
/* Formats by name, by extension and by first bytes. */
#include "data/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_format_names(void **state)
{
    (void)state;
    triage_format format = TRIAGE_FORMAT_TEXT;
    assert_true(triage_format_parse("csv", &format));
    assert_int_equal(format, TRIAGE_FORMAT_CSV);
    assert_true(triage_format_parse("jsonl", &format));
    assert_int_equal(format, TRIAGE_FORMAT_JSONL);
    assert_true(triage_format_parse("fasttext", &format));
    assert_int_equal(format, TRIAGE_FORMAT_FASTTEXT);
    assert_true(triage_format_parse("text", &format));
    assert_int_equal(format, TRIAGE_FORMAT_TEXT);
    assert_true(triage_format_parse("auto", &format));
    assert_int_equal(format, TRIAGE_FORMAT_AUTO);
    format = TRIAGE_FORMAT_CSV;
    assert_false(triage_format_parse("CSV", &format));
    assert_false(triage_format_parse("", &format));
    assert_int_equal(format, TRIAGE_FORMAT_CSV);
}

static void test_format_of_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *path, *start;
        triage_format format;
    } rows[] = {
        {"a.csv", "{", TRIAGE_FORMAT_CSV},
        {"a.CSV.GZ", "", TRIAGE_FORMAT_CSV},
        {"a.tsv", "", TRIAGE_FORMAT_CSV},
        {"a.jsonl.zst", "", TRIAGE_FORMAT_JSONL},
        {"a.ndjson", "", TRIAGE_FORMAT_JSONL},
        {"a.json", "", TRIAGE_FORMAT_JSONL},
        {"a.fasttext", "", TRIAGE_FORMAT_FASTTEXT},
        {"a.ft.gz", "", TRIAGE_FORMAT_FASTTEXT},
        {"a.txt", "hello", TRIAGE_FORMAT_TEXT},
        {"a.txt", "__label__A x", TRIAGE_FORMAT_FASTTEXT},
        {"-", "text,label\n", TRIAGE_FORMAT_CSV},
        {"-", "{\"text\":1}", TRIAGE_FORMAT_JSONL},
        {"-", "__label__A x", TRIAGE_FORMAT_FASTTEXT},
        {"-", "", TRIAGE_FORMAT_CSV},
        {"csv", "x", TRIAGE_FORMAT_CSV},
        {".gz", "x", TRIAGE_FORMAT_CSV},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        slice start = {rows[i].start, strlen(rows[i].start)};
        if (format_guess(rows[i].path, start) != rows[i].format)
            fail_msg("%s beginning with '%s'", rows[i].path, rows[i].start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_names),
        cmocka_unit_test(test_format_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
