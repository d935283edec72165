/* SPDX-License-Identifier: MIT */
/* Elements cut out of a body, however it comes in pieces. */
#include "services/backend/json_splitter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The elements of `body`, a bar behind each ('!' for one that is too long), and the fault. */
static const char *split(bool is_lines, size_t limit, const char *body, size_t piece,
                         const char **ret_fault)
{
    static buffer out;
    json_splitter s = {.is_lines = is_lines, .limit = limit};
    split_element e;
    size_t length = strlen(body);
    buffer_free(&out);
    for (size_t at = 0; at < length; at += piece) {
        const char *bytes = body + at;
        size_t n = piece < length - at ? piece : length - at;
        while (json_splitter_next(&s, &bytes, &n, &e)) {
            buffer_append(&out, e.is_too_long ? "" : e.text, e.is_too_long ? 0 : e.length);
            buffer_append_char(&out, e.is_too_long ? '!' : '|');
        }
    }
    if (json_splitter_last(&s, &e)) {
        buffer_append(&out, e.text, e.length);
        buffer_append_char(&out, '|');
    }
    *ret_fault = json_splitter_fault(&s);
    json_splitter_free(&s);
    return buffer_string(&out);
}

/* In every size of pieces the same. `fault`: a part of the sentence, NULL for none. */
static void assert_split(bool is_lines, const char *body, const char *expected, const char *fault)
{
    for (size_t piece = 1; piece <= strlen(body) + 1; piece++) {
        const char *found;
        const char *elements = split(is_lines, 1000, body, piece, &found);
        if (strcmp(elements, expected) != 0 || !found != !fault || (fault && !strstr(found, fault)))
            fail_msg("%s in pieces of %zu: %s (%s)", body, piece, elements, found);
    }
}

static void arrays(void **state)
{
    (void)state;
    assert_split(false, "[]", "", NULL);
    assert_split(false, " [ ] \n", "", NULL);
    assert_split(false, "[1]", "1|", NULL);
    assert_split(false, "[1, {\"a\":[1,2]},\"x\"]", "1| {\"a\":[1,2]}|\"x\"|", NULL);
    assert_split(false, "[\"],\\\"[\", \"\\\\\"]", "\"],\\\"[\"| \"\\\\\"|", NULL);
}

static void faults_of_arrays(void **state)
{
    (void)state;
    assert_split(false, "", "", "not whole");
    assert_split(false, "[1", "", "not whole");
    assert_split(false, "[1,", "1|", "not whole");
    assert_split(false, "{}", "", "array was expected");
    assert_split(false, "[1] 2", "1|", "behind the array");
    assert_split(false, "[1,]", "1|", "missing");
    assert_split(false, "[,1]", "", "missing");
    assert_split(false, "[1,,2]", "1|", "missing");
}

static void lines(void **state)
{
    (void)state;
    assert_split(true, "", "", NULL);
    assert_split(true, "1\n2\n", "1|2|", NULL);
    assert_split(true, "1\n2", "1|2|", NULL);
    assert_split(true, "\n\n1\n  \n\r\n2\r\n", "1|2\r|", NULL);
    assert_split(true, "[,\n]", "[,|]|", NULL); /* what a line is, the parser says */
}

/* An element that is too long does not take memory for all of it, nor the next one with it. */
static void long_elements(void **state)
{
    const char *fault;
    (void)state;
    for (size_t piece = 1; piece < 30; piece++) {
        assert_string_equal(split(false, 4, "[123456789,1,\"abcdef\",1234]", piece, &fault),
                            "!1|!1234|");
        assert_null(fault);
        assert_string_equal(split(true, 4, "123456789\n1\n1234\n12345\n", piece, &fault),
                            "!1|1234|!");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays),
        cmocka_unit_test(faults_of_arrays),
        cmocka_unit_test(lines),
        cmocka_unit_test(long_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
