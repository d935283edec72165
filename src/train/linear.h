/* SPDX-License-Identifier: MIT */
/*
 * The linear model while it is trained: one score a label,
 *
 *     score_k(x) = bias_k + sum_f x_f own[f][k] + char_weight * sum_s x_s sum_g C[s][g] grams[g][k]
 *
 * where C are the spelling rows: a word's weight is its own plus what its character n-grams say, so
 * that rare and unknown words share what similar ones have learnt. Multinomial logistic regression
 * minimises
 *
 *     sum_i -ln softmax(score(x_i))[y_i] + lambda / 2 * (|own|^2 + |grams|^2)      (bias is free)
 */
#ifndef TRAIN_LINEAR_H
#define TRAIN_LINEAR_H

#include "model/kernels.h"
#include "train/matrix.h"

typedef struct linear_model {
    size_t n_labels, lanes; /* lanes: n_labels rounded up; the rest stays 0 */
    size_t n_own, n_grams;  /* rows */
    float *own, *grams;     /* n_own * lanes, n_grams * lanes; 64-byte aligned */
    float *bias;            /* lanes; 64-byte aligned */
} linear_model;

/* All weights 0. False if out of memory. */
bool linear_model_new(const feature_space *space, size_t n_labels, linear_model *ret_model)
    __attribute__((warn_unused_result));

/* Frees the memory; a zero-initialised one is fine. */
void linear_model_free(linear_model *model);

/* The scores of row `i` of `set` into `scores` (`lanes` floats, 32-byte aligned). */
void linear_model_score(const linear_model *model, const kernels *k, const feature_space *space,
                        const example_set *set, size_t i, float *scores);

#endif
