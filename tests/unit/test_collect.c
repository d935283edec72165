/* SPDX-License-Identifier: MIT */
/* Collecting features: against the plain definition, on random tickets full of repetitions. */
#include "engine_support.h"
#include "features/collect.h"
#include "features/space.h"

#define MAX_WORDS 40

/* The counts of all features, by the definition in docs/formats/model.md. */
typedef struct reference {
    uint32_t *counts; /* by feature number */
    const feature_space *space;
} reference;

static void count_pair(reference *r, pair_kind kind, uint32_t first, uint32_t second)
{
    uint64_t key = pair_key(kind, first, second);
    for (uint32_t i = 0; i < r->space->pairs.n; i++)
        if (r->space->pair_keys[i] == key)
            r->counts[r->space->words.table.n + i]++;
}

static void count_all(reference *r, const uint32_t *words, size_t n)
{
    const feature_options *o = &r->space->options;
    for (size_t i = 0; i < n; i++) {
        if (words[i] == NO_WORD)
            continue;
        uint32_t word = words[i] + PAIR_FIRST_WORD;
        r->counts[words[i]]++;
        if (o->has_edges && i == 0)
            count_pair(r, PAIR_NEXT, PAIR_EDGE_BEGIN, word);
        if (o->has_edges && i == n - 1)
            count_pair(r, PAIR_NEXT, word, PAIR_EDGE_END);
        if (i + 1 < n && words[i + 1] != NO_WORD)
            count_pair(r, PAIR_NEXT, word, words[i + 1] + PAIR_FIRST_WORD);
        if (i < o->n_opening)
            count_pair(r, PAIR_OPENING, PAIR_EDGE_BEGIN, word);
    }
}

static void check(const feature_space *space, feature_counts *f, const uint32_t *words, size_t n)
{
    size_t n_features = (size_t)space->words.table.n + space->pairs.n, n_found = 0;
    reference r = {calloc(n_features, sizeof *r.counts), space};
    assert_non_null(r.counts);
    count_all(&r, words, n);
    assert_true(
        feature_counts_collect(f, &space->options, &space->pairs, space->words.table.n, words, n));
    for (size_t i = 0; i < f->n; i++) {
        assert_true(f->ids[i] < n_features);
        assert_int_equal(f->counts[i], r.counts[f->ids[i]]);
        r.counts[f->ids[i]] = 0; /* not twice */
    }
    for (size_t i = 0; i < n_features; i++)
        n_found += r.counts[i] > 0;
    assert_int_equal(n_found, 0);
    free(r.counts);
}

static void check_options(const feature_options *options)
{
    enum { N_DOCS = 120 };
    uint32_t docs[N_DOCS], words[MAX_WORDS];
    rng r = {4};
    for (uint32_t i = 0; i < N_DOCS; i++)
        docs[i] = i;
    triage_dataset *dataset = random_dataset(N_DOCS, 1, 4, 1);
    corpus c;
    feature_space space;
    feature_counts f = {0};
    assert_int_equal(corpus_build(dataset, 1, 1, &c, NULL), TRIAGE_OK);
    assert_int_equal(feature_space_build(&c, docs, N_DOCS, options, 1, &space, NULL), TRIAGE_OK);
    for (int round = 0; round < 600; round++) {
        size_t n = rng_below(&r, MAX_WORDS + 1);
        uint32_t n_different = 1 + rng_below(&r, space.words.table.n);
        for (size_t i = 0; i < n; i++)
            words[i] = rng_below(&r, 6) == 0 ? NO_WORD : rng_below(&r, n_different);
        check(&space, &f, words, n);
    }
    feature_counts_free(&f);
    feature_space_free(&space);
    corpus_free(&c);
    triage_dataset_free(dataset);
}

static void words_alone_are_counted(void **state)
{
    (void)state;
    check_options(&(feature_options){.min_df = 1});
}

static void pairs_of_all_kinds_are_counted(void **state)
{
    (void)state;
    check_options(&(feature_options){.min_df = 1, .max_pairs = 100000});
    check_options(&(feature_options){.min_df = 1, .max_pairs = 100000, .n_opening = 8});
    check_options(&(feature_options){.min_df = 1, .max_pairs = 100000, .has_edges = true});
    check_options(&(feature_options){
        .min_df = 2, .max_pairs = 100000, .n_opening = UINT32_MAX, .has_edges = true});
}

/* Many different words, then few: what the first left behind does not matter. */
static void scratch_is_used_again(void **state)
{
    (void)state;
    enum { N = 50000 };
    uint32_t *words = malloc(N * sizeof *words);
    const uint32_t no_buckets[2] = {0, 0};
    const pair_table pairs = {.buckets = no_buckets, .stride = sizeof(uint64_t)};
    feature_options options = {.min_df = 1};
    feature_counts f = {0};
    assert_non_null(words);
    for (uint32_t i = 0; i < N; i++)
        words[i] = i;
    assert_true(feature_counts_collect(&f, &options, &pairs, N, words, N));
    assert_int_equal(f.n, N);
    assert_true(feature_counts_collect(&f, &options, &pairs, N, words + 7, 1));
    assert_int_equal(f.n, 1);
    assert_int_equal(f.ids[0], 7);
    assert_int_equal(f.counts[0], 1);
    assert_true(feature_counts_collect(&f, &options, &pairs, N, words, 0));
    assert_int_equal(f.n, 0);
    /* After as many tickets as can be told apart, a mark of the first of them is none of the next
     * one with its number. */
    for (int i = 0; i < 3; i++) {
        f.ticket = i == 1 ? UINT32_MAX : f.ticket;
        assert_true(feature_counts_collect(&f, &options, &pairs, N, words + 100 * i, 2));
        assert_int_equal(f.n, 2);
        assert_int_equal(f.counts[1], 1);
    }
    feature_counts_free(&f);
    feature_counts_free(&f);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_alone_are_counted),
        cmocka_unit_test(pairs_of_all_kinds_are_counted),
        cmocka_unit_test(scratch_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
