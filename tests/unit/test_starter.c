/* SPDX-License-Identifier: MIT */
/* The starter tickets in the program are those of data/tickets.csv. */
#include "services/starter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_they_are_the_file(void **state)
{
    (void)state;
    triage_error err;
    triage_dataset *built_in, *file;
    assert_int_equal(starter_load(&built_in, &err), TRIAGE_OK);
    const char *path = GOLDEN_DIR "/../../data/tickets.csv";
    assert_int_equal(triage_dataset_load(&path, 1, NULL, &file, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_size(built_in), triage_dataset_size(file));
    assert_int_equal(triage_dataset_n_fields(built_in), triage_dataset_n_fields(file));
    for (size_t i = 0; i < triage_dataset_size(file); i++) {
        size_t a_length, b_length;
        const char *a = triage_dataset_text(built_in, i, &a_length);
        const char *b = triage_dataset_text(file, i, &b_length);
        assert_int_equal(a_length, b_length);
        assert_memory_equal(a, b, a_length);
        for (size_t f = 0; f < triage_dataset_n_fields(file); f++)
            assert_int_equal(triage_dataset_label(built_in, f, i),
                             triage_dataset_label(file, f, i));
    }
    for (size_t f = 0; f < triage_dataset_n_fields(file); f++) {
        assert_string_equal(triage_dataset_field_name(built_in, f),
                            triage_dataset_field_name(file, f));
        for (size_t k = 0; k < triage_dataset_n_labels(file, f); k++)
            assert_string_equal(triage_dataset_label_name(built_in, f, k),
                                triage_dataset_label_name(file, f, k));
    }
    triage_dataset_free(built_in);
    triage_dataset_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_are_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
