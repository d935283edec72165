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

#include <math.h>

/* Four lengths of n-grams of the longest token, and room for models with more lengths: the rest is
 * left out. */
#define KNOWN_GRAMS_MAX (TOKEN_MAX_BYTES * 8)

/* Higher counts are rare enough for a logarithm each. */
#define N_TERM_FREQUENCIES 16

/* The character n-grams of an unknown word that the model knows. */
typedef struct known_grams {
    const model_row *rows[KNOWN_GRAMS_MAX];
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
    const int16_t **rows; /* what is added up: weights, and the value of each */
    float *values;
    size_t rows_capacity, values_capacity;
    feature_counts features;
    float tf[N_TERM_FREQUENCIES]; /* by count, from 1 on */
    float *probabilities;         /* n_lanes, 32-byte aligned */
    double length;                /* of the ticket's vector before scaling; 0: no features */
    triage_text_facts facts;
    bool has_prediction;
    bool is_scored; /* the prediction; else it is the prior, because no known word weighs anything
                     */
    /* explanation */
    buffer term_texts;
    triage_term *terms;
    size_t *term_offsets;
    size_t n_terms, terms_capacity, offsets_capacity;
};

/* What `count` occurrences count. */
static inline float predictor_tf(const triage_model *model, uint32_t count)
{
    return model->options.is_sublinear ? 1.0f + logf((float)count) : (float)count;
}

/* The value of feature `id` that occurs `count` times, and its row. */
static inline float predictor_feature(const triage_predictor *p, uint32_t id, uint32_t count,
                                      const model_row **ret_row)
{
    const triage_model *model = p->model;
    const model_row *row;
    if (id < model->words.n) {
        row = model_row_at(model->word_rows, model->row_stride, id);
    } else {
        const unsigned char *record =
            model->pairs.records + (id - model->words.n) * model->pairs.stride;
        row = &((const model_pair *)(const void *)record)->row;
    }
    *ret_row = row;
    return (count < N_TERM_FREQUENCIES ? p->tf[count] : predictor_tf(model, count)) * row->idf;
}

/* The n-grams of token `i`, which is not known as a word. */
void predictor_grams(const triage_predictor *p, size_t i, known_grams *ret_grams);

#endif
