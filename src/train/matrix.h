/* SPDX-License-Identifier: MIT */
/*
 * Tickets as sparse rows: their features' values, before they are scaled to unit length.
 */
#ifndef TRAIN_MATRIX_H
#define TRAIN_MATRIX_H

#include "features/space.h"

/* `n` rows; row i is the places offsets[i] .. offsets[i + 1] - 1 of `ids` and `values`. */
typedef struct sparse_rows {
    size_t n;
    uint64_t *offsets;
    uint32_t *ids;
    float *values;
} sparse_rows;

/* Frees the memory; a zero-initialised one is fine. */
void sparse_rows_free(sparse_rows *rows);

typedef struct doc_matrix {
    sparse_rows own;     /* words and pairs: term frequency times inverse document frequency */
    sparse_rows spelled; /* spellings: the same for words; without character n-grams: no entries */
} doc_matrix;

/* The rows of the tickets `docs`, in that order. Does not depend on `n_threads`. ERROR_MEMORY. */
triage_status doc_matrix_build(const corpus *c, const feature_space *space, const uint32_t *docs,
                               uint32_t n_docs, uint32_t n_threads, doc_matrix *ret_matrix,
                               triage_error *err) TRIAGE_CHECKED;

void doc_matrix_free(doc_matrix *matrix);

/*
 * Some rows of a matrix, scaled to unit length, as the model sees them that knows only some
 * features: a feature that no training ticket of the fold has must not shorten the others in a
 * held-out one.
 */
typedef struct example_set {
    sparse_rows own, spelled;
    int32_t *labels; /* by row */
} example_set;

/*
 * The rows `places` (`n` numbers of matrix rows) with `labels` (indexed by matrix row; NULL: none).
 * `known`: a flag for each word and pair; NULL: all are. ERROR_MEMORY as false.
 */
bool example_set_build(const doc_matrix *matrix, const feature_space *space, const uint32_t *places,
                       size_t n, const int32_t *labels, const uint8_t *known, example_set *ret_set)
    __attribute__((warn_unused_result));

void example_set_free(example_set *set);

/* Flags of the features that at least min_df of the rows `places` have; NULL if out of memory. */
uint8_t *known_features(const doc_matrix *matrix, const feature_space *space,
                        const uint32_t *places, size_t n);

#endif
