/* SPDX-License-Identifier: MIT */
/* Error details: status and message, messages that are too long, what errno becomes. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void status_and_message_are_stored(void **state)
{
    (void)state;
    triage_error err;
    assert_int_equal(error_set(&err, TRIAGE_ERROR_DATA, "row %d: %s", 7, "bad"), TRIAGE_ERROR_DATA);
    assert_int_equal(err.status, TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "row 7: bad");
    assert_int_equal(error_set(NULL, TRIAGE_ERROR_IO, "%s", "unheard"), TRIAGE_ERROR_IO);
    assert_int_equal(error_memory(&err), TRIAGE_ERROR_MEMORY);
    assert_int_equal(err.status, TRIAGE_ERROR_MEMORY);
}

/* Whatever the place at which it has to be cut, no character is cut in two. */
static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[3 * TRIAGE_ERROR_MESSAGE_SIZE];
    for (size_t shift = 0; shift < 4; shift++) {
        triage_error err;
        memset(text, 'x', sizeof text);
        for (size_t i = shift; i + 5 < sizeof text; i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 4);
        text[sizeof text - 1] = '\0';
        assert_int_equal(error_set(&err, TRIAGE_ERROR_DATA, "%s", text), TRIAGE_ERROR_DATA);
        size_t length = strlen(err.message);
        assert_int_equal((length - shift) % 4, 0);
        assert_in_range(length, TRIAGE_ERROR_MESSAGE_SIZE - 5, TRIAGE_ERROR_MESSAGE_SIZE - 1);
        assert_memory_equal(err.message, text, length);
    }
}

static void a_message_that_just_fits_is_whole(void **state)
{
    (void)state;
    char text[TRIAGE_ERROR_MESSAGE_SIZE];
    triage_error err;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 3, "\xC3\xBC", 3);
    assert_int_equal(error_set(&err, TRIAGE_ERROR_DATA, "%s", text), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, text);
}

static void errno_becomes_a_status(void **state)
{
    (void)state;
    static const struct {
        int value;
        triage_status status;
    } rows[] = {
        {EACCES, TRIAGE_ERROR_PERMISSION}, {EPERM, TRIAGE_ERROR_PERMISSION},
        {ENOENT, TRIAGE_ERROR_IO},         {ENOSPC, TRIAGE_ERROR_IO},
        {ENOMEM, TRIAGE_ERROR_MEMORY},     {123456, TRIAGE_ERROR_IO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        triage_error err;
        assert_int_equal(error_errno(&err, rows[i].value, "cannot read", "a/b"), rows[i].status);
        assert_int_equal(err.status, rows[i].status);
        assert_memory_equal(err.message, "cannot read 'a/b': ", 19);
        assert_true(strlen(err.message) > 19);
    }
}

static void every_status_has_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < TRIAGE_N_STATUS; i++)
        assert_string_not_equal(triage_status_text((triage_status)i), "unknown status");
    assert_string_equal(triage_status_text(TRIAGE_OK), "done");
    assert_string_equal(triage_status_text(TRIAGE_ERROR_CANCELLED), "cancelled");
    assert_string_equal(triage_status_text(TRIAGE_N_STATUS), "unknown status");
    assert_string_equal(triage_status_text((triage_status)-1), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_message_are_stored),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_message_that_just_fits_is_whole),
        cmocka_unit_test(errno_becomes_a_status),
        cmocka_unit_test(every_status_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
