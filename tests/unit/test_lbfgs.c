/* SPDX-License-Identifier: MIT */
/* L-BFGS finds minima that are known. */
#include "train/lbfgs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Rosenbrock's valley: its minimum is at (1, 1). */
static double rosenbrock(void *context, const double *x, double *gradient)
{
    int *n_calls = context;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    ++*n_calls;
    return a * a + 100 * b * b;
}

static void the_end_of_rosenbrocks_valley_is_found(void **state)
{
    (void)state;
    static const double starts[][2] = {{-1.2, 1}, {0, 0}, {5, -5}, {1, 1}};
    lbfgs_options options = {500, 1e-9};
    for (size_t i = 0; i < 4; i++) {
        double x[2] = {starts[i][0], starts[i][1]};
        int n_calls = 0;
        assert_true(lbfgs_minimise(rosenbrock, &n_calls, x, 2, &options));
        assert_true(fabs(x[0] - 1) < 1e-6 && fabs(x[1] - 1) < 1e-6);
        assert_true(n_calls < 500);
    }
}

#define N 40

/* sum (i + 1) (x_i - i)^2: as long as it is wide. */
static double bowl(void *context, const double *x, double *gradient)
{
    double value = 0;
    (void)context;
    for (int i = 0; i < N; i++) {
        gradient[i] = 2 * (i + 1) * (x[i] - i);
        value += (i + 1) * (x[i] - i) * (x[i] - i);
    }
    return value;
}

static void the_bottom_of_a_bowl_is_found(void **state)
{
    (void)state;
    lbfgs_options options = {1000, 1e-8};
    double x[N] = {0};
    assert_true(lbfgs_minimise(bowl, NULL, x, N, &options));
    for (int i = 0; i < N; i++)
        assert_true(fabs(x[i] - i) < 1e-7);
}

static void it_stops_where_it_is_told_to(void **state)
{
    (void)state;
    lbfgs_options none = {0, 1e-9}, loose = {1000, 1e9}, few = {3, 1e-9};
    double x[2] = {-1.2, 1};
    int n_calls = 0;
    assert_true(lbfgs_minimise(rosenbrock, &n_calls, x, 2, &none));
    assert_true(lbfgs_minimise(rosenbrock, &n_calls, x, 2, &loose));
    assert_true(x[0] == -1.2 && x[1] == 1);
    assert_int_equal(n_calls, 2);
    assert_true(lbfgs_minimise(rosenbrock, &n_calls, x, 2, &few));
    assert_true(x[0] != -1.2 && fabs(x[0] - 1) > 1e-3);
}

/* |x| has no gradient at its minimum: no step improves there, and that is the end. */
static double corner(void *context, const double *x, double *gradient)
{
    (void)context;
    gradient[0] = x[0] < 0 ? -1 : 1;
    return fabs(x[0]);
}

static void a_corner_does_not_hold_it_for_ever(void **state)
{
    (void)state;
    lbfgs_options options = {100000, 0};
    double x[1] = {0.7};
    assert_true(lbfgs_minimise(corner, NULL, x, 1, &options));
    assert_true(fabs(x[0]) <= 0.7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_rosenbrocks_valley_is_found),
        cmocka_unit_test(the_bottom_of_a_bowl_is_found),
        cmocka_unit_test(it_stops_where_it_is_told_to),
        cmocka_unit_test(a_corner_does_not_hold_it_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
