/* SPDX-License-Identifier: MIT */
/* Allocation with checked sizes. All of it returns NULL when out of memory; freed with free(). */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* a * b into `ret`; false, and `ret` untouched, if it does not fit. */
static inline bool size_multiply(size_t a, size_t b, size_t *ret)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret = product;
    return true;
}

/* a + b into `ret`; false, and `ret` untouched, if it does not fit. */
static inline bool size_add(size_t a, size_t b, size_t *ret)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

/* `count` elements of `size` bytes, not zeroed; at least one byte, so that NULL means failure. */
void *mem_new(size_t count, size_t size) __attribute__((warn_unused_result));

/* The same, zeroed. */
void *mem_new_zeroed(size_t count, size_t size) __attribute__((warn_unused_result));

/* The same, not zeroed, at an address that is a multiple of 64 (a cache line). */
void *mem_new_aligned(size_t count, size_t size) __attribute__((warn_unused_result));

/*
 * Makes room for at least `needed` elements of `size` bytes in `*array` (NULL: none yet), whose
 * capacity is `*capacity`; grows by half at least. False, with both untouched, if out of memory.
 */
bool mem_reserve(void **array, size_t *capacity, size_t needed, size_t size)
    __attribute__((warn_unused_result));

/* A copy of `length` bytes with a NUL behind them. */
char *mem_copy_string(const char *text, size_t length) __attribute__((warn_unused_result));

#endif
