/* SPDX-License-Identifier: MIT */
/*
 * The binomial distribution, as far as decisions need it: how likely a run of right predictions
 * is, and how precise a label is at least. Pure functions of their arguments: thread-safe.
 */
#ifndef BASE_BINOMIAL_H
#define BASE_BINOMIAL_H

#include <stdint.h>

/*
 * P(X >= successes) for X ~ Binomial(trials, p); `p` outside [0, 1] is taken as the nearer end.
 * Relative error below 1e-10 for up to a million trials.
 */
double binomial_upper_tail(uint64_t successes, uint64_t trials, double p);

/*
 * The one-sided lower bound of Clopper and Pearson (1934): the p at which `successes` or more of
 * `trials` have the probability `alpha`. The true proportion is below it in at most the share
 * `alpha` of all samples. 0 without a success or a trial; `successes` beyond `trials` count as
 * `trials`. 0 for alpha <= 0, 1 for alpha >= 1 (with at least one success).
 */
double binomial_lower_bound(uint64_t successes, uint64_t trials, double alpha);

#endif
