/* SPDX-License-Identifier: MIT */
/*
 * An exact table from pairs of words to numbers 0 .. n - 1, flat like string_table.h.
 *
 * A pair is known by the numbers of its words, so it needs no text of its own. Records are sorted
 * by (bucket, key); each begins with its 64-bit key, and what follows (in a model: the weights, so
 * that one cache line serves both) is the caller's. A byte of each pair's hash, its tag, stands in
 * an array of its own, which stays in the processor's nearest caches: most look-ups of pairs that
 * are not in the table end there, without waiting for a record.
 */
#ifndef FEATURES_PAIR_TABLE_H
#define FEATURES_PAIR_TABLE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PAIR_NOT_FOUND UINT32_MAX

/* What makes a pair. The numbers are part of the model format. */
typedef enum pair_kind {
    PAIR_NEXT = 1,    /* two neighbouring words; at the edges of the text: an edge and a word */
    PAIR_OPENING = 2, /* one of the first words of the text; its partner is PAIR_EDGE_BEGIN */
} pair_kind;

/* Stand for the text's edges where a word's number is expected; words count from PAIR_FIRST_WORD
 * on. */
#define PAIR_EDGE_BEGIN 0u
#define PAIR_EDGE_END   1u
#define PAIR_FIRST_WORD 2u

/* Words are numbered in 31 bits of a key. */
#define PAIR_MAX_WORDS ((uint32_t)0x7FFFFFFF - PAIR_FIRST_WORD)

static inline uint64_t pair_key(pair_kind kind, uint32_t first, uint32_t second)
{
    return (uint64_t)kind << 62 | (uint64_t)first << 31 | second;
}

static inline pair_kind pair_key_kind(uint64_t key)
{
    return (pair_kind)(key >> 62);
}

static inline uint32_t pair_key_first(uint64_t key)
{
    return (uint32_t)(key >> 31) & 0x7FFFFFFF;
}

static inline uint32_t pair_key_second(uint64_t key)
{
    return (uint32_t)key & 0x7FFFFFFF;
}

/* Behind the tags are so many zeros, so that those of a bucket can be read at once. */
#define PAIR_TAGS_SLACK 8u

typedef struct pair_table {
    const uint32_t *buckets;      /* 2^log2_buckets + 1 */
    const unsigned char *tags;    /* n, and PAIR_TAGS_SLACK more */
    const unsigned char *records; /* n of `stride` bytes, 8-byte aligned */
    size_t stride;
    uint32_t log2_buckets, n;
} pair_table;

/* The number of buckets for `n` pairs, as a power of two: the tags of a bucket, on average two to
 * four, are compared in one go. */
static inline uint32_t pair_table_log2_buckets(uint32_t n)
{
    uint32_t log2 = 0;
    while (log2 < 30 && ((uint32_t)4 << log2) < n)
        log2++;
    return log2;
}

/* Where to look for a key: the number of its bucket, and in the lowest byte its tag. */
static inline uint64_t pair_table_spot(const pair_table *table, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0x9E3779B97F4A7C15u;
    return hash >> (56 - table->log2_buckets);
}

static inline uint32_t pair_spot_bucket(uint64_t spot)
{
    return (uint32_t)(spot >> 8);
}

static inline unsigned char pair_spot_tag(uint64_t spot)
{
    return (unsigned char)spot;
}

static inline uint64_t pair_table_key(const pair_table *table, uint32_t i)
{
    uint64_t key;
    memcpy(&key, table->records + i * table->stride, sizeof key);
    return key;
}

/* Pairs `first` .. `first` + 7 that may be the one looked for: those with the upper bit of their
 * byte set. */
typedef struct pair_candidates {
    uint64_t bits;
    uint32_t first;
} pair_candidates;

/* The pairs of the bucket that have the tag of `key`, whose spot is `spot`. */
static inline pair_candidates pair_table_candidates(const pair_table *table, uint64_t key,
                                                    uint64_t spot)
{
    const uint64_t low_bits = 0x7F7F7F7F7F7F7F7Fu;
    const uint32_t *bucket = &table->buckets[pair_spot_bucket(spot)];
    uint32_t first = bucket[0], last = bucket[1];
    if (last > table->n || first > last)
        return (pair_candidates){0, 0};
    /* Keys of a bucket ascend: whoever makes pairs collide gains nothing. */
    while (last - first > 8) {
        uint32_t middle = first + (last - first) / 2;
        if (pair_table_key(table, middle) < key)
            first = middle + 1;
        else
            last = middle + 1;
    }
    uint64_t tags, differences;
    memcpy(&tags, table->tags + first, sizeof tags);
    differences = tags ^ pair_spot_tag(spot) * 0x0101010101010101u;
    uint64_t equal = ~(((differences & low_bits) + low_bits) | differences | low_bits);
    /* In two steps, because a shift by all 64 bits is undefined. */
    uint32_t half = 4 * (last - first);
    return (pair_candidates){equal & ~(UINT64_MAX << half << half), first};
}

/* The first candidate of at least one; most probably the pair itself. */
static inline uint32_t pair_candidates_first(pair_candidates c)
{
    return c.first + (uint32_t)__builtin_ctzll(c.bits) / 8;
}

/* The number of the candidate that has `key`, or PAIR_NOT_FOUND. */
static inline uint32_t pair_table_pick(const pair_table *table, pair_candidates c, uint64_t key)
{
    for (; c.bits; c.bits &= c.bits - 1) {
        uint32_t i = pair_candidates_first(c);
        if (pair_table_key(table, i) == key)
            return i;
    }
    return PAIR_NOT_FOUND;
}

/* The number of `key`, or PAIR_NOT_FOUND. */
static inline uint32_t pair_table_find(const pair_table *table, uint64_t key)
{
    pair_candidates c = pair_table_candidates(table, key, pair_table_spot(table, key));
    return pair_table_pick(table, c, key);
}

#endif
