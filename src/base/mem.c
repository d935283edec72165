/* SPDX-License-Identifier: MIT */
/* Allocation with checked sizes. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *mem_new(size_t count, size_t size)
{
    size_t bytes;
    if (!size_multiply(count, size, &bytes))
        return NULL;
    return malloc(bytes ? bytes : 1);
}

void *mem_new_zeroed(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

void *mem_new_aligned(size_t count, size_t size)
{
    size_t bytes;
    if (!size_multiply(count, size, &bytes) || !size_add(bytes, 64, &bytes))
        return NULL;
    return aligned_alloc(64, bytes & ~(size_t)63);
}

bool mem_reserve(void **array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return true;
    size_t wanted, bytes;
    if (!size_add(*capacity, *capacity / 2 + 16, &wanted))
        return false;
    if (wanted < needed)
        wanted = needed;
    if (!size_multiply(wanted, size, &bytes))
        return false;
    void *grown = realloc(*array, bytes);
    if (!grown)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

char *mem_copy_string(const char *text, size_t length)
{
    size_t bytes;
    if (!size_add(length, 1, &bytes))
        return NULL;
    char *copy = malloc(bytes);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
