/* SPDX-License-Identifier: MIT */
/* Fitting slope and offsets by L-BFGS on the log loss. */
#include "train/calibration.h"

#include "base/mem.h"
#include "model/kernels.h"
#include "train/lbfgs.h"

#include <math.h>
#include <stdlib.h>

/* Pulls the offsets to 0 with the weight of a few tickets, so that a label with three tickets does not get
 * an offset of its own. */
#define OFFSET_PENALTY 4.0

/* And the slope to 1 in logarithm, so that a data set that is all right or all wrong has an optimum. */
#define SLOPE_PENALTY 1.0

#define MAX_ITERATIONS 60

/* Probabilities are cut here before their logarithm is taken. */
#define LOWEST_PROBABILITY 1e-30f

typedef struct fit {
    const scored_tickets *tickets;
    const kernels *k;
    float *row; /* lanes */
} fit;

static void calibrate_row(const scored_tickets *t, const kernels *k, double slope,
                          const double *offsets, const float *scores, float *row)
{
    for (size_t label = 0; label < t->n_labels; label++)
        row[label] = (float)(slope * (double)scores[label] + offsets[label]);
    k->softmax(row, t->lanes, t->n_labels);
}

/* parameters: ln slope, then the offsets. An lbfgs_function. */
static double loss(void *context, const double *parameters, double *gradient)
{
    const fit *f = context;
    const scored_tickets *t = f->tickets;
    double slope = exp(parameters[0]), total = 0, slope_gradient = 0;
    const double *offsets = parameters + 1;
    for (size_t label = 0; label < t->n_labels; label++)
        gradient[label + 1] = OFFSET_PENALTY * offsets[label];
    for (size_t i = 0; i < t->n; i++) {
        const float *scores = t->scores + i * t->lanes;
        int32_t truth = t->labels[i];
        if (truth < 0)
            continue;
        calibrate_row(t, f->k, slope, offsets, scores, f->row);
        total -= log((double)fmaxf(f->row[truth], LOWEST_PROBABILITY));
        f->row[truth] -= 1;
        for (size_t label = 0; label < t->n_labels; label++) {
            gradient[label + 1] += (double)f->row[label];
            slope_gradient += (double)f->row[label] * (double)scores[label];
        }
    }
    for (size_t label = 0; label < t->n_labels; label++)
        total += OFFSET_PENALTY / 2 * offsets[label] * offsets[label];
    gradient[0] = slope_gradient * slope + SLOPE_PENALTY * parameters[0];
    return total + SLOPE_PENALTY / 2 * parameters[0] * parameters[0];
}

bool calibration_fit(const scored_tickets *tickets, calibration *ret_calibration)
{
    fit f = {.tickets = tickets, .k = kernels_get(),
             .row = mem_new_aligned(tickets->lanes, sizeof *f.row)};
    /* Rounding in single precision leaves a noise of about 1e-7 a ticket in the gradient. */
    lbfgs_options options = {MAX_ITERATIONS, 1e-3 + 1e-6 * (double)tickets->n};
    double *parameters = mem_new_zeroed(tickets->n_labels + 1, sizeof *parameters);
    calibration c = {.offsets = mem_new(tickets->n_labels, sizeof *c.offsets)};
    bool done = f.row && parameters && c.offsets &&
                lbfgs_minimise(loss, &f, parameters, tickets->n_labels + 1, &options);
    if (done) {
        c.slope = exp(parameters[0]);
        for (size_t label = 0; label < tickets->n_labels; label++)
            c.offsets[label] = parameters[label + 1];
        *ret_calibration = c;
    } else {
        calibration_free(&c);
    }
    free(parameters);
    free(f.row);
    return done;
}

void calibration_apply(const calibration *c, scored_tickets *tickets)
{
    const kernels *k = kernels_get();
    for (size_t i = 0; i < tickets->n; i++) {
        float *row = tickets->scores + i * tickets->lanes;
        calibrate_row(tickets, k, c->slope, c->offsets, row, row);
    }
}

void calibration_free(calibration *c)
{
    free(c->offsets);
    *c = (calibration){0};
}
