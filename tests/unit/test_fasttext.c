/* SPDX-License-Identifier: MIT */
/* Lines of fastText files: labels at the start, then the text. */
#include "data/fasttext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_lines_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *line, *label, *text;
        size_t n_labels;
    } rows[] = {
        {"__label__A some text", "A", "some text", 1},
        {"__label__A\tsome text ", "A", "some text ", 1},
        {"  __label__A   text", "A", "text", 1},
        {"__label__A", "A", "", 1},
        {"__label__A ", "A", "", 1},
        {"__label__A __label__B text", "A", "text", 2},
        {"__label__A,__label__B text", "A,__label__B", "text", 1},
        {"__label__ text", "", "text", 1},
        {"__label__", "", "", 1},
        {"text without", "", "text without", 0},
        {"text __label__A", "", "text __label__A", 0},
        {"__label_A text", "", "__label_A text", 0},
        {"", "", "", 0},
        {" \t ", "", "", 0},
        {"__label__Administrative_rights x", "Administrative_rights", "x", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fasttext_line parts = fasttext_split((slice){rows[i].line, strlen(rows[i].line)});
        slice label = {rows[i].label, strlen(rows[i].label)};
        slice text = {rows[i].text, strlen(rows[i].text)};
        if (!slice_equal(parts.label, label) || !slice_equal(parts.text, text) ||
            parts.n_labels != rows[i].n_labels)
            fail_msg("'%s' was split as '%.*s' and '%.*s'", rows[i].line, (int)parts.label.length,
                     parts.label.data, (int)parts.text.length, parts.text.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines_are_split)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
