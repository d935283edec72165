/* SPDX-License-Identifier: MIT */
/* The inside of a predictor: scratch for one text at a time. Thread-owned. */
#ifndef MODEL_PREDICTOR_H
#define MODEL_PREDICTOR_H

#include "base/buffer.h"
#include "features/collect.h"
#include "features/spelling.h"
#include "model/kernels.h"
#include "model/model.h"
#include "text/tokens.h"

/* The character n-grams of an unknown word that the model knows. */
typedef struct known_grams {
    const model_row *rows[TOKEN_MAX_BYTES * 8];
    uint32_t n;
    float
        factor; /* of each row beside its idf: char_weight / length of the idf vector * rare_idf */
} known_grams;

struct triage_predictor {
    const triage_model *model;
    const kernels *k;
    tokens text;
    uint32_t *words; /* by token: number or NO_WORD */
    size_t words_capacity;
    feature_counts features;
    float *probabilities; /* n_lanes, 32-byte aligned */
    double length;        /* of the ticket's vector before scaling; 0: no features */
    triage_text_facts facts;
    bool has_prediction;
    /* explanation */
    buffer term_texts;
    triage_term *terms;
    size_t *term_offsets;
    size_t n_terms, terms_capacity, offsets_capacity;
};

/* The value of feature `id` that occurs `count` times, and its row. */
float predictor_feature(const triage_model *model, uint32_t id, uint32_t count,
                        const model_row **ret_row);

/* The n-grams of token `i`, which is not known as a word. */
void predictor_grams(const triage_predictor *p, size_t i, known_grams *ret_grams);

#endif
