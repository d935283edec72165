/* SPDX-License-Identifier: MIT */
/*
 * Near-copies: MinHash (Broder 1997) over the set of words, and bands of minima as keys of hash
 * tables (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, section 3.4). With b bands of r
 * minima, texts of similarity s meet in one with probability 1 - (1 - s^r)^b: at 0.7 in 98.8 % of
 * cases, at 0.8 in 99.98 %, at 0.2 in 2.5 %.
 *
 * A table is made of sets of eight slots, a cache line each. A set keeps what came last. Slots are
 * never taken back: what is in one is only a hint, and the words decide.
 */
#include "text/similar.h"

#include "base/hash.h"
#include "base/mem.h"
#include "text/tokens.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define N_BANDS   16
#define N_ROWS    4 /* as band_hash() has them */
#define SET_SLOTS 8

/* Near-copies: at least this many hundredths of the words of both are in both. */
#define MIN_PERCENT 70

#define NONE UINT32_MAX

/* The words of the text that is being placed, as a hash table. */
#define N_WORD_SLOTS 1024

typedef struct word_set {
    size_t n;
    uint32_t words[SIMILAR_MAX_WORDS];
    uint32_t slots[N_WORD_SLOTS];
    uint16_t stamps[N_WORD_SLOTS]; /* a slot is used if it has the set's own */
    uint16_t stamp;
} word_set;

/* A hint that a text has this key in this band. */
typedef struct slot {
    uint32_t key;
    uint32_t entry; /* NONE: never used */
} slot;

/* What is looked for in a band. */
typedef struct band_key {
    slot *set; /* SET_SLOTS of them */
    uint32_t key;
} band_key;

typedef struct entry {
    uint64_t cluster;
    uint32_t *words; /* owned: hashes of its different words; NULL: the place is free */
    uint32_t n_words;
    uint32_t newer, older;   /* by when they were seen; NONE at the ends */
    uint32_t next_same_slot; /* in the table of clusters */
    uint32_t visit;          /* the last placing that has looked at it */
} entry;

struct similar_index {
    size_t capacity, n;
    entry *entries;
    slot *slots; /* N_BANDS tables of n_sets sets; aligned to sets */
    size_t n_sets;
    uint32_t *by_cluster;
    size_t n_clusters;             /* slots of it; this and n_sets are powers of two */
    uint32_t newest, oldest, free; /* free places are linked by `older` */
    uint32_t visit;
    tokens tokens;
    word_set set;
    uint64_t multipliers[N_BANDS * N_ROWS / 2]; /* odd */
};

static size_t power_of_two(size_t at_least)
{
    size_t n = 64;
    while (n < at_least)
        n *= 2;
    return n;
}

/* Sets are filled to the half, at most. */
static bool make_tables(similar_index *x)
{
    size_t n_slots;
    x->n_clusters = power_of_two(x->capacity);
    x->n_sets = power_of_two(x->capacity / (SET_SLOTS / 2));
    if (!size_multiply(x->n_sets, N_BANDS * SET_SLOTS, &n_slots))
        return false;
    x->entries = mem_new_zeroed(x->capacity, sizeof *x->entries);
    x->slots = mem_new_aligned(n_slots, sizeof *x->slots);
    x->by_cluster = mem_new(x->n_clusters, sizeof *x->by_cluster);
    if (!x->entries || !x->slots || !x->by_cluster)
        return false;
    memset(x->slots, 0xFF, n_slots * sizeof *x->slots);
    memset(x->by_cluster, 0xFF, x->n_clusters * sizeof *x->by_cluster);
    return true;
}

similar_index *similar_index_new(size_t capacity)
{
    similar_index *x = mem_new_zeroed(1, sizeof *x);
    if (!x)
        return NULL;
    x->capacity = capacity > 0 ? capacity : 1;
    if (x->capacity >= NONE || !make_tables(x)) {
        similar_index_free(x);
        return NULL;
    }
    x->newest = x->oldest = x->free = NONE;
    for (uint32_t i = (uint32_t)x->capacity; i-- > 0;) {
        x->entries[i].older = x->free;
        x->free = i;
    }
    for (size_t i = 0; i < N_BANDS * N_ROWS / 2; i++)
        x->multipliers[i] = hash_mix((i + 1) * 0x9E3779B97F4A7C15u) | 1;
    return x;
}

void similar_index_free(similar_index *x)
{
    if (!x)
        return;
    for (size_t i = 0; x->entries && i < x->capacity; i++)
        free(x->entries[i].words);
    free(x->entries);
    free(x->slots);
    free(x->by_cluster);
    tokens_free(&x->tokens);
    free(x);
}

size_t similar_index_length(const similar_index *x)
{
    return x->n;
}

/* --- the words of a text ------------------------------------------------------------------- */

static void set_clear(word_set *set)
{
    set->n = 0;
    if (++set->stamp == 0) {
        memset(set->stamps, 0, sizeof set->stamps);
        set->stamp = 1;
    }
}

/* The slot that has `word` or is free for it. */
static inline size_t set_slot(const word_set *set, uint32_t word)
{
    size_t at = word % N_WORD_SLOTS;
    while (set->stamps[at] == set->stamp && set->slots[at] != word)
        at = (at + 1) % N_WORD_SLOTS;
    return at;
}

static void set_add(word_set *set, uint32_t word)
{
    size_t at = set_slot(set, word);
    if (set->stamps[at] == set->stamp)
        return;
    set->stamps[at] = set->stamp;
    set->slots[at] = word;
    set->words[set->n++] = word;
}

static bool has_digit(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (word[i] >= '0' && word[i] <= '9')
            return true;
    return false;
}

/* The words of `t`; a text without any has one of its own, so that such texts are near-copies. */
static void set_read(word_set *set, const tokens *t, bool with_digits)
{
    set_clear(set);
    for (size_t i = 0; i < t->n && set->n < SIMILAR_MAX_WORDS; i++)
        if (with_digits || !has_digit(token_bytes(t, i), t->items[i].length))
            set_add(set, (uint32_t)hash_bytes(token_bytes(t, i), t->items[i].length));
    if (set->n == 0 && !with_digits && t->n > 0)
        set_read(set, t, true);
    else if (set->n == 0)
        set_add(set, (uint32_t)SIMILAR_EMPTY_HASH);
}

/*
 * The key of a band: of the words, the least in each of four orders. A product with an odd number
 * gives two of them: its upper half, and its lower half, which is the word times the number's.
 */
static uint64_t band_hash(const word_set *set, const uint64_t multipliers[N_ROWS / 2])
{
    uint32_t a = UINT32_MAX, b = UINT32_MAX, c = UINT32_MAX, d = UINT32_MAX;
    for (size_t i = 0; i < set->n; i++) {
        uint64_t first = set->words[i] * multipliers[0], second = set->words[i] * multipliers[1];
        uint32_t in_a = (uint32_t)first, in_b = (uint32_t)(first >> 32);
        uint32_t in_c = (uint32_t)second, in_d = (uint32_t)(second >> 32);
        a = in_a < a ? in_a : a;
        b = in_b < b ? in_b : b;
        c = in_c < c ? in_c : c;
        d = in_d < d ? in_d : d;
    }
    uint64_t hash = hash_mix(((uint64_t)a << 32 | b) + 1);
    return hash_mix(hash ^ ((uint64_t)c << 32 | d));
}

/* The sets are on their way to the cache when this returns. */
static void make_keys(const similar_index *x, band_key ret_keys[N_BANDS])
{
    for (size_t band = 0; band < N_BANDS; band++) {
        uint64_t hash = band_hash(&x->set, x->multipliers + band * N_ROWS / 2);
        size_t set = band * x->n_sets + (hash >> 32) % x->n_sets;
        ret_keys[band] = (band_key){.set = x->slots + set * SET_SLOTS, .key = (uint32_t)hash};
        __builtin_prefetch(ret_keys[band].set, 1);
    }
}

/* How many of the entry's words are in the set. */
static size_t common_words(const word_set *set, const entry *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_words; i++)
        n += set->stamps[set_slot(set, e->words[i])] == set->stamp;
    return n;
}

/* --- the texts that are kept --------------------------------------------------------------- */

static uint32_t *cluster_slot(similar_index *x, uint64_t cluster)
{
    return &x->by_cluster[hash_mix(cluster) % x->n_clusters];
}

static void unlink_age(similar_index *x, uint32_t i)
{
    entry *e = &x->entries[i];
    *(e->newer == NONE ? &x->newest : &x->entries[e->newer].older) = e->older;
    *(e->older == NONE ? &x->oldest : &x->entries[e->older].newer) = e->newer;
}

static void link_newest(similar_index *x, uint32_t i)
{
    entry *e = &x->entries[i];
    e->newer = NONE;
    e->older = x->newest;
    *(x->newest == NONE ? &x->oldest : &x->entries[x->newest].newer) = i;
    x->newest = i;
}

static void remove_entry(similar_index *x, uint32_t i)
{
    entry *e = &x->entries[i];
    uint32_t *at = cluster_slot(x, e->cluster);
    while (*at != i)
        at = &x->entries[*at].next_same_slot;
    *at = e->next_same_slot;
    unlink_age(x, i);
    free(e->words);
    e->words = NULL;
    e->older = x->free;
    x->free = i;
    x->n--;
}

/* The text that is in the set; out of memory, it is left out. */
static void add_entry(similar_index *x, const band_key keys[N_BANDS], uint64_t cluster)
{
    uint32_t *words = mem_new(x->set.n, sizeof *words);
    if (!words)
        return;
    memcpy(words, x->set.words, x->set.n * sizeof *words);
    if (x->free == NONE)
        remove_entry(x, x->oldest);
    uint32_t i = x->free, *same = cluster_slot(x, cluster);
    entry *e = &x->entries[i];
    x->free = e->older;
    e->cluster = cluster;
    e->words = words;
    e->n_words = (uint32_t)x->set.n;
    e->next_same_slot = *same;
    *same = i;
    for (size_t band = 0; band < N_BANDS; band++) {
        slot *set = keys[band].set;
        memmove(set + 1, set, (SET_SLOTS - 1) * sizeof *set);
        *set = (slot){.key = keys[band].key, .entry = i};
    }
    link_newest(x, i);
    x->n++;
}

/* --- placing ------------------------------------------------------------------------------- */

typedef struct search {
    uint32_t best;      /* NONE: no near-copy yet */
    size_t common, all; /* words of the best: similarity is common / all */
} search;

static void compare(similar_index *x, uint32_t i, search *s)
{
    entry *e = &x->entries[i];
    size_t a = x->set.n, b = e->n_words, smaller = a < b ? a : b, larger = a < b ? b : a;
    if (e->visit == x->visit || !e->words)
        return;
    e->visit = x->visit;
    if (smaller * 100 < larger * MIN_PERCENT)
        return;
    size_t common = common_words(&x->set, e), all = a + b - common;
    if (common * 100 < all * MIN_PERCENT || common * s->all <= s->common * all)
        return;
    *s = (search){.best = i, .common = common, .all = all};
}

static uint32_t find(similar_index *x, const band_key keys[N_BANDS])
{
    search s = {.best = NONE, .common = 0, .all = 1};
    if (++x->visit == 0) {
        for (size_t i = 0; i < x->capacity; i++)
            x->entries[i].visit = 0;
        x->visit = 1;
    }
    for (size_t band = 0; band < N_BANDS && s.common < s.all; band++)
        for (const slot *at = keys[band].set; at < keys[band].set + SET_SLOTS; at++)
            if (at->key == keys[band].key && at->entry != NONE)
                compare(x, at->entry, &s);
    return s.best;
}

uint64_t similar_index_place(similar_index *x, const char *text, size_t length,
                             uint64_t own_cluster)
{
    band_key keys[N_BANDS];
    if (!tokens_read(&x->tokens, text, length))
        return own_cluster;
    set_read(&x->set, &x->tokens, false);
    make_keys(x, keys);
    uint32_t found = find(x, keys);
    if (found == NONE) {
        add_entry(x, keys, own_cluster);
        return own_cluster;
    }
    unlink_age(x, found);
    link_newest(x, found);
    return x->entries[found].cluster;
}

void similar_index_remove(similar_index *x, uint64_t cluster)
{
    uint32_t next;
    for (uint32_t i = *cluster_slot(x, cluster); i != NONE; i = next) {
        next = x->entries[i].next_same_slot;
        if (x->entries[i].cluster == cluster)
            remove_entry(x, i);
    }
}

uint64_t similar_text_hash(const char *text, size_t length)
{
    tokens t = {0};
    buffer joined = {0};
    uint64_t hash = SIMILAR_EMPTY_HASH;
    bool is_read = tokens_read(&t, text, length);
    if (is_read)
        buffer_reserve(&joined, t.folded.length + t.n);
    for (size_t i = 0; is_read && i < t.n; i++) {
        if (i > 0)
            buffer_append_char(&joined, ' ');
        buffer_append(&joined, token_bytes(&t, i), t.items[i].length);
    }
    if (!is_read || joined.failed)
        hash = hash_bytes(text, length);
    else if (joined.length > 0)
        hash = hash_bytes(joined.data, joined.length);
    buffer_free(&joined);
    tokens_free(&t);
    return hash;
}
