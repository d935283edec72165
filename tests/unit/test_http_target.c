/* SPDX-License-Identifier: MIT */
/* Request targets: what they mean decoded, and which are refused. */
#include "http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static target_result parse(target *t, const char *raw)
{
    const char *reason;
    return target_parse(t, raw, strlen(raw), &reason);
}

static void paths_are_decoded(void **state)
{
    static const char *const rows[][2] = {
        {"/", "/"},           {"/a/b", "/a/b"},
        {"/a//b/", "/a//b/"}, {"/a%20b", "/a b"},
        {"/%61%62", "/ab"},   {"/%C3%bc", "/\xC3\xBC"},
        {"/a+b", "/a+b"},     {"/...", "/..."},
        {"/a%3Fb?x", "/a?b"}, {"http://host:80/x/y?z=1", "/x/y"},
        {"https://h/", "/"},  {"*", "*"},
    };
    target t = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(&t, rows[i][0]), TARGET_OK);
        assert_string_equal(t.path, rows[i][1]);
        assert_int_equal(t.path_length, strlen(rows[i][1]));
    }
    target_free(&t);
}

static void doubtful_targets_are_refused(void **state)
{
    static const char *const rows[] = {
        "",        "a",        "?x",       "**",        "http://host", "ftp://host/", "/..",
        "/a/../b", "/./a",     "/a/.",     "/%2e%2E/a", "/a/%2e",      "/%",          "/%4",
        "/%4g",    "/%g4",     "/%00",     "/a%0a",     "/%7f",        "/a\x01",      "/a%2Fb",
        "/a%2fb",  "/%ff",     "/%C3",     "/%C3/%BC",  "/%ED%A0%80",  "/a#b",        "/a?b#c",
        "/a?b=%",  "/a?b=%00", "/a?%ff=1", "/a?b=%f",   "/a?\x7f",     "/a?b=c%0d",   "/%C0%80",
        "/a b",    "/a?b c",
    };
    target t = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *reason = NULL;
        if (target_parse(&t, rows[i], strlen(rows[i]), &reason) != TARGET_REFUSED)
            fail_msg("'%s' is taken", rows[i]);
        assert_non_null(reason);
    }
    target_free(&t);
}

static void parameters_are_decoded(void **state)
{
    target t = {0};
    (void)state;
    assert_int_equal(parse(&t, "/p?a=1&b=x%26y+z&&c&d=&=e&a=2&f=%2F=g&%67=h"), TARGET_OK);
    assert_string_equal(t.path, "/p");
    assert_string_equal(target_query(&t, "a"), "1");
    assert_string_equal(target_query(&t, "b"), "x&y z");
    assert_string_equal(target_query(&t, "c"), "");
    assert_string_equal(target_query(&t, "d"), "");
    assert_string_equal(target_query(&t, ""), "e");
    assert_string_equal(target_query(&t, "f"), "/=g");
    assert_string_equal(target_query(&t, "g"), "h");
    assert_null(target_query(&t, "A"));
    assert_int_equal(t.n_parameters, 8);
    assert_int_equal(parse(&t, "/p"), TARGET_OK);
    assert_null(target_query(&t, "a"));
    target_free(&t);
}

static void too_many_parameters_are_refused(void **state)
{
    char raw[256] = "/?";
    target t = {0};
    (void)state;
    for (size_t i = 0; i < TARGET_MAX_PARAMETERS; i++)
        strcat(raw, "a&");
    assert_int_equal(parse(&t, raw), TARGET_OK);
    strcat(raw, "a");
    assert_int_equal(parse(&t, raw), TARGET_REFUSED);
    target_free(&t);
}

/* The memory that is promised for a match's values is there. */
static void spare_memory_holds_the_path_again(void **state)
{
    target t = {0};
    char raw[600];
    (void)state;
    for (size_t length = 1; length < sizeof raw; length += 37) {
        memset(raw, 'x', length);
        raw[0] = '/';
        const char *reason;
        assert_int_equal(target_parse(&t, raw, length, &reason), TARGET_OK);
        memcpy(t.spare, t.path, t.path_length);
        memset(t.spare + t.path_length, 0, 16);
        assert_true((size_t)(t.spare - t.memory) + t.path_length + 16 <= t.capacity);
    }
    target_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_decoded),
        cmocka_unit_test(doubtful_targets_are_refused),
        cmocka_unit_test(parameters_are_decoded),
        cmocka_unit_test(too_many_parameters_are_refused),
        cmocka_unit_test(spare_memory_holds_the_path_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
