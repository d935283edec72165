/* SPDX-License-Identifier: MIT */
/* Fitting slope and offsets by L-BFGS on the log loss. */
#include "train/calibration.h"

#include "base/mem.h"
#include "model/kernels.h"
#include "train/lbfgs.h"

#include <math.h>
#include <stdlib.h>

/* Pulls the offsets to 0 with the weight of a few tickets, so that a label with three tickets does
 * not get an offset of its own. */
#define OFFSET_PENALTY 4.0

/* And the slope to 1 in logarithm, so that a data set that is all right or all wrong has an
 * optimum. */
#define SLOPE_PENALTY 1.0

/* And the confidence map to one that changes nothing. */
#define MAP_PENALTY 1.0

/* Of more tickets than this, every second, third, ... is looked at: a dozen numbers need no more.
 */
#define MAX_TICKETS 60000

#define MAX_ITERATIONS 60

/* Probabilities are cut here before their logarithm is taken. */
#define LOWEST_PROBABILITY 1e-30f

typedef struct fit {
    const scored_tickets *tickets;
    size_t stride; /* every which ticket is looked at */
    const kernels *k;
    float *row; /* lanes */
} fit;

static size_t stride_of(const scored_tickets *t)
{
    return t->n / MAX_TICKETS + 1;
}

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
    for (size_t i = 0; i < t->n; i += f->stride) {
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

/* One ticket as the confidence map sees it: ln p, -ln(1 - p), and whether the highest label is
 * right. */
typedef struct map_example {
    double log_sure, log_doubt;
    bool is_right;
} map_example;

typedef struct map_fit {
    const map_example *examples;
    size_t n;
} map_fit;

/* parameters: ln on_sure, ln on_doubt (which keeps the map rising), offset. An lbfgs_function. */
static double map_loss(void *context, const double *parameters, double *gradient)
{
    const map_fit *f = context;
    double on_sure = exp(parameters[0]), on_doubt = exp(parameters[1]), total = 0;
    for (size_t j = 0; j < 3; j++) {
        total += MAP_PENALTY / 2 * parameters[j] * parameters[j];
        gradient[j] = MAP_PENALTY * parameters[j];
    }
    for (size_t i = 0; i < f->n; i++) {
        const map_example *e = &f->examples[i];
        double logit = on_sure * e->log_sure + on_doubt * e->log_doubt + parameters[2];
        double residual = 1 / (1 + exp(-logit)) - (e->is_right ? 1 : 0);
        /* ln(1 + exp(x)), without overflow, of minus the logit of what happened */
        double x = e->is_right ? -logit : logit;
        total += fmax(x, 0) + log1p(exp(-fabs(x)));
        gradient[0] += residual * on_sure * e->log_sure;
        gradient[1] += residual * on_doubt * e->log_doubt;
        gradient[2] += residual;
    }
    return total;
}

static map_example map_example_of(const scored_tickets *t, size_t i, const kernels *k,
                                  const calibration *c, float *row)
{
    double rest;
    calibrate_row(t, k, c->slope, c->offsets, t->scores + i * t->lanes, row);
    size_t top = confidence_top(row, t->n_labels, &rest);
    return (map_example){.log_sure = confidence_log((double)row[top]),
                         .log_doubt = -confidence_log(rest),
                         .is_right = (int32_t)top == t->labels[i]};
}

/* The second step, on top of the first; `row` has room for the lanes. False if out of memory. */
static bool map_fit_run(const scored_tickets *t, const kernels *k, float *row, calibration *c)
{
    lbfgs_options options = {MAX_ITERATIONS, 1e-3 + 1e-5 * (double)t->n};
    double parameters[3] = {0, 0, 0};
    map_example *examples = mem_new(t->n, sizeof *examples);
    if (!examples)
        return false;
    map_fit f = {.examples = examples};
    for (size_t i = 0; i < t->n; i += stride_of(t))
        if (t->labels[i] >= 0)
            examples[f.n++] = map_example_of(t, i, k, c, row);
    bool done = lbfgs_minimise(map_loss, &f, parameters, 3, &options);
    free(examples);
    c->map = (confidence_map){(float)exp(parameters[0]), (float)exp(parameters[1]),
                              (float)parameters[2]};
    return done;
}

bool calibration_fit(const scored_tickets *tickets, calibration *ret_calibration)
{
    fit f = {.tickets = tickets,
             .stride = stride_of(tickets),
             .k = kernels_get(),
             .row = mem_new_aligned(tickets->lanes, sizeof *f.row)};
    /* A mean residual of 1e-5 a ticket moves no confidence that anyone could tell apart. */
    lbfgs_options options = {MAX_ITERATIONS, 1e-3 + 1e-5 * (double)tickets->n};
    double *parameters = mem_new_zeroed(tickets->n_labels + 1, sizeof *parameters);
    calibration c = {.offsets = mem_new(tickets->n_labels, sizeof *c.offsets)};
    bool done = f.row && parameters && c.offsets &&
                lbfgs_minimise(loss, &f, parameters, tickets->n_labels + 1, &options);
    if (done) {
        c.slope = exp(parameters[0]);
        for (size_t label = 0; label < tickets->n_labels; label++)
            c.offsets[label] = parameters[label + 1];
        done = map_fit_run(tickets, f.k, f.row, &c);
    }
    if (done)
        *ret_calibration = c;
    else
        calibration_free(&c);
    free(parameters);
    free(f.row);
    return done;
}

bool calibration_identity(size_t n_labels, calibration *ret_calibration)
{
    calibration c = {
        .slope = 1, .map = {1, 1, 0}, .offsets = mem_new_zeroed(n_labels, sizeof *c.offsets)};
    if (!c.offsets)
        return false;
    *ret_calibration = c;
    return true;
}

void calibration_apply(const calibration *c, scored_tickets *tickets)
{
    const kernels *k = kernels_get();
    for (size_t i = 0; i < tickets->n; i++) {
        float *row = tickets->scores + i * tickets->lanes;
        calibrate_row(tickets, k, c->slope, c->offsets, row, row);
        confidence_map_apply(c->map, row, tickets->n_labels);
    }
}

void calibration_free(calibration *c)
{
    free(c->offsets);
    *c = (calibration){0};
}
