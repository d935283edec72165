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

/* Where a feature of the ticket is in `ids`; `ticket` says of which ticket. */
typedef struct feature_mark {
    uint32_t ticket, place;
} feature_mark;

/*
 * The distinct features of one ticket and scratch to find them. Words have their own numbers, pairs
 * follow from n_words on. Zero-initialised is ready; thread-owned; reused.
 */
typedef struct feature_counts {
    uint32_t *ids, *counts; /* n each */
    size_t n;
    size_t capacity;
    uint32_t ticket;             /* number of this ticket; no mark has it before */
    uint64_t *keys;              /* scratch: pair keys */
    pair_candidates *candidates; /* scratch: of each key that may be known, where it may be */
    feature_mark *marks;         /* scratch: by word; n_marks of them */
    uint32_t n_marks;
    feature_mark *slots; /* scratch: by hash of the pair */
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
 * The pair keys of a ticket into `keys`, which has room for PAIRS_PER_WORD * n + 2; how many they
 * are. Pairs with an unknown word are left out.
 */
size_t pair_keys_list(const feature_options *options, const uint32_t *words, size_t n,
                      uint64_t *keys);

/* At most one pair of each kind begins at a word. */
#define PAIRS_PER_WORD 2

#endif
