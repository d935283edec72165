/* SPDX-License-Identifier: MIT */
/* The growable buffer: appends, the NUL behind the content, and the failure flag that stays. */
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Under AddressSanitizer too much memory is no memory, as elsewhere, not the end of the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void appends_follow_each_other(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_append_text(&b, "one");
    buffer_append_char(&b, ' ');
    buffer_append(&b, "two\0three", 9);
    buffer_append(&b, NULL, 0);
    buffer_printf(&b, " %d-%s", 42, "x");
    assert_int_equal(b.length, 18);
    assert_memory_equal(buffer_string(&b), "one two\0three 42-x", 19);
    assert_int_equal(b.length, 18);
    assert_false(b.failed);
    buffer_free(&b);
    assert_null(b.data);
}

static void an_empty_one_is_an_empty_string(void **state)
{
    (void)state;
    buffer b = {0};
    assert_string_equal(buffer_string(&b), "");
    buffer_free(&b);
    buffer_free(&b);
    buffer_free(NULL);
}

static void much_is_kept(void **state)
{
    (void)state;
    buffer b = {0};
    for (int i = 0; i < 100000; i++)
        buffer_append_char(&b, (char)i);
    assert_int_equal(b.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], (char)i);
    buffer_clear(&b);
    assert_int_equal(b.length, 0);
    assert_true(b.capacity >= 100000);
    buffer_free(&b);
}

/* More than there can be: the flag is set, the content stays, and so does the flag. */
static void failure_is_remembered(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_append_text(&b, "kept");
    assert_false(buffer_reserve(&b, SIZE_MAX));
    assert_false(buffer_reserve(&b, SIZE_MAX / 2));
    assert_true(b.failed);
    buffer_append_text(&b, "!");
    assert_true(b.failed);
    assert_null(buffer_string(&b));
    assert_memory_equal(b.data, "kept", 4);
    buffer_clear(&b);
    assert_false(b.failed);
    assert_string_equal(buffer_string(&b), "");
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_follow_each_other),
        cmocka_unit_test(an_empty_one_is_an_empty_string),
        cmocka_unit_test(much_is_kept),
        cmocka_unit_test(failure_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
