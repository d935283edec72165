/* SPDX-License-Identifier: MIT */
/* The grammar of configuration files. */
#include "config/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads all lines of `text` into "number:name=value;" or the message of the error. */
static const char *read_all(const char *text)
{
    static char out[1024];
    char *copy = strdup(text);
    assert_non_null(copy);
    config_reader r = {.path = "f", .next = copy};
    config_line line;
    bool has_line = true;
    triage_error err = {0};
    out[0] = '\0';
    while (has_line) {
        if (config_reader_next(&r, &line, &has_line, &err) != TRIAGE_OK) {
            snprintf(out, sizeof out, "%s", err.message);
            break;
        }
        size_t length = strlen(out);
        if (has_line)
            snprintf(out + length, sizeof out - length, "%u:%s=%s%s;", (unsigned)line.number,
                     line.name, line.value, line.is_quoted ? "(q)" : "");
    }
    free(copy);
    return out;
}

static void names_and_values_are_cut_out(void **state)
{
    (void)state;
    assert_string_equal(read_all(""), "");
    assert_string_equal(read_all("a=1"), "1:a=1;");
    assert_string_equal(read_all("a = 1\nb-c\t=\t2 3 \n"), "1:a=1;2:b-c=2 3;");
    assert_string_equal(read_all("\xEF\xBB\xBF  a = 1\r\n\r\nb = 2\r\n"), "1:a=1;3:b=2;");
    assert_string_equal(read_all("a = b=c"), "1:a=b=c;");
}

static void comments_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(read_all("# a = 1\n\t# b\n\na = 1 # one\n"), "4:a=1;");
    assert_string_equal(read_all("a = x#y"), "1:a=x#y;");
    assert_string_equal(read_all("a = \"x # y\"# z"), "1:a=x # y(q);");
}

static void quotes_keep_everything(void **state)
{
    (void)state;
    assert_string_equal(read_all("a = \" b,c \""), "1:a= b,c (q);");
    assert_string_equal(read_all("a = \"\\\"\\\\\""), "1:a=\"\\(q);");
    assert_string_equal(read_all("a = b\"c\""), "1:a=b\"c\";");
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    assert_string_equal(read_all("\nlisten"), "f:2: not 'name = value'");
    assert_string_equal(read_all("= 3"), "f:1: not 'name = value'");
    assert_string_equal(read_all("[section]"), "f:1: not 'name = value'");
    assert_string_equal(read_all("a b = 3"), "f:1: not 'name = value'");
    assert_string_equal(read_all("a ="), "f:1: a has no value");
    assert_string_equal(read_all("a = # none"), "f:1: a has no value");
    assert_string_equal(read_all("a = \"\""), "f:1: a has no value");
    assert_string_equal(read_all("a = \"b"), "f:1: the closing quote is missing");
    assert_string_equal(read_all("a = \"b\\"),
                        "f:1: in quotes a backslash stands only before \" and \\");
    assert_string_equal(read_all("a = \"b\" c"), "f:1: text behind the closing quote");
    assert_string_equal(read_all("a = \xFF"), "f:1: not UTF-8");
    assert_string_equal(read_all("a = \x1B[2J"), "f:1: a control character");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_are_cut_out),
        cmocka_unit_test(comments_are_left_out),
        cmocka_unit_test(quotes_keep_everything),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
