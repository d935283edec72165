/* SPDX-License-Identifier: MIT */
/* Hashes, from xxHash and libsodium. */
#include "base/hash.h"

#include <sodium.h>
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t length)
{
    return XXH3_64bits(bytes, length);
}

void hash_sha256_hex(const void *bytes, size_t length, char ret_hex[65])
{
    /* crypto_hash_sha256 needs no sodium_init(): it uses neither randomness nor CPU dispatch. */
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, bytes, length);
    sodium_bin2hex(ret_hex, 65, digest, sizeof digest);
}
