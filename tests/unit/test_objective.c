/* SPDX-License-Identifier: MIT */
/* The loss of logistic regression: by hand, its gradient by differences, and its optimum. */
#include "engine_inside.h"
#include "train/objective.h"

#include <math.h>

/* Where parameter (feature or n_own for the intercept, label) is. */
static size_t place(const objective *o, size_t feature, size_t label)
{
    return feature * lanes_for(o->n_labels) + label;
}

typedef struct problem {
    inside in;
    example_set set;
    objective o;
    size_t size;
    double *x, *gradient;
} problem;

static void problem_new(uint32_t n_labels, double lambda, problem *p)
{
    p->in = inside_build(random_dataset(60, 1, n_labels, 1),
                         &(feature_options){.min_df = 1, .max_pairs = 60});
    p->set = inside_examples(&p->in);
    p->o = (objective){.set = &p->set,
                       .n_labels = p->in.n_labels,
                       .n_own = (size_t)p->in.space.words.table.n + p->in.space.pairs.n,
                       .lambda = lambda,
                       .scores = calloc(lanes_for(p->in.n_labels), sizeof(double))};
    p->size = objective_size(&p->o);
    p->x = calloc(p->size, sizeof *p->x);
    p->gradient = calloc(p->size, sizeof *p->gradient);
    assert_true(p->o.scores && p->x && p->gradient);
}

static void problem_free(problem *p)
{
    free(p->x);
    free(p->gradient);
    free(p->o.scores);
    example_set_free(&p->set);
    inside_free(&p->in);
}

static void at_zero_every_label_is_as_likely(void **state)
{
    (void)state;
    problem p;
    problem_new(5, 1, &p);
    assert_true(fabs(objective_evaluate(&p.o, p.x, p.gradient) - 60 * log(5)) < 1e-9);
    /* of an intercept: tickets predicted as the label minus tickets with it */
    for (size_t k = 0; k < 5; k++) {
        double n_with = 0;
        for (size_t i = 0; i < 60; i++)
            n_with += p.set.labels[i] == (int32_t)k;
        assert_true(fabs(p.gradient[place(&p.o, p.o.n_own, k)] - (12 - n_with)) < 1e-9);
    }
    problem_free(&p);
}

static void the_gradient_is_that_of_differences(void **state)
{
    (void)state;
    static const uint32_t n_labels[] = {2, 3, 8, 11};
    rng r = {7};
    for (size_t m = 0; m < 4; m++) {
        problem p;
        problem_new(n_labels[m], 0.3, &p);
        for (size_t f = 0; f <= p.o.n_own; f++)
            for (size_t k = 0; k < p.o.n_labels; k++)
                p.x[place(&p.o, f, k)] = (double)rng_below(&r, 2000) / 1000 - 1;
        double *unused = malloc(p.size * sizeof *unused);
        objective_evaluate(&p.o, p.x, p.gradient);
        for (size_t i = 0; i < 300; i++) {
            size_t feature = i < p.o.n_labels ? p.o.n_own : rng_below(&r, (uint32_t)p.o.n_own + 1);
            size_t at = place(&p.o, feature, i % p.o.n_labels);
            double kept = p.x[at], h = 1e-5;
            p.x[at] = kept + h;
            double above = objective_evaluate(&p.o, p.x, unused);
            p.x[at] = kept - h;
            double below = objective_evaluate(&p.o, p.x, unused);
            p.x[at] = kept;
            assert_true(fabs((above - below) / (2 * h) - p.gradient[at]) <
                        1e-6 * (1 + fabs(p.gradient[at])));
        }
        free(unused);
        problem_free(&p);
    }
}

/* Where the gradient is nothing, and no step in any direction is better. */
static void the_optimum_is_one(void **state)
{
    (void)state;
    problem p;
    problem_new(3, 1, &p);
    linear_model model;
    rng r = {9};
    assert_true(linear_model_new(&p.in.space, 3, &model));
    assert_true(optimum_train(&model, &p.set, 1));
    for (size_t k = 0; k < 3; k++) {
        for (size_t f = 0; f < p.o.n_own; f++)
            p.x[place(&p.o, f, k)] = (double)model.own[f * model.lanes + k];
        p.x[place(&p.o, p.o.n_own, k)] = (double)model.bias[k];
    }
    double best = objective_evaluate(&p.o, p.x, p.gradient);
    for (size_t i = 0; i < p.size; i++)
        assert_true(fabs(p.gradient[i]) < 1e-3);
    for (int round = 0; round < 100; round++) {
        size_t at = place(&p.o, rng_below(&r, (uint32_t)p.o.n_own + 1), rng_below(&r, 3));
        double kept = p.x[at];
        p.x[at] += rng_below(&r, 2) ? 0.1 : -0.1;
        assert_true(objective_evaluate(&p.o, p.x, p.gradient) > best);
        p.x[at] = kept;
    }
    linear_model_free(&model);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_zero_every_label_is_as_likely),
        cmocka_unit_test(the_gradient_is_that_of_differences),
        cmocka_unit_test(the_optimum_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
