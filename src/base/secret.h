/* SPDX-License-Identifier: MIT */
/* Secrets: compared and handled so that nothing of them leaks. Thread-safe. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are the same, in a time that depends on the length alone. */
bool secret_equal(const void *a, const void *b, size_t length);

/* Overwrites `bytes`; no compiler leaves it out. NULL is fine with length 0. */
void secret_wipe(void *bytes, size_t length);

/* `length` bytes as base64url without padding, NUL-terminated: needs 4/3 of it, rounded up, and 1.
 */
void secret_base64url(const void *bytes, size_t length, char *ret_text, size_t size);

#endif
