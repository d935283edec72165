/* SPDX-License-Identifier: MIT */
/* The presets. Every number here was measured; docs/adr/0011-training.md says on what. */
#include "train/recipe.h"

/* Pairs are kept from the most frequent on until there are this many: 2^18 rows of weights stay in
 * a processor's cache, and on a million tickets more of them gain nothing. */
#define MAX_PAIRS ((uint32_t)1 << 18)

/* A pair that occurs once in a large set is noise; in a small set it is most of what there is. */
#define SINGLE_OCCURRENCE_MAX_WORDS 500000

/* So many steps in all, within bounds: a small set needs more passes. */
#define WORDS_STEPS     150000
#define AUTO_STEPS      150000
#define CHARACTER_STEPS 220000
#define SGD_MIN_EPOCHS  2
#define SGD_MAX_EPOCHS  12

/* The first step. The smaller one gets further, but not where passes end before all steps. */
#define WORDS_STEP     1.2f
#define FEW_STEPS_STEP 2.0f

/* Half of so many tickets is enough for a fold's model: a third fold would only cost time. */
#define TWO_FOLDS_MIN_DOCS 200000

/* The words before the first break of a mail's subject, more or less. */
#define OPENING_WORDS 8

static uint32_t epochs_for(size_t n_docs, size_t n_steps)
{
    size_t epochs = (n_steps + n_docs / 2) / (n_docs + 1);
    if (epochs < SGD_MIN_EPOCHS)
        return SGD_MIN_EPOCHS;
    return epochs > SGD_MAX_EPOCHS ? SGD_MAX_EPOCHS : (uint32_t)epochs;
}

static uint32_t min_df_or(const triage_train_options *options, uint32_t usual)
{
    return options->min_df ? options->min_df : usual;
}

recipe recipe_words(data_size size, const triage_train_options *options)
{
    uint32_t n_epochs = epochs_for(size.n_docs, WORDS_STEPS);
    uint32_t min_df = size.n_words > SINGLE_OCCURRENCE_MAX_WORDS ? 2 : 1;
    return (recipe){
        .name = "words and pairs",
        .features = {.min_df = min_df_or(options, min_df),
                     .max_df = options->max_df,
                     .max_pairs = MAX_PAIRS,
                     .is_sublinear = true},
        .fit = {.solver = SOLVER_SGD,
                .n_folds = size.n_docs >= TWO_FOLDS_MIN_DOCS ? 2 : 3,
                .n_epochs = n_epochs,
                .step = n_epochs < SGD_MAX_EPOCHS ? WORDS_STEP : FEW_STEPS_STEP,
                .lambda = 0.03,
                .seed = options->seed},
    };
}

recipe recipe_seed(const triage_train_options *options)
{
    return (recipe){
        .name = "the 500 most frequent words",
        .features = {.min_df = min_df_or(options, 1), .max_df = options->max_df, .max_words = 500},
        .fit = {.solver = SOLVER_OPTIMUM,
                .n_folds = 3,
                .lambda = 1,
                .seed = options->seed,
                .is_raw = true},
    };
}

static recipe with_characters(recipe r, const char *name, float weight, float step, double lambda)
{
    r.name = name;
    r.features.char_min = 3;
    r.features.char_max = 6;
    r.features.char_weight = weight;
    r.fit.step = step;
    r.fit.lambda = lambda;
    return r;
}

size_t recipe_candidates(data_size size, const triage_train_options *options,
                         recipe ret_recipes[RECIPE_MAX_CANDIDATES])
{
    size_t n = 0;
    recipe openings = recipe_words(size, options);
    openings.name = "words, pairs and openings";
    openings.features.n_opening = OPENING_WORDS;
    openings.fit.n_epochs = epochs_for(size.n_docs, AUTO_STEPS);
    openings.fit.step = FEW_STEPS_STEP;
    ret_recipes[n++] = openings;
    ret_recipes[n++] =
        with_characters(openings, "words, pairs, openings and some characters", 0.5f, 2.0f, 0.03);
    recipe edges = openings;
    edges.features.n_opening = 0;
    edges.features.has_edges = true;
    edges.fit.n_epochs = epochs_for(size.n_docs, CHARACTER_STEPS);
    ret_recipes[n++] =
        with_characters(edges, "words, pairs, edges and characters", 2.5f, 0.5f, 0.1);
    return n;
}
