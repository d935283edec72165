/* SPDX-License-Identifier: MIT */
/*
 * Counting pairs. Each thread counts the pairs whose hash falls in its part, over all tickets, so
 * that no two threads share a counter and the counts do not depend on how many threads there are.
 */
#include "base/mem.h"
#include "base/parallel.h"
#include "features/collect.h"
#include "features/space.h"

#include <stdlib.h>

typedef struct pair_slot {
    uint64_t key;  /* 0: free (a key's kind is never 0) */
    uint32_t df;   /* tickets that have the pair */
    uint32_t last; /* the last of them: its place in `docs` + 1 */
} pair_slot;

/* The counter of one part: open addressing, at most two thirds full. */
typedef struct pair_counter {
    pair_slot *slots;
    uint32_t log2_slots;
    size_t n;
} pair_counter;

typedef struct count_job {
    const corpus *c;
    const uint32_t *docs;
    const feature_space *space;
    pair_counter *parts;
    size_t n_parts;
} count_job;

static size_t slot_of(const pair_counter *counter, uint64_t hash)
{
    /* The upper half of the hash chooses the part, the lower half the slot. */
    return (size_t)(hash & (((uint64_t)1 << counter->log2_slots) - 1));
}

static bool counter_grow(pair_counter *counter)
{
    pair_counter grown = {.log2_slots = counter->log2_slots ? counter->log2_slots + 1 : 12,
                          .n = counter->n};
    grown.slots = mem_new_zeroed((size_t)1 << grown.log2_slots, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    size_t n_slots = counter->log2_slots ? (size_t)1 << counter->log2_slots : 0;
    size_t mask = ((size_t)1 << grown.log2_slots) - 1;
    for (size_t i = 0; i < n_slots; i++) {
        if (counter->slots[i].key == 0)
            continue;
        size_t slot = slot_of(&grown, hash_mix(counter->slots[i].key));
        while (grown.slots[slot].key)
            slot = (slot + 1) & mask;
        grown.slots[slot] = counter->slots[i];
    }
    free(counter->slots);
    *counter = grown;
    return true;
}

static bool counter_add(pair_counter *counter, uint64_t key, uint64_t hash, uint32_t doc_mark)
{
    size_t n_slots = counter->log2_slots ? (size_t)1 << counter->log2_slots : 0;
    if (counter->n * 3 >= n_slots * 2 && !counter_grow(counter))
        return false;
    size_t mask = ((size_t)1 << counter->log2_slots) - 1;
    size_t slot = slot_of(counter, hash);
    while (counter->slots[slot].key && counter->slots[slot].key != key)
        slot = (slot + 1) & mask;
    pair_slot *found = &counter->slots[slot];
    if (found->key == 0) {
        found->key = key;
        counter->n++;
    }
    if (found->last != doc_mark) {
        found->last = doc_mark;
        found->df++;
    }
    return true;
}

/* The part of `n_parts` that a hash belongs to. */
static size_t part_of(uint64_t hash, size_t n_parts)
{
    return (size_t)(((hash >> 32) * n_parts) >> 32);
}

/* How many keys ahead a counter's slot is asked for. */
#define PREFETCH_AHEAD 8

/* The keys of one ticket that belong to `part`, moved to the front, with their hashes behind them.
 */
static size_t keys_of_part(uint64_t *keys, uint64_t *hashes, size_t n_keys, size_t part,
                           size_t n_parts)
{
    size_t n = 0;
    for (size_t i = 0; i < n_keys; i++) {
        uint64_t key = keys[i], hash = hash_mix(key);
        keys[n] = key;
        hashes[n] = hash;
        n += part_of(hash, n_parts) == part;
    }
    return n;
}

static bool count_keys(pair_counter *counter, const uint64_t *keys, const uint64_t *hashes,
                       size_t n, uint32_t doc_mark)
{
    for (size_t i = 0; i < n; i++) {
        if (i + PREFETCH_AHEAD < n && counter->slots)
            __builtin_prefetch(&counter->slots[slot_of(counter, hashes[i + PREFETCH_AHEAD])]);
        if (!counter_add(counter, keys[i], hashes[i], doc_mark))
            return false;
    }
    return true;
}

/* Task: counts one part over all tickets. */
static bool count_part(void *context, size_t part)
{
    count_job *job = context;
    uint32_t *numbers = NULL;
    uint64_t *keys = NULL;
    size_t numbers_capacity = 0, keys_capacity = 0;
    bool done = true;
    for (uint32_t d = 0; d < job->space->n_docs && done; d++) {
        uint32_t n;
        const uint32_t *words = corpus_doc(job->c, job->docs[d], &n);
        size_t most = PAIRS_PER_WORD * (size_t)n + 2;
        done = mem_reserve((void **)&numbers, &numbers_capacity, n, sizeof *numbers) &&
               mem_reserve((void **)&keys, &keys_capacity, 2 * most, sizeof *keys);
        if (!done || n == 0)
            continue;
        for (uint32_t i = 0; i < n; i++)
            numbers[i] = job->space->numbers[words[i]];
        size_t n_keys = pair_keys_list(&job->space->options, numbers, n, keys);
        n_keys = keys_of_part(keys, keys + most, n_keys, part, job->n_parts);
        done = count_keys(&job->parts[part], keys, keys + most, n_keys, d + 1);
    }
    free(numbers);
    free(keys);
    return done;
}

/* Marks the pairs that are too frequent as in no ticket at all. */
static void drop_too_frequent(const count_job *job)
{
    uint32_t max_df = space_max_df(job->space);
    for (size_t p = 0; p < job->n_parts; p++) {
        pair_slot *slots = job->parts[p].slots;
        size_t n_slots = slots ? (size_t)1 << job->parts[p].log2_slots : 0;
        for (size_t i = 0; i < n_slots; i++)
            if (slots[i].df > max_df)
                slots[i].df = 0;
    }
}

/* The document frequency from which at most `limit` pairs remain, at least `min_df`. */
static uint32_t frequency_limit(const count_job *job, uint32_t min_df, uint32_t limit)
{
    enum { N_COUNTED = 1024 }; /* pairs in more tickets than this are all kept */
    size_t n_with[N_COUNTED + 1] = {0}, n = 0;
    for (size_t p = 0; p < job->n_parts; p++) {
        const pair_counter *counter = &job->parts[p];
        size_t n_slots = counter->slots ? (size_t)1 << counter->log2_slots : 0;
        for (size_t i = 0; i < n_slots; i++)
            n_with[counter->slots[i].df < N_COUNTED ? counter->slots[i].df : N_COUNTED]++;
    }
    uint32_t df = N_COUNTED;
    while (df > min_df && n + n_with[df] <= limit)
        n += n_with[df--];
    return n + n_with[df] <= limit ? df : df + 1;
}

/* Calls visit(slot) for each slot that is kept. */
#define FOR_EACH_KEPT(job, df_limit, slot)                                                         \
    for (size_t p_ = 0; p_ < (job)->n_parts; p_++)                                                 \
        for (const pair_slot *slot = (job)->parts[p_].slots,                                       \
                             *end_ = slot ? slot + ((size_t)1 << (job)->parts[p_].log2_slots)      \
                                          : slot;                                                  \
             slot < end_; slot++)                                                                  \
            if (slot->df >= (df_limit))

static void sort_bucket(pair_slot *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        pair_slot held = items[i];
        uint32_t j = i;
        for (; j > 0 && items[j - 1].key > held.key; j--)
            items[j] = items[j - 1];
        items[j] = held;
    }
}

static uint32_t bucket_of(const pair_table *table, uint64_t key)
{
    return pair_spot_bucket(pair_table_spot(table, key));
}

/* Puts the kept pairs into `kept` in canonical order (bucket, key), and the offsets into the table.
 */
static void order_pairs(const count_job *job, uint32_t df_limit, feature_space *space,
                        pair_slot *kept)
{
    uint32_t *buckets = space->pair_buckets, n_buckets = (uint32_t)1 << space->pairs.log2_buckets;
    memset(buckets, 0, ((size_t)n_buckets + 1) * sizeof *buckets);
    FOR_EACH_KEPT(job, df_limit, slot)
    buckets[bucket_of(&space->pairs, slot->key) + 1]++;
    for (uint32_t b = 0; b < n_buckets; b++)
        buckets[b + 1] += buckets[b];
    FOR_EACH_KEPT(job, df_limit, slot)
    kept[buckets[bucket_of(&space->pairs, slot->key)]++] = *slot;
    memmove(buckets + 1, buckets, n_buckets * sizeof *buckets);
    buckets[0] = 0;
    for (uint32_t b = 0; b < n_buckets; b++)
        sort_bucket(kept + buckets[b], buckets[b + 1] - buckets[b]);
}

/* The table of the counted pairs that are frequent enough. */
static bool build_table(const count_job *job, feature_space *space)
{
    uint32_t n = 0;
    drop_too_frequent(job);
    uint32_t df_limit = frequency_limit(job, space->options.min_df, space->options.max_pairs);
    FOR_EACH_KEPT(job, df_limit, slot)
    n++;
    space->pairs = (pair_table){
        .n = n, .stride = sizeof(uint64_t), .log2_buckets = pair_table_log2_buckets(n)};
    space->pair_buckets = mem_new(((size_t)1 << space->pairs.log2_buckets) + 1, sizeof(uint32_t));
    space->pair_tags = mem_new_zeroed((size_t)n + PAIR_TAGS_SLACK, 1);
    space->pair_keys = mem_new(n, sizeof *space->pair_keys);
    space->pair_idf = mem_new(n, sizeof *space->pair_idf);
    pair_slot *kept = mem_new(n, sizeof *kept);
    bool built =
        space->pair_buckets && space->pair_tags && space->pair_keys && space->pair_idf && kept;
    if (built) {
        order_pairs(job, df_limit, space, kept);
        for (uint32_t i = 0; i < n; i++) {
            space->pair_keys[i] = kept[i].key;
            space->pair_tags[i] = pair_spot_tag(pair_table_spot(&space->pairs, kept[i].key));
            space->pair_idf[i] = inverse_document_frequency(space->n_docs, kept[i].df);
        }
        space->pairs.buckets = space->pair_buckets;
        space->pairs.tags = space->pair_tags;
        space->pairs.records = (const unsigned char *)space->pair_keys;
    }
    free(kept);
    return built;
}

bool space_build_pairs(const corpus *c, const uint32_t *docs, uint32_t n_threads,
                       feature_space *space)
{
    n_threads = parallel_n_threads(n_threads);
    count_job job = {.c = c, .docs = docs, .space = space, .n_parts = n_threads};
    job.parts = mem_new_zeroed(job.n_parts, sizeof *job.parts);
    bool built =
        job.parts &&
        (space->options.max_pairs == 0 || parallel_run(n_threads, job.n_parts, count_part, &job)) &&
        build_table(&job, space);
    for (size_t p = 0; job.parts && p < job.n_parts; p++)
        free(job.parts[p].slots);
    free(job.parts);
    return built;
}
