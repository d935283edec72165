/* SPDX-License-Identifier: MIT */
/*
 * The feature space of a training set: which words, pairs and character n-grams are features, and
 * how much each weighs (inverse document frequency).
 *
 * Feature numbers: words 0 .. n_words - 1, then pairs. Words that are too rare to be known still
 * have character n-grams; as "spellings" they follow the known words: spelling i < n_words is word
 * i, the others are rare ones. Depends on the set of tickets and the options only. Immutable once
 * built.
 */
#ifndef FEATURES_SPACE_H
#define FEATURES_SPACE_H

#include "features/corpus.h"
#include "features/options.h"
#include "features/pair_table.h"

/* Character n-grams of every spelling, as sparse rows. */
typedef struct spelling_rows {
    uint32_t n;        /* spellings */
    uint64_t *offsets; /* n + 1 */
    uint32_t *grams;   /* numbers of n-grams */
    float *values;     /* of unit length a row */
} spelling_rows;

typedef struct feature_space {
    feature_options options;
    uint32_t n_docs;
    string_index words;
    float *word_idf; /* by word number; 0: too frequent */
    float rare_idf;  /* of a word that is not known */
    uint32_t *pair_buckets;
    unsigned char *pair_tags;
    uint64_t *pair_keys; /* the records of `pairs` */
    pair_table pairs;
    float *pair_idf;
    string_index grams; /* character n-grams */
    float *gram_idf;
    spelling_rows spellings;
    uint32_t *numbers; /* corpus word -> word number, or NO_WORD */
    uint32_t *spelled; /* corpus word -> spelling number; NULL without character n-grams */
} feature_space;

/*
 * Builds the space of the tickets `docs` (`n_docs` numbers) of `c`, on `n_threads` threads.
 * ERROR_MEMORY.
 */
triage_status feature_space_build(const corpus *c, const uint32_t *docs, uint32_t n_docs,
                                  const feature_options *options, uint32_t n_threads,
                                  feature_space *ret_space, triage_error *err) TRIAGE_CHECKED;

/* Frees the memory; a zero-initialised one is fine. */
void feature_space_free(feature_space *space);

/* A word or pair in more tickets than this is too frequent to weigh anything. */
uint32_t space_max_df(const feature_space *space);

/* Smooth inverse document frequency, ln((1 + n) / (1 + df)) + 1, as in scikit-learn. */
float inverse_document_frequency(uint32_t n_docs, uint32_t df);

/* Steps of building, each in its own file; `df` of pairs is counted in pairs.c. False: no memory.
 */
bool space_build_pairs(const corpus *c, const uint32_t *docs, uint32_t n_threads,
                       feature_space *space);
bool space_build_spellings(const corpus *c, const uint32_t *dfs, feature_space *space);

#endif
