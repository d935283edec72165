/* SPDX-License-Identifier: MIT */
/* L-BFGS with the two-loop recursion and a backtracking line search. */
#include "train/lbfgs.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pairs of steps and gradient changes that shape the search direction. */
#define HISTORY 10

/* Sufficient decrease (Armijo), and how often a step is halved before rounding is to blame. */
#define ARMIJO       1e-4
#define MAX_HALVINGS 40

typedef struct history_pair {
    double *step, *change; /* x_{j+1} - x_j, gradient_{j+1} - gradient_j */
    double curvature;      /* step . change > 0 */
} history_pair;

typedef struct search {
    size_t n;
    double *x, *gradient, *next_x, *next_gradient, *direction;
    history_pair pairs[HISTORY]; /* a ring: the newest at (n_pairs - 1) % HISTORY */
    size_t n_pairs;
} search;

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(double *to, const double *from, double factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

static double largest(const double *values, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

/* direction = - (approximate inverse Hessian) * gradient, by the two-loop recursion
 * (algorithm 7.4). */
static void find_direction(search *s)
{
    double alpha[HISTORY];
    size_t n_used = s->n_pairs < HISTORY ? s->n_pairs : HISTORY;
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] = -s->gradient[i];
    for (size_t back = 1; back <= n_used; back++) {
        history_pair *p = &s->pairs[(s->n_pairs - back) % HISTORY];
        alpha[back - 1] = dot(p->step, s->direction, s->n) / p->curvature;
        add(s->direction, p->change, -alpha[back - 1], s->n);
    }
    if (n_used > 0) {
        history_pair *newest = &s->pairs[(s->n_pairs - 1) % HISTORY];
        double factor = newest->curvature / dot(newest->change, newest->change, s->n);
        for (size_t i = 0; i < s->n; i++)
            s->direction[i] *= factor;
    }
    for (size_t back = n_used; back >= 1; back--) {
        history_pair *p = &s->pairs[(s->n_pairs - back) % HISTORY];
        double beta = dot(p->change, s->direction, s->n) / p->curvature;
        add(s->direction, p->step, alpha[back - 1] - beta, s->n);
    }
}

/* Halves the step until it decreases the value enough: true, with next_x, next_gradient and *value
 * set. */
static bool search_line(search *s, lbfgs_function function, void *context, double *value)
{
    double slope = dot(s->gradient, s->direction, s->n);
    double length = s->n_pairs == 0 ? 1 / fmax(1, sqrt(dot(s->gradient, s->gradient, s->n))) : 1;
    for (int i = 0; i < MAX_HALVINGS && slope < 0; i++, length /= 2) {
        memcpy(s->next_x, s->x, s->n * sizeof *s->x);
        add(s->next_x, s->direction, length, s->n);
        double next = function(context, s->next_x, s->next_gradient);
        if (next <= *value + ARMIJO * length * slope) {
            *value = next;
            return true;
        }
    }
    return false;
}

static void remember(search *s)
{
    history_pair *p = &s->pairs[s->n_pairs % HISTORY];
    for (size_t i = 0; i < s->n; i++) {
        p->step[i] = s->next_x[i] - s->x[i];
        p->change[i] = s->next_gradient[i] - s->gradient[i];
    }
    p->curvature = dot(p->step, p->change, s->n);
    if (p->curvature > 1e-12 * dot(p->change, p->change, s->n))
        s->n_pairs++;
    memcpy(s->x, s->next_x, s->n * sizeof *s->x);
    memcpy(s->gradient, s->next_gradient, s->n * sizeof *s->gradient);
}

bool lbfgs_minimise(lbfgs_function function, void *context, double *x, size_t n,
                    const lbfgs_options *options)
{
    size_t n_vectors = 4 + 2 * HISTORY, count;
    if (!size_multiply(n, n_vectors, &count))
        return false;
    double *memory = mem_new(count, sizeof *memory);
    if (!memory)
        return false;
    search s = {.n = n,
                .x = x,
                .gradient = memory,
                .next_x = memory + n,
                .next_gradient = memory + 2 * n,
                .direction = memory + 3 * n};
    for (size_t i = 0; i < HISTORY; i++) {
        s.pairs[i].step = memory + (4 + 2 * i) * n;
        s.pairs[i].change = memory + (5 + 2 * i) * n;
    }
    double value = function(context, x, s.gradient);
    for (uint32_t i = 0; i < options->max_iterations; i++) {
        if (largest(s.gradient, n) <= options->tolerance)
            break;
        find_direction(&s);
        if (!search_line(&s, function, context, &value))
            break;
        remember(&s);
    }
    free(memory);
    return true;
}
