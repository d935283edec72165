/* SPDX-License-Identifier: MIT */
/* Building a feature space: document frequencies of words, the choice of words, then pairs and
 * spellings. */
#include "features/space.h"

#include "base/error.h"
#include "base/mem.h"
#include "features/collect.h"

#include <math.h>
#include <stdlib.h>

/* Document frequency and total count of each word of the corpus in the chosen tickets. */
typedef struct word_stats {
    uint32_t *df;
    uint64_t *total;
} word_stats;

float inverse_document_frequency(uint32_t n_docs, uint32_t df)
{
    return (float)(log((1.0 + n_docs) / (1.0 + df)) + 1.0);
}

uint32_t space_max_df(const feature_space *space)
{
    double max_df = space->options.max_df;
    return max_df > 0 && max_df < 1 ? (uint32_t)(max_df * space->n_docs) : space->n_docs;
}

static bool count_words(const corpus *c, const uint32_t *docs, uint32_t n_docs, word_stats *stats)
{
    uint32_t *last = mem_new_zeroed(c->strings.n, sizeof *last); /* place in `docs` + 1 */
    stats->df = mem_new_zeroed(c->strings.n, sizeof *stats->df);
    stats->total = mem_new_zeroed(c->strings.n, sizeof *stats->total);
    if (!last || !stats->df || !stats->total) {
        free(last);
        return false;
    }
    for (uint32_t d = 0; d < n_docs; d++) {
        uint32_t n;
        const uint32_t *words = corpus_doc(c, docs[d], &n);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t word = words[i];
            stats->total[word]++;
            if (last[word] != d + 1) {
                last[word] = d + 1;
                stats->df[word]++;
            }
        }
    }
    free(last);
    return true;
}

typedef struct ranked_word {
    uint64_t total;
    string_probe probe;
    uint32_t word;
    char scratch[16];
} ranked_word;

/* The most frequent first; equally frequent ones in byte order. */
static int rank_compare(const void *left, const void *right)
{
    const ranked_word *a = left, *b = right;
    if (a->total != b->total)
        return a->total > b->total ? -1 : 1;
    const char *a_bytes = string_entry_is_long(a->probe.entry) ? a->probe.bytes : a->scratch;
    const char *b_bytes = string_entry_is_long(b->probe.entry) ? b->probe.bytes : b->scratch;
    uint32_t shorter = a->probe.length < b->probe.length ? a->probe.length : b->probe.length;
    int order = memcmp(a_bytes, b_bytes, shorter);
    return order != 0 ? order : (int)a->probe.length - (int)b->probe.length;
}

/* Keeps the `limit` most frequent of the `*n` chosen words. */
static bool limit_words(const corpus *c, const word_stats *stats, uint32_t limit, uint32_t *chosen,
                        uint32_t *n)
{
    if (limit == 0 || *n <= limit)
        return true;
    ranked_word *ranked = mem_new(*n, sizeof *ranked);
    if (!ranked)
        return false;
    for (uint32_t i = 0; i < *n; i++) {
        ranked[i].total = stats->total[chosen[i]];
        ranked[i].word = chosen[i];
        ranked[i].probe = string_counter_probe(&c->strings, chosen[i], ranked[i].scratch);
    }
    qsort(ranked, *n, sizeof *ranked, rank_compare);
    for (uint32_t i = 0; i < limit; i++)
        chosen[i] = ranked[i].word;
    *n = limit;
    free(ranked);
    return true;
}

/*
 * The vocabulary into `chosen`: the words that are frequent enough, and behind the limit those that
 * are too frequent. These stay known, though they weigh nothing: they are not to be spelled like a
 * rare word, and have a part in pairs. How many; SIZE_MAX if out of memory.
 */
static size_t choose_words(const corpus *c, const word_stats *stats, const feature_space *space,
                           uint32_t *chosen)
{
    uint32_t n = 0, max_df = space_max_df(space);
    for (uint32_t word = 0; word < c->strings.n; word++)
        if (stats->df[word] >= space->options.min_df && stats->df[word] <= max_df &&
            n < PAIR_MAX_WORDS)
            chosen[n++] = word;
    if (!limit_words(c, stats, space->options.max_words, chosen, &n))
        return SIZE_MAX;
    for (uint32_t word = 0; word < c->strings.n; word++)
        if (stats->df[word] > max_df && n < PAIR_MAX_WORDS)
            chosen[n++] = word;
    return n;
}

/* The words of the vocabulary: their table, numbers and weights. */
static bool build_words(const corpus *c, const word_stats *stats, feature_space *space)
{
    uint32_t *chosen = mem_new(c->strings.n, sizeof *chosen), *order = NULL;
    uint32_t max_df = space_max_df(space);
    size_t n;
    bool built = false;
    space->numbers = mem_new(c->strings.n, sizeof *space->numbers);
    if (!chosen || !space->numbers)
        goto done;
    n = choose_words(c, stats, space, chosen);
    if (n == SIZE_MAX)
        goto done;
    order = mem_new(n, sizeof *order);
    space->word_idf = mem_new(n, sizeof *space->word_idf);
    if (!order || !space->word_idf ||
        !string_index_build(&c->strings, chosen, (uint32_t)n, &space->words, order))
        goto done;
    for (uint32_t word = 0; word < c->strings.n; word++)
        space->numbers[word] = NO_WORD;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t df = stats->df[order[i]];
        space->numbers[order[i]] = i;
        space->word_idf[i] = df > max_df ? 0 : inverse_document_frequency(space->n_docs, df);
    }
    built = true;
done:
    free(chosen);
    free(order);
    return built;
}

triage_status feature_space_build(const corpus *c, const uint32_t *docs, uint32_t n_docs,
                                  const feature_options *options, uint32_t n_threads,
                                  feature_space *ret_space, triage_error *err)
{
    feature_space space = {.options = *options, .n_docs = n_docs};
    word_stats stats = {0};
    space.rare_idf = inverse_document_frequency(n_docs, 1);
    bool built = count_words(c, docs, n_docs, &stats) && build_words(c, &stats, &space) &&
                 space_build_pairs(c, docs, n_threads, &space) &&
                 (options->char_max == 0 || space_build_spellings(c, stats.df, &space));
    free(stats.df);
    free(stats.total);
    if (!built) {
        feature_space_free(&space);
        return error_memory(err);
    }
    *ret_space = space;
    return TRIAGE_OK;
}

void feature_space_free(feature_space *space)
{
    string_index_free(&space->words);
    string_index_free(&space->grams);
    free(space->word_idf);
    free(space->pair_buckets);
    free(space->pair_tags);
    free(space->pair_keys);
    free(space->pair_idf);
    free(space->gram_idf);
    free(space->spellings.offsets);
    free(space->spellings.grams);
    free(space->spellings.values);
    free(space->numbers);
    free(space->spelled);
    *space = (feature_space){0};
}
