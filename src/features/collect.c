/* SPDX-License-Identifier: MIT */
/* Collecting the features of one ticket: words, then pairs, each counted once. */
#include "features/collect.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(feature_counts *f, size_t n_words)
{
    size_t needed = (1 + PAIRS_PER_WORD) * n_words + 2;
    if (needed <= f->capacity)
        return true;
    if (needed > UINT32_MAX / 4)
        return false;
    feature_counts_free(f);
    size_t n_slots = 64;
    while (n_slots < 2 * needed)
        n_slots *= 2;
    f->ids = mem_new(needed, sizeof *f->ids);
    f->counts = mem_new(needed, sizeof *f->counts);
    f->keys = mem_new(needed, sizeof *f->keys);
    f->owners = mem_new(needed, sizeof *f->owners);
    f->buckets = mem_new(needed, sizeof *f->buckets);
    f->places = mem_new(needed, sizeof *f->places);
    f->slots = mem_new(n_slots, sizeof *f->slots);
    if (!f->ids || !f->counts || !f->keys || !f->owners || !f->buckets || !f->places || !f->slots) {
        feature_counts_free(f);
        return false;
    }
    f->n_slots = n_slots;
    f->capacity = needed;
    return true;
}

/* Adds a feature that the ticket does not have yet; its place. */
static inline uint32_t add(feature_counts *f, uint32_t id)
{
    f->ids[f->n] = id;
    f->counts[f->n] = 1;
    return (uint32_t)f->n++;
}

/* Counts feature `id` once more; `mask` + 1 slots are in use for this ticket. Its place. */
static inline uint32_t count(feature_counts *f, uint32_t id, size_t mask)
{
    size_t slot = (id * 0x9E3779B1u >> 7) & mask;
    for (; f->slots[slot]; slot = (slot + 1) & mask) {
        uint32_t place = f->slots[slot] - 1;
        if (f->ids[place] == id) {
            f->counts[place]++;
            return place;
        }
    }
    f->slots[slot] = (uint32_t)f->n + 1;
    return add(f, id);
}

/* A list of keys under construction. */
typedef struct key_list {
    uint64_t *keys;
    uint32_t *owners; /* or NULL */
    size_t n;
} key_list;

static inline void key_push(key_list *list, uint64_t key, size_t owner)
{
    if (list->owners)
        list->owners[list->n] = (uint32_t)owner;
    list->keys[list->n++] = key;
}

size_t pair_keys_list(const feature_options *options, const uint32_t *words, size_t n,
                      uint64_t *keys, uint32_t *owners)
{
    key_list list = {.keys = keys, .owners = owners};
    if (options->max_pairs == 0 || n == 0)
        return 0;
    if (options->has_edges && words[0] != NO_WORD)
        key_push(&list, pair_key(PAIR_NEXT, PAIR_EDGE_BEGIN, words[0] + PAIR_FIRST_WORD), 0);
    if (options->has_edges && words[n - 1] != NO_WORD)
        key_push(&list, pair_key(PAIR_NEXT, words[n - 1] + PAIR_FIRST_WORD, PAIR_EDGE_END), n - 1);
    for (size_t i = 0; i < n; i++) {
        if (words[i] == NO_WORD)
            continue;
        uint32_t word = words[i] + PAIR_FIRST_WORD;
        if (i + 1 < n && words[i + 1] != NO_WORD)
            key_push(&list, pair_key(PAIR_NEXT, word, words[i + 1] + PAIR_FIRST_WORD), i);
        if (i < options->n_opening)
            key_push(&list, pair_key(PAIR_OPENING, PAIR_EDGE_BEGIN, word), i);
    }
    return list.n;
}

/* How many look-ups ahead their memory is asked for: most tickets then ask for all at once. */
#define PREFETCH_AHEAD 32

static void count_pairs(feature_counts *f, const pair_table *pairs, uint32_t n_words, size_t n_keys,
                        size_t mask)
{
    for (size_t i = 0; i < n_keys; i++) {
        f->buckets[i] = pair_table_bucket(pairs, f->keys[i]);
        __builtin_prefetch(&pairs->buckets[f->buckets[i]]);
    }
    for (size_t i = 0; i < n_keys + PREFETCH_AHEAD; i++) {
        if (i < n_keys) {
            uint32_t first = pairs->buckets[f->buckets[i]];
            __builtin_prefetch(pairs->records + (first < pairs->n ? first : 0) * pairs->stride);
        }
        if (i < PREFETCH_AHEAD)
            continue;
        size_t now = i - PREFETCH_AHEAD;
        uint32_t pair = pair_table_find_in(pairs, f->buckets[now], f->keys[now]);
        if (pair == PAIR_NOT_FOUND)
            continue;
        if (f->counts[f->places[f->owners[now]]] == 1)
            add(f, n_words + pair);
        else
            count(f, n_words + pair, mask);
    }
}

bool feature_counts_collect(feature_counts *f, const feature_options *options,
                            const pair_table *pairs, uint32_t n_words, const uint32_t *words,
                            size_t n)
{
    if (!reserve(f, n))
        return false;
    size_t n_slots = 64;
    while (n_slots < 4 * n)
        n_slots *= 2;
    memset(f->slots, 0, n_slots * sizeof *f->slots);
    f->n = 0;
    for (size_t i = 0; i < n; i++)
        if (words[i] != NO_WORD)
            f->places[i] = count(f, words[i], n_slots - 1);
    if (pairs->n > 0) {
        size_t n_keys = pair_keys_list(options, words, n, f->keys, f->owners);
        count_pairs(f, pairs, n_words, n_keys, n_slots - 1);
    }
    return true;
}

void feature_counts_free(feature_counts *f)
{
    free(f->ids);
    free(f->counts);
    free(f->keys);
    free(f->owners);
    free(f->buckets);
    free(f->places);
    free(f->slots);
    *f = (feature_counts){0};
}
