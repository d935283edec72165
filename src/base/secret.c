/* SPDX-License-Identifier: MIT */
/* Secrets, by libsodium. */
#include "base/secret.h"

#include <sodium.h>

bool secret_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

void secret_wipe(void *bytes, size_t length)
{
    if (length > 0)
        sodium_memzero(bytes, length);
}

void secret_base64url(const void *bytes, size_t length, char *ret_text, size_t size)
{
    sodium_bin2base64(ret_text, size, bytes, length, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
