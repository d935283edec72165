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

static void run_epoch(descent *d, const sgd_options *options, const uint32_t *order, uint32_t epoch)
{
    size_t n = d->set->own.n;
    double n_steps = (double)n * options->n_epochs;
    for (size_t at = 0; at < n; at++) {
        if (at + 1 < n)
            prefetch_row(d, order[at + 1]);
        double done = (double)epoch * (double)n + (double)at;
        double step = options->step * (1 - done / n_steps);
        take_step(d, order[at], (float)step, step * options->lambda / (double)n);
    }
}

bool sgd_train(linear_model *model, const feature_space *space, const example_set *set,
               const sgd_options *options, bool (*advance)(void *context), void *context)
{
    size_t n = set->own.n;
    descent d = {.model = model, .k = kernels_get(), .space = space, .set = set, .scale = 1};
    uint32_t *order = mem_new(n, sizeof *order);
    d.scores = mem_new_aligned(model->lanes, sizeof *d.scores);
    bool done = order && d.scores;
    rng random = {options->seed};
    for (size_t i = 0; done && i < n; i++)
        order[i] = (uint32_t)i;
    for (uint32_t epoch = 0; done && epoch < options->n_epochs; epoch++) {
        rng_shuffle(&random, order, (uint32_t)n);
        run_epoch(&d, options, order, epoch);
        done = !advance || advance(context);
    }
    if (done)
        apply_scale(&d);
    free(order);
    free(d.scores);
    return done;
}
