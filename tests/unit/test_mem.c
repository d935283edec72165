/* SPDX-License-Identifier: MIT */
/* Allocation: sizes that do not fit are refused, none is never NULL, arrays grow by half. */
#include "base/mem.h"

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

/* Compilers would see through a constant. */
static volatile size_t huge = SIZE_MAX;

static void products_and_sums_are_checked(void **state)
{
    (void)state;
    size_t result = 7;
    assert_true(size_multiply(6, 7, &result));
    assert_int_equal(result, 42);
    assert_true(size_multiply(0, huge, &result));
    assert_int_equal(result, 0);
    result = 7;
    assert_false(size_multiply(huge / 2 + 1, 2, &result));
    assert_false(size_add(huge, 1, &result));
    assert_int_equal(result, 7);
    assert_true(size_add(huge - 1, 1, &result));
    assert_true(result == SIZE_MAX);
}

static void nothing_is_not_null(void **state)
{
    (void)state;
    void *blocks[] = {mem_new(0, 8), mem_new(8, 0), mem_new_zeroed(0, 8), mem_new_zeroed(8, 0),
                      mem_new_aligned(0, 8)};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        assert_non_null(blocks[i]);
        free(blocks[i]);
    }
}

static void too_much_is_null(void **state)
{
    (void)state;
    assert_null(mem_new(huge / 4, 8));
    assert_null(mem_new_zeroed(huge / 4, 8));
    assert_null(mem_new_aligned(huge / 4, 8));
    assert_null(mem_new_aligned(huge - 8, 1));
    assert_null(mem_copy_string("", huge));
}

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    unsigned char *zeros = mem_new_zeroed(1000, 3);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(zeros[i], 0);
    free(zeros);
    for (size_t n = 0; n < 200; n++) {
        unsigned char *block = mem_new_aligned(n, 1);
        assert_int_equal((uintptr_t)block % 64, 0);
        memset(block, 1, n);
        free(block);
    }
}

static void arrays_grow_by_half(void **state)
{
    (void)state;
    uint32_t *array = NULL;
    size_t capacity = 0, n_growths = 0;
    assert_true(mem_reserve((void **)&array, &capacity, 0, sizeof *array));
    assert_null(array);
    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = capacity;
        assert_true(mem_reserve((void **)&array, &capacity, i + 1, sizeof *array));
        n_growths += capacity != before;
        array[i] = i;
    }
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(array[i], i);
    assert_in_range(n_growths, 1, 30);
    size_t before = capacity;
    uint32_t *same = array;
    assert_false(mem_reserve((void **)&array, &capacity, huge / 2, sizeof *array));
    assert_true(array == same && capacity == before);
    free(array);
}

static void strings_are_copied_by_length(void **state)
{
    (void)state;
    char *copy = mem_copy_string("abcdef", 3);
    assert_string_equal(copy, "abc");
    free(copy);
    copy = mem_copy_string(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_sums_are_checked),
        cmocka_unit_test(nothing_is_not_null),
        cmocka_unit_test(too_much_is_null),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(arrays_grow_by_half),
        cmocka_unit_test(strings_are_copied_by_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
