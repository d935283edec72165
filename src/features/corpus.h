/* SPDX-License-Identifier: MIT */
/*
 * The texts of a dataset as numbers: every ticket a run of word numbers, in the order of the text.
 *
 * Words are numbered in the order in which they are first seen, whatever the number of threads.
 * Immutable once built.
 */
#ifndef FEATURES_CORPUS_H
#define FEATURES_CORPUS_H

#include "features/string_table.h"
#include "triage/dataset.h"

typedef struct corpus {
    size_t n_docs;
    uint64_t *offsets; /* n_docs + 1 places in `words` */
    uint32_t *words;   /* numbers into `strings` */
    string_counter strings;
    uint64_t n_invalid_utf8;
} corpus;

/* Tokenises all texts of `dataset` on `n_threads` threads. ERROR_MEMORY, ERROR_DATA (a text too
 * long). */
triage_status corpus_build(const triage_dataset *dataset, uint32_t n_threads, uint64_t seed,
                           corpus *ret_corpus, triage_error *err) TRIAGE_CHECKED;

/* Frees the memory; a zero-initialised one is fine. */
void corpus_free(corpus *c);

/* The word numbers of ticket `doc` and how many they are. */
static inline const uint32_t *corpus_doc(const corpus *c, size_t doc, uint32_t *ret_n)
{
    *ret_n = (uint32_t)(c->offsets[doc + 1] - c->offsets[doc]);
    return c->words + c->offsets[doc];
}

#endif
