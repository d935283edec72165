/* SPDX-License-Identifier: MIT */
/* Random bytes from getrandom(2). */
#define _GNU_SOURCE
#include "base/random.h"

#include <assert.h>
#include <sys/random.h>
#include <sys/types.h>

void random_bytes(void *bytes, size_t length)
{
    assert(length <= RANDOM_MAX_BYTES);
    /* It fails only when interrupted while the kernel has not gathered its first randomness. */
    ssize_t got;
    do
        got = getrandom(bytes, length, 0);
    while (got != (ssize_t)length);
}
