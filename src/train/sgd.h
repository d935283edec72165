/* SPDX-License-Identifier: MIT */
/*
 * Stochastic gradient descent for the linear model: one ticket a step, a few passes, a step length
 * that falls linearly to zero (Bottou 2012, "Stochastic Gradient Descent Tricks"). It stops short
 * of the optimum on purpose: on real tickets that generalises better than the optimum does, and
 * takes a tenth of the time. One thread; the result depends on the arguments only.
 */
#ifndef TRAIN_SGD_H
#define TRAIN_SGD_H

#include "train/linear.h"

typedef struct sgd_options {
    uint32_t n_epochs;
    float step;    /* of the first ticket */
    double lambda; /* of the objective in linear.h */
    uint64_t seed; /* of the order of the passes */
} sgd_options;

/*
 * Trains `model` (made by linear_model_new) on all rows of `set`, every one of which has a label,
 * in their order, which the caller has made random: a file may be sorted by label. `advance` (NULL:
 * none) is called after every epoch; false cancels. False if cancelled or out of memory.
 */
bool sgd_train(linear_model *model, const feature_space *space, const example_set *set,
               const sgd_options *options, bool (*advance)(void *context), void *context)
    __attribute__((warn_unused_result));

#endif
