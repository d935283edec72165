/* SPDX-License-Identifier: MIT */
/* Hashes: xxHash (XXH3) for tables and checksums, SHA-256 for identity. Thread-safe. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3, 64 bits, without a seed: the same on every machine, so it may be stored. */
uint64_t hash_bytes(const void *bytes, size_t length);

/* One round of mixing (the finaliser of SplitMix64): spreads a 64-bit key over all bits. */
static inline uint64_t hash_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* SHA-256 (FIPS 180-4) of the bytes as 64 lower-case hexadecimal digits and a NUL. */
void hash_sha256_hex(const void *bytes, size_t length, char ret_hex[65]);

#endif
