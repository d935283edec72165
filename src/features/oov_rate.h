/* SPDX-License-Identifier: MIT */
/*
 * The out-of-vocabulary rate to be expected: the share of a new ticket's words that a model with
 * this feature space will not know. By leaving one ticket out: of a word that stands in so few
 * tickets that without one of them it were no feature, that ticket's occurrences would have been
 * unknown (the estimate of Good and Turing, Biometrika 1953, if one ticket is enough for a
 * feature).
 */
#ifndef FEATURES_OOV_RATE_H
#define FEATURES_OOV_RATE_H

#include "features/space.h"

/* In [0, 1]; 0 for a corpus without words. False if out of memory. `c` is what `space` was built
 * of. */
bool oov_rate_estimate(const corpus *c, const feature_space *space, double *ret_rate)
    __attribute__((warn_unused_result));

#endif
