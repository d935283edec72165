/* SPDX-License-Identifier: MIT */
/*
 * Choosing a recipe by cross-validation: each candidate is fitted on two thirds of a sample of the
 * training tickets and judged on the rest.
 */
#ifndef TRAIN_CHOOSE_H
#define TRAIN_CHOOSE_H

#include "train/recipe.h"
#include "train/watch.h"

/* Training tickets with their labels, field by field. */
typedef struct labelled_docs {
    const corpus *c;
    const uint32_t *docs; /* n numbers of the corpus */
    size_t n;
    int32_t *const *labels; /* n_fields arrays by place in `docs` */
    const size_t *n_labels;
    size_t n_fields;
} labelled_docs;

/* How a candidate did. */
typedef struct trial {
    recipe recipe;
    size_t candidate;          /* which of recipe_candidates() it is */
    double log_loss, accuracy; /* mean over the fields, calibrated, on the held-out third */
} trial;

#define CHOOSE_MAX_TRIALS (RECIPE_MAX_CANDIDATES + 2)

typedef struct choice {
    trial trials[CHOOSE_MAX_TRIALS]; /* in the order in which they were made */
    size_t n_trials, best;
    size_t n_docs;   /* tickets that there were */
    size_t n_sample; /* of those, tickets that were compared on */
} choice;

/* Compares; the best recipe is ret_choice->trials[ret_choice->best].recipe. ERROR_MEMORY, also if
 * cancelled. */
triage_status choose_recipe(const labelled_docs *data, const triage_train_options *options,
                            watch *w, choice *ret_choice, triage_error *err) TRIAGE_CHECKED;

#endif
