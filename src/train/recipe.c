/* SPDX-License-Identifier: MIT */
/* The presets. Every number here was measured; docs/adr/0011-training.md says on what. */
#include "train/recipe.h"

/* Pairs are kept from the most frequent on until there are this many: 2^18 rows of weights stay in a
 * processor's cache, and on a million tickets more of them gain nothing. */
#define MAX_PAIRS ((uint32_t)1 << 18)

/* A pair that occurs once in a large set is noise; in a small set it is most of what there is. */
#define SINGLE_OCCURRENCE_MAX_WORDS 500000

/* So many steps in all, within bounds: a small set needs more passes. */
#define SGD_STEPS      150000
#define SGD_MIN_EPOCHS 3
#define SGD_MAX_EPOCHS 20

/* The words before the first break of a mail's subject, more or less. */
#define OPENING_WORDS 8

static uint32_t epochs_for(data_size size)
{
    size_t epochs = SGD_STEPS / (size.n_docs + 1);
    return epochs < SGD_MIN_EPOCHS ? SGD_MIN_EPOCHS : epochs > SGD_MAX_EPOCHS ? SGD_MAX_EPOCHS : (uint32_t)epochs;
}

recipe recipe_words(data_size size, uint64_t seed)
{
    return (recipe){
        .name = "words and pairs",
        .features = {.min_df = size.n_words > SINGLE_OCCURRENCE_MAX_WORDS ? 2 : 1,
                     .max_pairs = MAX_PAIRS,
                     .is_sublinear = true},
        .fit = {.solver = SOLVER_SGD,
                .n_folds = 3,
                .n_epochs = epochs_for(size),
                .step = 2.0f,
                .lambda = 0.03,
                .seed = seed},
    };
}

recipe recipe_seed(uint64_t seed)
{
    return (recipe){
        .name = "the 500 most frequent words",
        .features = {.min_df = 1, .max_words = 500},
        .fit = {.solver = SOLVER_OPTIMUM, .n_folds = 3, .lambda = 1, .seed = seed},
    };
}

static recipe with_characters(recipe r, const char *name, float weight)
{
    r.name = name;
    r.features.char_min = 3;
    r.features.char_max = 6;
    r.features.char_weight = weight;
    /* The steps shorten as the vectors lengthen. */
    r.fit.step = 2 / (1 + weight * weight);
    return r;
}

size_t recipe_candidates(data_size size, uint64_t seed, recipe ret_recipes[RECIPE_MAX_CANDIDATES])
{
    size_t n = 0;
    recipe plain = recipe_words(size, seed);
    plain.name = "words, pairs, openings";
    plain.features.n_opening = OPENING_WORDS;
    plain.fit.n_folds = 4;
    ret_recipes[n++] = plain;
    ret_recipes[n++] = with_characters(plain, "words, pairs, openings, some characters", 0.5f);
    plain.features.has_edges = true;
    plain.features.n_opening = 0;
    ret_recipes[n++] = with_characters(plain, "words, pairs, edges, characters", 1.4f);
    plain.features.has_skips = true;
    ret_recipes[n++] = with_characters(plain, "words, pairs, edges, skips, characters", 1.4f);
    return n;
}
