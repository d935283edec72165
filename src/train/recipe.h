/* SPDX-License-Identifier: MIT */
/* Recipes: which features a model has and how it is fitted. The presets are fixed ones, but for
 * what the options of training say otherwise; `auto` compares. */
#ifndef TRAIN_RECIPE_H
#define TRAIN_RECIPE_H

#include "features/options.h"
#include "train/crossfit.h"
#include "triage/train.h"

typedef struct recipe {
    const char *name; /* what is special about it, for a person; static string */
    feature_options features;
    fit_options fit;
} recipe;

/* What the choice of defaults depends on. */
typedef struct data_size {
    size_t n_docs;  /* tickets */
    size_t n_words; /* in all of them */
} data_size;

/* Words and neighbouring pairs: preset `words`. */
recipe recipe_words(data_size size, const triage_train_options *options);

/* The 500 most frequent words, fitted to the optimum for C = 1: preset `seed`. */
recipe recipe_seed(const triage_train_options *options);

/* The feature sets that `auto` compares, simplest first; how many (at most RECIPE_MAX_CANDIDATES).
 */
#define RECIPE_MAX_CANDIDATES 8
size_t recipe_candidates(data_size size, const triage_train_options *options,
                         recipe ret_recipes[RECIPE_MAX_CANDIDATES]);

#endif
