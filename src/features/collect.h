/* SPDX-License-Identifier: MIT */
/*
 * From the word numbers of one ticket to its features with their counts. The trainer and the
 * predictor share this code, so that they cannot disagree on what a feature is.
 */
#ifndef FEATURES_COLLECT_H
#define FEATURES_COLLECT_H

#include "features/options.h"
#include "features/pair_table.h"

#include <stdbool.h>
#include <stdint.h>

/* A word that has no number in the vocabulary. */
#define NO_WORD UINT32_MAX

/*
 * The distinct features of one ticket and scratch to find them. Words have their own numbers, pairs
 * follow from n_words on. Zero-initialised is ready; thread-owned; reused.
 */
typedef struct feature_counts {
    uint32_t *ids, *counts; /* n each */
    size_t n;
    size_t capacity;
    uint64_t *keys;    /* scratch: pair keys */
    uint32_t *owners;  /* scratch: of each key, the word of the text that it begins at */
    uint32_t *buckets; /* scratch: their buckets */
    uint32_t *places;  /* scratch: of each word of the text, its place in `ids` */
    uint32_t *slots;   /* scratch: hash of id -> place in `ids` + 1 */
    size_t n_slots;
} feature_counts;

/*
 * Replaces the content of `f` by the features of the `n` words, which are vocabulary numbers below
 * `n_words` or NO_WORD. False if out of memory.
 */
bool feature_counts_collect(feature_counts *f, const feature_options *options,
                            const pair_table *pairs, uint32_t n_words, const uint32_t *words,
                            size_t n) __attribute__((warn_unused_result));

/* Frees the memory; a zero-initialised one is fine. */
void feature_counts_free(feature_counts *f);

/*
 * The pair keys of a ticket into `keys`, which has room for PAIRS_PER_WORD * n + 2, and where in
 * the text each begins into `owners` (NULL: not wanted); how many they are. Pairs with an unknown
 * word are left out. A pair can occur twice only if the word at its owner does.
 */
size_t pair_keys_list(const feature_options *options, const uint32_t *words, size_t n,
                      uint64_t *keys, uint32_t *owners);

/* At most one pair of each kind begins at a word. */
#define PAIRS_PER_WORD 2

#endif
