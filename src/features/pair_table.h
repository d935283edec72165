/* SPDX-License-Identifier: MIT */
/*
 * An exact table from pairs of words to numbers 0 .. n - 1, flat like string_table.h.
 *
 * A pair is known by the numbers of its words, so it needs no text of its own. Records are sorted
 * by (bucket, key); each begins with its 64-bit key, and what follows (in a model: the weights, so
 * that one cache line serves both) is the caller's.
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

typedef struct pair_table {
    const uint32_t *buckets;      /* 2^log2_buckets + 1 */
    const unsigned char *records; /* n of `stride` bytes, 8-byte aligned */
    size_t stride;
    uint32_t log2_buckets, n;
} pair_table;

static inline uint32_t pair_table_bucket(const pair_table *table, uint64_t key)
{
    uint64_t hash = (key ^ key >> 32) * 0x9E3779B97F4A7C15u;
    return table->log2_buckets ? (uint32_t)(hash >> (64 - table->log2_buckets)) : 0;
}

static inline uint64_t pair_table_key(const pair_table *table, uint32_t i)
{
    uint64_t key;
    memcpy(&key, table->records + i * table->stride, sizeof key);
    return key;
}

/* The number of `key` in its bucket, or PAIR_NOT_FOUND. Keys of a bucket ascend. */
static inline uint32_t pair_table_find_in(const pair_table *table, uint32_t bucket, uint64_t key)
{
    uint32_t first = table->buckets[bucket], last = table->buckets[bucket + 1];
    if (last > table->n || first > last)
        return PAIR_NOT_FOUND;
    while (last - first > 8) {
        uint32_t middle = first + (last - first) / 2;
        if (pair_table_key(table, middle) < key)
            first = middle + 1;
        else
            last = middle + 1;
    }
    for (; first < last; first++)
        if (pair_table_key(table, first) == key)
            return first;
    return PAIR_NOT_FOUND;
}

#endif
