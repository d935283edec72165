/* SPDX-License-Identifier: MIT */
/*
 * L-BFGS (Nocedal & Wright 2006, algorithm 7.5): minimises a smooth function to its optimum. One
 * thread.
 */
#ifndef TRAIN_LBFGS_H
#define TRAIN_LBFGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value at `x` (`n` numbers); writes the gradient to `gradient`. */
typedef double (*lbfgs_function)(void *context, const double *x, double *gradient);

typedef struct lbfgs_options {
    uint32_t max_iterations;
    double tolerance; /* stop when no component of the gradient is larger */
} lbfgs_options;

/*
 * Moves `x` (`n` numbers) from where it starts to a minimum of `function`. It stops at the
 * tolerance, after max_iterations, or where rounding lets no step improve. False if out of memory.
 */
bool lbfgs_minimise(lbfgs_function function, void *context, double *x, size_t n,
                    const lbfgs_options *options) __attribute__((warn_unused_result));

#endif
