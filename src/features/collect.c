/* SPDX-License-Identifier: MIT */
/* Collecting the features of one ticket: words, then pairs, each counted once. */
#include "features/collect.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Room for the features of `n` words of a vocabulary of `n_words`. */
static bool reserve(feature_counts *f, size_t n, uint32_t n_words)
{
    size_t needed = (1 + PAIRS_PER_WORD) * n + 2;
    if (needed > UINT32_MAX / 8)
        return false;
    if (needed <= f->capacity && n_words <= f->n_marks && f->ticket < UINT32_MAX)
        return true;
    feature_counts_free(f);
    f->ids = mem_new(needed, sizeof *f->ids);
    f->counts = mem_new(needed, sizeof *f->counts);
    f->keys = mem_new(needed, sizeof *f->keys);
    f->candidates = mem_new(needed, sizeof *f->candidates);
    f->marks = mem_new_zeroed(n_words, sizeof *f->marks);
    if (!f->ids || !f->counts || !f->keys || !f->candidates || !f->marks)
        return false; /* half-built, with a capacity of 0 */
    f->capacity = needed;
    f->n_marks = n_words;
    return true;
}

/* Slots for `n` pairs, few of which share one; their number less one, or 0 if out of memory. */
static size_t reserve_slots(feature_counts *f, size_t n)
{
    size_t n_slots = 64;
    while (n_slots < 4 * n)
        n_slots *= 2;
    if (n_slots > f->n_slots) {
        free(f->slots);
        f->slots = mem_new_zeroed(n_slots, sizeof *f->slots);
        f->n_slots = f->slots ? n_slots : 0;
    }
    return f->slots ? n_slots - 1 : 0;
}

/* Counts a feature by its mark. Whether it has been there before nobody can predict: no branch. */
static inline void count(feature_counts *f, feature_mark *mark, uint32_t id)
{
    uint32_t is_new = mark->ticket != f->ticket;
    uint32_t known_bits = is_new - 1; /* all if it has been there, else none */
    uint32_t place = (mark->place & known_bits) | ((uint32_t)f->n & ~known_bits);
    *mark = (feature_mark){f->ticket, place};
    f->counts[f->n] = 0;
    f->ids[place] = id;
    f->counts[place]++;
    f->n += is_new;
}

static void count_words(feature_counts *f, const uint32_t *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (words[i] != NO_WORD)
            count(f, &f->marks[words[i]], words[i]);
}

/* Pairs are too many for a mark each: they share `mask` + 1 slots. */
static inline void count_pair(feature_counts *f, uint32_t id, size_t mask)
{
    size_t slot = (id * 0x9E3779B1u >> 5) & mask;
    while ((f->slots[slot].ticket == f->ticket) & (f->ids[f->slots[slot].place] != id))
        slot = (slot + 1) & mask;
    count(f, &f->slots[slot], id);
}

size_t pair_keys_list(const feature_options *options, const uint32_t *words, size_t n,
                      uint64_t *keys)
{
    size_t n_keys = 0;
    if (options->max_pairs == 0 || n == 0)
        return 0;
    if (options->has_edges && words[0] != NO_WORD)
        keys[n_keys++] = pair_key(PAIR_NEXT, PAIR_EDGE_BEGIN, words[0] + PAIR_FIRST_WORD);
    if (options->has_edges && words[n - 1] != NO_WORD)
        keys[n_keys++] = pair_key(PAIR_NEXT, words[n - 1] + PAIR_FIRST_WORD, PAIR_EDGE_END);
    for (size_t i = 0; i < n; i++) {
        if (words[i] == NO_WORD)
            continue;
        uint32_t word = words[i] + PAIR_FIRST_WORD;
        if (i + 1 < n && words[i + 1] != NO_WORD)
            keys[n_keys++] = pair_key(PAIR_NEXT, word, words[i + 1] + PAIR_FIRST_WORD);
        if (i < options->n_opening)
            keys[n_keys++] = pair_key(PAIR_OPENING, PAIR_EDGE_BEGIN, word);
    }
    return n_keys;
}

/* Keys that are looked up together: while one's memory arrives, the others are asked for. */
#define KEY_BATCH 64

/* Moves those of the `n` keys from `first` on that may be in the table to the front, behind
 * `n_matches` others, with their candidates; asks for their records' memory. The new n_matches. */
static size_t match_batch(feature_counts *f, const pair_table *pairs, size_t first, size_t n,
                          size_t n_matches)
{
    const uint64_t *keys = f->keys + first;
    const size_t n_before = n_matches;
    uint64_t spots[KEY_BATCH];
    for (size_t i = 0; i < n; i++) {
        spots[i] = pair_table_spot(pairs, keys[i]);
        __builtin_prefetch(&pairs->buckets[pair_spot_bucket(spots[i])]);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t start = pairs->buckets[pair_spot_bucket(spots[i])];
        __builtin_prefetch(&pairs->tags[start < pairs->n ? start : 0]);
    }
    for (size_t i = 0; i < n; i++) {
        pair_candidates c = pair_table_candidates(pairs, keys[i], spots[i]);
        f->keys[n_matches] = keys[i];
        f->candidates[n_matches] = c;
        n_matches += c.bits != 0; /* no branch, as above */
    }
    for (size_t i = n_before; i < n_matches; i++)
        __builtin_prefetch(pairs->records +
                           pair_candidates_first(f->candidates[i]) * pairs->stride);
    return n_matches;
}

static size_t match_keys(feature_counts *f, const pair_table *pairs, size_t n_keys)
{
    size_t n_matches = 0;
    for (size_t first = 0; first < n_keys; first += KEY_BATCH) {
        size_t n = n_keys - first < KEY_BATCH ? n_keys - first : KEY_BATCH;
        n_matches = match_batch(f, pairs, first, n, n_matches);
    }
    return n_matches;
}

static bool count_pairs(feature_counts *f, const pair_table *pairs, uint32_t n_words,
                        size_t n_matches)
{
    size_t mask = reserve_slots(f, n_matches);
    for (size_t i = 0; i < n_matches && mask > 0; i++) {
        uint32_t pair = pair_table_pick(pairs, f->candidates[i], f->keys[i]);
        if (pair != PAIR_NOT_FOUND)
            count_pair(f, n_words + pair, mask);
    }
    return mask > 0;
}

bool feature_counts_collect(feature_counts *f, const feature_options *options,
                            const pair_table *pairs, uint32_t n_words, const uint32_t *words,
                            size_t n)
{
    if (!reserve(f, n, n_words))
        return false;
    size_t n_matches = 0;
    f->ticket++;
    f->n = 0;
    /* The pairs' records arrive while the words are counted. */
    if (pairs->n > 0)
        n_matches = match_keys(f, pairs, pair_keys_list(options, words, n, f->keys));
    count_words(f, words, n);
    return count_pairs(f, pairs, n_words, n_matches);
}

void feature_counts_free(feature_counts *f)
{
    free(f->ids);
    free(f->counts);
    free(f->keys);
    free(f->candidates);
    free(f->marks);
    free(f->slots);
    memset(f, 0, sizeof *f);
}
