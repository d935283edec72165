/* SPDX-License-Identifier: MIT */
/* Loss and gradient of multinomial logistic regression, and training to the exact optimum. */
#include "train/objective.h"

#include "base/mem.h"
#include "train/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No component of the gradient is larger at the end; for many tickets, no larger than this a
 * ticket. Probabilities are then right to far better than 1e-4. */
#define OPTIMUM_TOLERANCE        1e-4
#define OPTIMUM_TICKET_TOLERANCE 1e-7
#define OPTIMUM_MAX_ITERATIONS   2000

/* Eight labels at a time, in double precision. */
typedef double lane_doubles __attribute__((vector_size(64), aligned(8), may_alias));

size_t objective_size(const objective *o)
{
    return (o->n_own + 1) * lanes_for(o->n_labels);
}

/* Scores become probabilities minus the truth; returns the loss of the row. */
static double row_residual(double *scores, size_t n, int32_t label)
{
    double highest = scores[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        highest = fmax(highest, scores[k]);
    double loss = highest - scores[label];
    for (size_t k = 0; k < n; k++) {
        scores[k] = exp(scores[k] - highest);
        sum += scores[k];
    }
    for (size_t k = 0; k < n; k++)
        scores[k] /= sum;
    scores[label] -= 1;
    return loss + log(sum);
}

/* to += value * from, lane by lane */
static void add_lanes(double *to, const double *from, double value, size_t lanes)
{
    for (size_t lane = 0; lane < lanes; lane += LANES)
        *(lane_doubles *)(to + lane) += value * *(const lane_doubles *)(from + lane);
}

static double add_row(const objective *o, size_t i, const double *parameters, double *gradient)
{
    const sparse_rows *own = &o->set->own;
    size_t lanes = lanes_for(o->n_labels), intercepts = o->n_own * lanes;
    memcpy(o->scores, parameters + intercepts, lanes * sizeof *o->scores);
    for (uint64_t j = own->offsets[i]; j < own->offsets[i + 1]; j++)
        add_lanes(o->scores, parameters + own->ids[j] * lanes, (double)own->values[j], lanes);
    double loss = row_residual(o->scores, o->n_labels, o->set->labels[i]);
    memset(o->scores + o->n_labels, 0, (lanes - o->n_labels) * sizeof *o->scores);
    for (uint64_t j = own->offsets[i]; j < own->offsets[i + 1]; j++)
        add_lanes(gradient + own->ids[j] * lanes, o->scores, (double)own->values[j], lanes);
    add_lanes(gradient + intercepts, o->scores, 1, lanes);
    return loss;
}

double objective_evaluate(void *context, const double *parameters, double *gradient)
{
    const objective *o = context;
    size_t n_weights = o->n_own * lanes_for(o->n_labels);
    double loss = 0, squares = 0;
    memset(gradient, 0, objective_size(o) * sizeof *gradient);
    for (size_t i = 0; i < o->set->own.n; i++)
        loss += add_row(o, i, parameters, gradient);
    for (size_t i = 0; i < n_weights; i++) {
        squares += parameters[i] * parameters[i];
        gradient[i] += o->lambda * parameters[i];
    }
    return loss + o->lambda / 2 * squares;
}

static void copy_parameters(const double *parameters, linear_model *model)
{
    size_t n_weights = model->n_own * model->lanes;
    for (size_t i = 0; i < n_weights; i++)
        model->own[i] = (float)parameters[i];
    for (size_t lane = 0; lane < model->lanes; lane++)
        model->bias[lane] = (float)parameters[n_weights + lane];
}

bool optimum_train(linear_model *model, const example_set *set, double lambda)
{
    objective o = {.set = set,
                   .n_labels = model->n_labels,
                   .n_own = model->n_own,
                   .lambda = lambda,
                   .scores = mem_new(model->lanes, sizeof *o.scores)};
    lbfgs_options options = {OPTIMUM_MAX_ITERATIONS,
                             OPTIMUM_TOLERANCE + OPTIMUM_TICKET_TOLERANCE * (double)set->own.n};
    double *parameters = mem_new_zeroed(objective_size(&o), sizeof *parameters);
    bool done = o.scores && parameters &&
                lbfgs_minimise(objective_evaluate, &o, parameters, objective_size(&o), &options);
    if (done)
        copy_parameters(parameters, model);
    free(parameters);
    free(o.scores);
    return done;
}
