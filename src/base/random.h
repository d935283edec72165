/* SPDX-License-Identifier: MIT */
/* Random bytes that nobody can guess, from the kernel. Thread-safe. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

/* Fills `bytes`. At most 256 bytes: for those the kernel never gives fewer than asked for. */
#define RANDOM_MAX_BYTES 256
void random_bytes(void *bytes, size_t length);

#endif
