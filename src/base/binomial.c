/* SPDX-License-Identifier: MIT */
/*
 * Binomial tail and the bound of Clopper and Pearson. The point probability is computed by Loader's
 * saddle-point expansion rather than by log-gamma differences, which lose seven digits at a million
 * trials; the tail is that times a continued fraction.
 */
#include "base/binomial.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#define HALF_LOG_TWO_PI 0.918938533204672741780329736406

/*
 * log(n!) - log(sqrt(2 pi n) (n/e)^n), the error of Stirling's formula: a table, then its
 * asymptotic series (Abramowitz and Stegun, 6.1.41), which is exact to 1e-16 above 15.
 */
static double stirling_error(double n)
{
    static const double table[16] = {
        0.0, /* never asked for: the ends are handled apart */
        0.08106146679532725822,
        0.04134069595540929409,
        0.02767792568499833915,
        0.02079067210376509311,
        0.01664469118982119216,
        0.01387612882307074800,
        0.01189670994589177010,
        0.01041126526197209650,
        0.009255462182712732918,
        0.008330563433362871256,
        0.007573675487951840795,
        0.006942840107209529866,
        0.006408994188004207068,
        0.005951370112758847736,
        0.005554733551962801371,
    };
    if (n < 16)
        return table[(int)n];
    double s = 1.0 / (n * n);
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - s / 1188) * s) * s) * s) / n;
}

/* x log(x / m) + m - x without cancellation where x is near m (Loader 2000, section 3). */
static double deviance(double x, double m)
{
    double difference = x - m;
    if (fabs(difference) >= 0.1 * (x + m))
        return x * log(x / m) + m - x;
    double v = difference / (x + m);
    double sum = difference * v;
    double term = 2 * x * v;
    for (int j = 3; j < 1000; j += 2) {
        term *= v * v;
        double next = sum + term / j;
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/*
 * log P(X = k), X ~ Binomial(n, p), q = 1 - p, 0 < p < 1. C. Loader, "Fast and Accurate Computation
 * of Binomial Probabilities", 2000.
 */
static double log_point(double k, double n, double p, double q)
{
    if (k == 0)
        return n * log1p(-p);
    if (k == n)
        return n * log(p);
    double rest = n - k;
    return stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) -
           deviance(rest, n * q) - HALF_LOG_TWO_PI + 0.5 * (log(n) - log(k) - log(rest));
}

/* Keeps a factor of Lentz's method away from 0. */
static double away_from_zero(double x)
{
    return fabs(x) < DBL_MIN ? DBL_MIN : x;
}

/*
 * The continued fraction of the incomplete beta function (NIST DLMF 8.17.22), evaluated by the
 * modified method of Lentz: I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) times this. It converges in
 * O(sqrt(max(a, b))) steps for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m < 1000000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        value *= c * d;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1) <= DBL_EPSILON)
            break;
    }
    return value;
}

/*
 * log P(X >= k) for 0 < k <= n and 0 < p < 1, and log P(X = k). The tail is I_p(k, n - k + 1);
 * where its fraction converges slowly, 1 - I_q(n - k + 1, k) takes its place.
 */
static double log_upper_tail(double k, double n, double p, double *ret_log_point)
{
    double q = 1 - p;
    double a = k, b = n - k + 1;
    *ret_log_point = log_point(k, n, p, q);
    if (p < (a + 1) / (a + b + 2))
        return *ret_log_point + log(q * beta_fraction(a, b, p));
    double lower = exp(log_point(k - 1, n, p, q)) * p * beta_fraction(b, a, q);
    return log1p(-fmin(lower, 1));
}

double binomial_upper_tail(uint64_t successes, uint64_t trials, double p)
{
    if (successes == 0)
        return 1;
    if (successes > trials || !(p > 0))
        return 0;
    if (p >= 1)
        return 1;
    double log_point_unused;
    return exp(log_upper_tail((double)successes, (double)trials, p, &log_point_unused));
}

/*
 * Newton's method on log(tail) as a function of log(p). Its slope is k P(X = k) / P(X >= k), which
 * falls as p grows, so the function is concave: from the first step on every iterate is left of the
 * root and moves towards it, from any start.
 */
double binomial_lower_bound(uint64_t successes, uint64_t trials, double alpha)
{
    if (successes > trials)
        successes = trials;
    if (successes == 0 || !(alpha > 0))
        return 0;
    if (alpha >= 1)
        return 1;
    double k = (double)successes, n = (double)trials;
    if (successes == trials)
        return exp(log(alpha) / n);
    double p = k / n;
    for (int i = 0; i < 200; i++) {
        double point;
        double tail = log_upper_tail(k, n, p, &point);
        double step = (log(alpha) - tail) / (k * exp(point - tail));
        double next = p * exp(step);
        if (fabs(step) <= 4 * DBL_EPSILON)
            break;
        p = next < 1 ? next : 0.5 * (1 + p);
    }
    return p;
}
