/* SPDX-License-Identifier: MIT */
/* Loss and gradient of multinomial logistic regression, and training to the exact optimum. */
#include "train/objective.h"

#include "base/mem.h"
#include "train/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The gradient is a sum over tickets: this is far below what probabilities to 1e-4 need. */
#define OPTIMUM_TOLERANCE      1e-6
#define OPTIMUM_MAX_ITERATIONS 2000

size_t objective_size(const objective *o)
{
    return (o->n_own + 1) * o->n_labels;
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

static double add_row(const objective *o, size_t i, const double *parameters, double *gradient)
{
    const sparse_rows *own = &o->set->own;
    size_t n = o->n_labels, intercepts = o->n_own * n;
    memcpy(o->scores, parameters + intercepts, n * sizeof *o->scores);
    for (uint64_t j = own->offsets[i]; j < own->offsets[i + 1]; j++) {
        const double *weights = parameters + own->ids[j] * n;
        for (size_t k = 0; k < n; k++)
            o->scores[k] += own->values[j] * weights[k];
    }
    double loss = row_residual(o->scores, n, o->set->labels[i]);
    for (uint64_t j = own->offsets[i]; j < own->offsets[i + 1]; j++) {
        double *slopes = gradient + own->ids[j] * n;
        for (size_t k = 0; k < n; k++)
            slopes[k] += own->values[j] * o->scores[k];
    }
    for (size_t k = 0; k < n; k++)
        gradient[intercepts + k] += o->scores[k];
    return loss;
}

double objective_evaluate(void *context, const double *parameters, double *gradient)
{
    const objective *o = context;
    size_t n_weights = o->n_own * o->n_labels;
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

/* The parameters as the rows of the linear model, whose lanes are padded. */
static void copy_parameters(const double *parameters, linear_model *model)
{
    size_t n = model->n_labels;
    for (size_t f = 0; f < model->n_own; f++)
        for (size_t k = 0; k < n; k++)
            model->own[f * model->lanes + k] = (float)parameters[f * n + k];
    for (size_t k = 0; k < n; k++)
        model->bias[k] = (float)parameters[model->n_own * n + k];
}

bool optimum_train(linear_model *model, const example_set *set, double lambda)
{
    objective o = {.set = set,
                   .n_labels = model->n_labels,
                   .n_own = model->n_own,
                   .lambda = lambda,
                   .scores = mem_new(model->n_labels, sizeof *o.scores)};
    lbfgs_options options = {OPTIMUM_MAX_ITERATIONS, OPTIMUM_TOLERANCE};
    double *parameters = mem_new_zeroed(objective_size(&o), sizeof *parameters);
    bool done = o.scores && parameters &&
                lbfgs_minimise(objective_evaluate, &o, parameters, objective_size(&o), &options);
    if (done)
        copy_parameters(parameters, model);
    free(parameters);
    free(o.scores);
    return done;
}
