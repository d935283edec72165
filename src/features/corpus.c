/* SPDX-License-Identifier: MIT */
/*
 * Building a corpus: each thread tokenises one range of tickets with word numbers of its own; then
 * the ranges' words are joined in order, which gives the numbers that one thread alone would have
 * given.
 */
#include "features/corpus.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "text/tokens.h"

#include <stdlib.h>

typedef struct range {
    size_t begin, end;      /* tickets */
    string_counter strings; /* numbered within the range */
    uint32_t *words;
    size_t n_words, capacity;
    uint32_t *global; /* number within the range -> number in the corpus */
    uint64_t n_invalid_utf8;
} range;

typedef struct build {
    const triage_dataset *dataset;
    corpus *result;
    range *ranges;
    size_t n_ranges;
} build;

static bool range_add_doc(range *r, const tokens *t)
{
    if (!mem_reserve((void **)&r->words, &r->capacity, r->n_words + t->n, sizeof *r->words))
        return false;
    for (size_t i = 0; i < t->n; i++) {
        string_probe probe = string_probe_make(token_bytes(t, i), t->items[i].length);
        uint32_t word = string_counter_add(&r->strings, &probe);
        if (word == STRING_NOT_FOUND)
            return false;
        r->words[r->n_words++] = word;
    }
    r->n_invalid_utf8 += t->n_invalid_utf8;
    return true;
}

/* Task: tokenises one range; offsets[doc + 1] gets the number of words of the ticket. */
static bool range_read(void *context, size_t task)
{
    build *b = context;
    range *r = &b->ranges[task];
    tokens t = {0};
    bool done = true;
    for (size_t doc = r->begin; doc < r->end && done; doc++) {
        size_t length;
        const char *text = triage_dataset_text(b->dataset, doc, &length);
        done = tokens_read(&t, text, length) && range_add_doc(r, &t);
        b->result->offsets[doc + 1] = t.n;
    }
    tokens_free(&t);
    return done;
}

/* Numbers the words of all ranges in one go, in order. */
static bool join_strings(build *b)
{
    for (size_t i = 0; i < b->n_ranges; i++) {
        range *r = &b->ranges[i];
        r->global = mem_new(r->strings.n, sizeof *r->global);
        if (!r->global)
            return false;
        for (uint32_t word = 0; word < r->strings.n; word++) {
            char scratch[16];
            string_probe probe = string_counter_probe(&r->strings, word, scratch);
            r->global[word] = string_counter_add(&b->result->strings, &probe);
            if (r->global[word] == STRING_NOT_FOUND)
                return false;
        }
        b->result->n_invalid_utf8 += r->n_invalid_utf8;
    }
    return true;
}

/* Task: copies one range's words to their place, renumbered. */
static bool range_copy(void *context, size_t task)
{
    build *b = context;
    range *r = &b->ranges[task];
    uint32_t *out = b->result->words + b->result->offsets[r->begin];
    for (size_t i = 0; i < r->n_words; i++)
        out[i] = r->global[r->words[i]];
    return true;
}

static bool build_all(build *b, uint32_t n_threads)
{
    corpus *c = b->result;
    c->offsets = mem_new_zeroed(c->n_docs + 1, sizeof *c->offsets);
    b->ranges = mem_new_zeroed(b->n_ranges, sizeof *b->ranges);
    if (!c->offsets || !b->ranges)
        return false;
    for (size_t i = 0; i < b->n_ranges; i++) {
        b->ranges[i].begin = c->n_docs * i / b->n_ranges;
        b->ranges[i].end = c->n_docs * (i + 1) / b->n_ranges;
        b->ranges[i].strings.seed = c->strings.seed;
    }
    if (!parallel_run(n_threads, b->n_ranges, range_read, b) || !join_strings(b))
        return false;
    for (size_t doc = 0; doc < c->n_docs; doc++)
        c->offsets[doc + 1] += c->offsets[doc];
    c->words = mem_new(c->offsets[c->n_docs], sizeof *c->words);
    return c->words && parallel_run(n_threads, b->n_ranges, range_copy, b);
}

static triage_status check_lengths(const triage_dataset *dataset, triage_error *err)
{
    for (size_t i = 0; i < triage_dataset_size(dataset); i++) {
        size_t length;
        triage_dataset_text(dataset, i, &length);
        if (length > TEXT_MAX_BYTES)
            return error_set(err, TRIAGE_ERROR_DATA, "ticket %zu has %zu bytes, more than %zu",
                             i + 1, length, TEXT_MAX_BYTES);
    }
    return TRIAGE_OK;
}

triage_status corpus_build(const triage_dataset *dataset, uint32_t n_threads, uint64_t seed,
                           corpus *ret_corpus, triage_error *err)
{
    triage_status status = check_lengths(dataset, err);
    if (status != TRIAGE_OK)
        return status;
    corpus c = {.n_docs = triage_dataset_size(dataset), .strings.seed = seed};
    build b = {.dataset = dataset, .result = &c};
    n_threads = parallel_n_threads(n_threads);
    b.n_ranges = n_threads < c.n_docs ? n_threads : c.n_docs ? c.n_docs : 1;
    bool built = build_all(&b, n_threads);
    for (size_t i = 0; b.ranges && i < b.n_ranges; i++) {
        string_counter_free(&b.ranges[i].strings);
        free(b.ranges[i].words);
        free(b.ranges[i].global);
    }
    free(b.ranges);
    if (!built) {
        corpus_free(&c);
        return error_memory(err);
    }
    *ret_corpus = c;
    return TRIAGE_OK;
}

void corpus_free(corpus *c)
{
    free(c->offsets);
    free(c->words);
    string_counter_free(&c->strings);
    *c = (corpus){0};
}
