/* SPDX-License-Identifier: MIT */
/*
 * The loss of multinomial logistic regression and its gradient, in double precision, for own
 * features (words and pairs; character n-grams are not part of it): what the exact solver
 * minimises.
 */
#ifndef TRAIN_OBJECTIVE_H
#define TRAIN_OBJECTIVE_H

#include "train/linear.h"

typedef struct objective {
    const example_set *set; /* every row has a label */
    size_t n_labels, n_own;
    double lambda;  /* of linear.h */
    double *scores; /* scratch: lanes_for(n_labels) */
} objective;

/* The number of parameters: n_own rows of lanes_for(n_labels) weights, then as many intercepts; the
 * lanes behind the labels stay as they are. */
size_t objective_size(const objective *o);

/*
 * sum_i -ln softmax(score(x_i))[y_i] + lambda / 2 * |weights|^2 at `parameters`; its gradient into
 * `gradient` (both objective_size() numbers). An lbfgs_function, with an objective as its context.
 */
double objective_evaluate(void *context, const double *parameters, double *gradient);

/* Trains `model` to the optimum for `lambda`; false if out of memory. */
bool optimum_train(linear_model *model, const example_set *set, double lambda)
    __attribute__((warn_unused_result));

#endif
