/* SPDX-License-Identifier: MIT */
/* Atomic writes and read-only maps. What happens when a disk fails is in tests/fault. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "temp_dir.h"

static void expect_content(const char *path, const char *bytes, size_t length)
{
    file_map map = {0};
    assert_int_equal(file_map_open(path, &map, NULL), TRIAGE_OK);
    assert_int_equal(map.length, length);
    if (length > 0)
        assert_memory_equal(map.data, bytes, length);
    else
        assert_null(map.data);
    file_unmap(&map);
    assert_null(map.data);
    assert_int_equal(map.length, 0);
    file_unmap(&map);
}

static void what_is_written_is_mapped(void **state)
{
    const char *path = temp_path(*state, "f");
    assert_int_equal(file_write_atomic(path, "one\0two", 7, NULL), TRIAGE_OK);
    expect_content(path, "one\0two", 7);
    assert_int_equal(file_write_atomic(path, "three", 5, NULL), TRIAGE_OK);
    expect_content(path, "three", 5);
    assert_int_equal(file_write_atomic(path, NULL, 0, NULL), TRIAGE_OK);
    expect_content(path, "", 0);
}

static void much_is_written_whole(void **state)
{
    const char *path = temp_path(*state, "f");
    size_t length = (size_t)5 << 20;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 % 251);
    assert_int_equal(file_write_atomic(path, bytes, length, NULL), TRIAGE_OK);
    expect_content(path, bytes, length);
    free(bytes);
}

/* As any other program would have made it. */
static void the_mode_is_what_the_umask_leaves(void **state)
{
    const char *path = temp_path(*state, "f");
    struct stat facts;
    mode_t before = umask(027);
    assert_int_equal(file_write_atomic(path, "x", 1, NULL), TRIAGE_OK);
    umask(before);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
}

/* A map shows the file that it was made of, not the one that has taken its name. */
static void a_map_outlives_its_replacement(void **state)
{
    const char *path = temp_text(*state, "f", "old");
    file_map map = {0};
    assert_int_equal(file_map_open(path, &map, NULL), TRIAGE_OK);
    assert_int_equal(file_write_atomic(path, "NEW", 3, NULL), TRIAGE_OK);
    assert_memory_equal(map.data, "old", 3);
    file_unmap(&map);
    expect_content(path, "NEW", 3);
}

/* The names that a killed writer left are stepped over, and stay. */
static void leftovers_are_stepped_over(void **state)
{
    temp_dir *dir = *state;
    char name[64], path[256];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "f.%ld-%u.tmp", (long)getpid(), i);
        temp_text(dir, name, "left");
    }
    snprintf(path, sizeof path, "%s/f", dir->path);
    assert_int_equal(file_write_atomic(path, "x", 1, NULL), TRIAGE_OK);
    expect_content(path, "x", 1);
    expect_content(temp_path(dir, name), "left", 4);
}

static void a_name_without_a_folder_is_in_this_one(void **state)
{
    temp_dir *dir = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(dir->path), 0);
    triage_status status = file_write_atomic("f", "x", 1, NULL);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(status, TRIAGE_OK);
    expect_content(temp_path(dir, "f"), "x", 1);
}

static void what_is_no_file_is_an_error(void **state)
{
    temp_dir *dir = *state;
    triage_error err;
    file_map map = {.length = 7};
    assert_int_equal(file_map_open(temp_path(dir, "missing"), &map, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "missing"));
    assert_int_equal(file_map_open(dir->path, &map, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "regular"));
    assert_int_equal(map.length, 7);
    assert_int_equal(file_write_atomic(temp_path(dir, "no/f"), "x", 1, &err), TRIAGE_ERROR_IO);
    assert_int_equal(file_write_atomic(dir->path, "x", 1, &err), TRIAGE_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_mapped, temp_dir_make, temp_dir_remove),
        cmocka_unit_test_setup_teardown(much_is_written_whole, temp_dir_make, temp_dir_remove),
        cmocka_unit_test_setup_teardown(the_mode_is_what_the_umask_leaves, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(a_map_outlives_its_replacement, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(leftovers_are_stepped_over, temp_dir_make, temp_dir_remove),
        cmocka_unit_test_setup_teardown(a_name_without_a_folder_is_in_this_one, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_an_error, temp_dir_make,
                                        temp_dir_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
