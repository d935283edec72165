/* SPDX-License-Identifier: MIT */
/*
 * Stochastic gradient descent. The weights are kept as `scale` times what is in memory, so that the
 * shrinking of all weights that the penalty asks for at every step is one multiplication.
 */
#include "train/sgd.h"

#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* Below this the scale is multiplied into the weights, before it costs them precision. */
#define SCALE_MIN 1e-3

typedef struct descent {
    linear_model *model;
    const kernels *k;
    const feature_space *space;
    const example_set *set;
    double scale;
    float *scores; /* lanes */
} descent;

static void multiply(float *values, size_t n, float factor)
{
    for (size_t i = 0; i < n; i++)
        values[i] *= factor;
}

/* Multiplies the scale into the weights. */
static void apply_scale(descent *d)
{
    multiply(d->model->own, d->model->n_own * d->model->lanes, (float)d->scale);
    multiply(d->model->grams, d->model->n_grams * d->model->lanes, (float)d->scale);
    d->scale = 1;
}

/* Asks for the memory that the step after this one needs. */
static void prefetch_row(const descent *d, size_t i)
{
    const sparse_rows *own = &d->set->own;
    for (uint64_t j = own->offsets[i]; j < own->offsets[i + 1]; j++)
        __builtin_prefetch(d->model->own + own->ids[j] * d->model->lanes, 1);
}

/* Asks for the n-grams of the spelling at place `j`. */
static void prefetch_grams(const descent *d, uint64_t j)
{
    const spelling_rows *s = &d->space->spellings;
    uint32_t spelling = d->set->spelled.ids[j];
    for (uint64_t g = s->offsets[spelling]; g < s->offsets[spelling + 1]; g++)
        __builtin_prefetch(d->model->grams + s->grams[g] * d->model->lanes, 1);
}

/* scores = those of row i; like linear_model_score(), but with scaled weights. */
static void score(descent *d, size_t i)
{
    size_t lanes = d->model->lanes;
    const float *bias = d->model->bias;
    memset(d->scores, 0, lanes * sizeof *d->scores);
    const sparse_rows *own = &d->set->own, *spelled = &d->set->spelled;
    const spelling_rows *s = &d->space->spellings;
    uint64_t begin = own->offsets[i];
    d->k->gather(d->scores, d->model->own, lanes, own->ids + begin, own->values + begin,
                 own->offsets[i + 1] - begin, (float)d->scale);
    float factor = (float)d->scale * d->space->options.char_weight;
    for (uint64_t j = spelled->offsets[i]; j < spelled->offsets[i + 1]; j++) {
        if (j + 1 < spelled->offsets[i + 1])
            prefetch_grams(d, j + 1);
        uint64_t first = s->offsets[spelled->ids[j]];
        d->k->gather(d->scores, d->model->grams, lanes, s->grams + first, s->values + first,
                     s->offsets[spelled->ids[j] + 1] - first, factor * spelled->values[j]);
    }
    for (size_t lane = 0; lane < lanes; lane++)
        d->scores[lane] += bias[lane];
}

/* weights -= step * gradient, where scores holds p - y, the gradient with respect to the scores. */
static void update(descent *d, size_t i, float step)
{
    size_t lanes = d->model->lanes;
    const sparse_rows *own = &d->set->own, *spelled = &d->set->spelled;
    const spelling_rows *s = &d->space->spellings;
    float factor = (float)(-step / d->scale);
    uint64_t begin = own->offsets[i];
    d->k->scatter(d->model->own, lanes, own->ids + begin, own->values + begin,
                  own->offsets[i + 1] - begin, factor, d->scores);
    factor *= d->space->options.char_weight;
    for (uint64_t j = spelled->offsets[i]; j < spelled->offsets[i + 1]; j++) {
        uint64_t first = s->offsets[spelled->ids[j]];
        d->k->scatter(d->model->grams, lanes, s->grams + first, s->values + first,
                      s->offsets[spelled->ids[j] + 1] - first, factor * spelled->values[j],
                      d->scores);
    }
    for (size_t lane = 0; lane < lanes; lane++)
        d->model->bias[lane] -= step * d->scores[lane];
}

static void take_step(descent *d, size_t i, float step, double shrink)
{
    score(d, i);
    d->k->softmax(d->scores, d->model->lanes, d->model->n_labels);
    d->scores[d->set->labels[i]] -= 1.0f;
    d->scale *= 1 - shrink;
    if (d->scale < SCALE_MIN)
        apply_scale(d);
    update(d, i, step);
}

/* Rows that are visited one behind the other in every pass: long enough to be read in a stream,
 * short enough that the order of the passes differs. */
#define BLOCK_ROWS 8

/* One pass over all rows, block by block in the order `blocks`. */
static void run_epoch(descent *d, const sgd_options *options, const uint32_t *blocks,
                      size_t n_blocks, uint32_t epoch)
{
    size_t n = d->set->own.n, n_done = 0;
    double n_steps = (double)n * options->n_epochs;
    for (size_t b = 0; b < n_blocks; b++) {
        size_t end = ((size_t)blocks[b] + 1) * BLOCK_ROWS;
        for (size_t i = (size_t)blocks[b] * BLOCK_ROWS; i < end && i < n; i++) {
            if (i + 1 < end && i + 1 < n)
                prefetch_row(d, i + 1);
            else if (b + 1 < n_blocks)
                prefetch_row(d, (size_t)blocks[b + 1] * BLOCK_ROWS);
            double done = (double)epoch * (double)n + (double)n_done++;
            double step = options->step * (1 - done / n_steps);
            take_step(d, i, (float)step, step * options->lambda / (double)n);
        }
    }
}

/* A few tickets more leave the order as it was but for a few blocks, so that a retrain differs from
 * its predecessor by what it has learnt and not by chance. */
static void order_blocks(uint32_t *blocks, size_t n_blocks, uint64_t seed, uint32_t epoch)
{
    rng random = {hash_mix(seed + epoch)};
    for (size_t b = 0; b < n_blocks; b++)
        blocks[b] = (uint32_t)b;
    rng_shuffle(&random, blocks, (uint32_t)n_blocks);
}

bool sgd_train(linear_model *model, const feature_space *space, const example_set *set,
               const sgd_options *options, bool (*advance)(void *context), void *context)
{
    descent d = {.model = model, .k = kernels_get(), .space = space, .set = set, .scale = 1};
    size_t n_blocks = (set->own.n + BLOCK_ROWS - 1) / BLOCK_ROWS;
    uint32_t *blocks = mem_new(n_blocks, sizeof *blocks);
    d.scores = mem_new_aligned(model->lanes, sizeof *d.scores);
    bool done = blocks && d.scores;
    for (uint32_t epoch = 0; done && epoch < options->n_epochs; epoch++) {
        order_blocks(blocks, n_blocks, options->seed, epoch);
        run_epoch(&d, options, blocks, n_blocks, epoch);
        done = !advance || advance(context);
    }
    if (done)
        apply_scale(&d);
    free(blocks);
    free(d.scores);
    return done;
}
