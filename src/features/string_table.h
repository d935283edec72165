/* SPDX-License-Identifier: MIT */
/*
 * An exact table from short strings (words, character n-grams) to numbers 0 .. n - 1.
 *
 * The table is flat memory without pointers, the same in a model file as in a trainer: `buckets`
 * has 2^log2_buckets + 1 offsets into `entries`, which are sorted by (bucket, entry); the number of
 * a string is the place of its entry. An entry holds a string of up to 15 bytes itself; a longer
 * one is in `pool`. Look-ups check every offset against its array: a damaged file gives wrong
 * numbers, never a bad access.
 */
#ifndef FEATURES_STRING_TABLE_H
#define FEATURES_STRING_TABLE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What look-ups return for a string that is not in the table. */
#define STRING_NOT_FOUND UINT32_MAX

#define STRING_INLINE_BYTES 15
#define STRING_LONG_TAG     0xFFu

/*
 * Inline: the bytes, zero-padded to 15, then the length. Long (last byte STRING_LONG_TAG): `low` is
 * the XXH3 hash, the lower half of `high` the offset in the pool of a 32-bit length and the bytes.
 */
typedef struct string_entry {
    uint64_t low, high;
} string_entry;

typedef struct string_table {
    const uint32_t *buckets;
    const string_entry *entries;
    const char *pool;
    uint32_t log2_buckets, n, pool_length;
} string_table;

/* A string to look up, with its entry and hash worked out once. */
typedef struct string_probe {
    string_entry entry; /* of a long string: with pool offset 0 */
    uint64_t hash;
    const char *bytes;
    uint32_t length;
} string_probe;

static inline bool string_entry_is_long(string_entry entry)
{
    return entry.high >> 56 == STRING_LONG_TAG;
}

__extension__ typedef unsigned __int128 string_product;

/* The hash of an inline entry: one 64 x 64 bit multiplication, its halves joined. */
static inline uint64_t string_inline_hash(string_entry entry)
{
    string_product product =
        (string_product)(entry.low ^ 0x9E3779B97F4A7C15u) * (entry.high ^ 0xD6E8FEB86659FD93u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of any entry: that of a long one does not depend on its place in the pool. */
static inline uint64_t string_entry_hash(string_entry entry)
{
    return string_inline_hash(string_entry_is_long(entry) ? (string_entry){entry.low, 0} : entry);
}

/* The entry of a string of up to 15 bytes, which must have 16 readable bytes from its start on. */
static inline string_entry string_entry_inline(const char *bytes, uint32_t length)
{
    /* The masks of `length` bytes are windows of a row of set and then clear ones. */
    static const unsigned char window[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                             255, 255, 255, 255, 255, 255, 255, 255};
    uint64_t low, high, low_mask, high_mask;
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + 8, 8);
    memcpy(&low_mask, window + 16 - length, 8);
    memcpy(&high_mask, window + 24 - length, 8);
    low &= low_mask;
    high &= high_mask;
    return (string_entry){low, high | (uint64_t)length << 56};
}

/* `bytes` must have 16 readable bytes from its start on, whatever `length` is. */
static inline string_probe string_probe_make(const char *bytes, uint32_t length)
{
    string_probe probe = {.bytes = bytes, .length = length};
    if (length <= STRING_INLINE_BYTES)
        probe.entry = string_entry_inline(bytes, length);
    else
        probe.entry = (string_entry){hash_bytes(bytes, length), (uint64_t)STRING_LONG_TAG << 56};
    probe.hash = string_entry_hash(probe.entry);
    return probe;
}

static inline uint32_t string_table_bucket(const string_table *table, uint64_t hash)
{
    /* In two steps, because a shift by all 64 bits is undefined. */
    return (uint32_t)(hash >> 1 >> (63 - table->log2_buckets));
}

/* The number of the string, or STRING_NOT_FOUND. */
uint32_t string_table_find(const string_table *table, const string_probe *probe);

/* The same for an inline entry whose bucket is known. */
static inline uint32_t string_table_find_inline(const string_table *table, string_entry entry,
                                                uint32_t bucket)
{
    uint32_t first = table->buckets[bucket], last = table->buckets[bucket + 1];
    if (last > table->n || first >= last)
        return STRING_NOT_FOUND;
    /* Whoever makes words collide gains nothing: a long bucket is searched by bisection. */
    while (last - first > 8) {
        uint32_t middle = first + (last - first) / 2;
        string_entry found = table->entries[middle];
        if (!string_entry_is_long(found) &&
            (found.low < entry.low || (found.low == entry.low && found.high < entry.high)))
            first = middle + 1;
        else
            last = middle + 1;
    }
    /* Whether it is the first or the second nobody can predict: no branch. */
    const string_entry *likely = &table->entries[first];
    first += ((likely->low ^ entry.low) | (likely->high ^ entry.high)) != 0;
    for (; first < last; first++)
        if (table->entries[first].low == entry.low && table->entries[first].high == entry.high)
            return first;
    return STRING_NOT_FOUND;
}

/* The bytes of string `i` (< n) into `scratch` if it is inline; its length; 0 for a damaged entry.
 */
uint32_t string_table_get(const string_table *table, uint32_t i, char scratch[16],
                          const char **ret_bytes);

/*
 * A table that grows, in the order in which strings are first seen. Zero-initialised is empty;
 * thread-owned. Hash-flooding: the probe sequence is seeded.
 */
typedef struct string_counter {
    string_entry *entries; /* n of them, in order of first sight */
    uint32_t *slots;       /* entry number + 1, 0 for free; 2^log2_slots */
    char *pool;
    size_t n, capacity, pool_length, pool_capacity;
    uint32_t log2_slots;
    uint64_t seed;
} string_counter;

/* The number of the string, which is added if new; STRING_NOT_FOUND if out of memory. */
uint32_t string_counter_add(string_counter *counter, const string_probe *probe);

/* A probe for string `i` of the counter. */
string_probe string_counter_probe(const string_counter *counter, uint32_t i, char scratch[16]);

/* Frees the memory; a zero-initialised one is fine. */
void string_counter_free(string_counter *counter);

/* A table that owns its memory. */
typedef struct string_index {
    string_table table;
    uint32_t *buckets;
    string_entry *entries;
    char *pool;
} string_index;

/*
 * The canonical table of the strings `chosen` (`n` numbers of `counter`), and in `ret_order` (`n`
 * numbers) which number of the counter each of its entries has. The result depends on the set of
 * strings only.
 */
bool string_index_build(const string_counter *counter, const uint32_t *chosen, uint32_t n,
                        string_index *ret_index, uint32_t *ret_order)
    __attribute__((warn_unused_result));

/* Frees the memory; a zero-initialised one is fine. */
void string_index_free(string_index *index);

/* The number of buckets for `n` entries, as a power of two: one to two entries a bucket, so that
 * the offsets stay small in the cache and the entries of a bucket share a line or two. */
uint32_t table_log2_buckets(uint32_t n);

#endif
