/* SPDX-License-Identifier: MIT */
/* Beta calibration of the highest probability. */
#include "model/confidence.h"

#include <math.h>

/* Below this a probability counts as this. */
#define LOWEST 1e-30

/* By so much, relatively, the highest probability stays above the second: a few units in the last
 * place of a float. */
#define LEAST_LEAD 1e-6

double confidence_log(double probability)
{
    return log(fmax(probability, LOWEST));
}

size_t confidence_top(const float *probabilities, size_t n, double *ret_rest)
{
    size_t top = 0;
    double rest = 0;
    for (size_t k = 1; k < n; k++)
        top = probabilities[k] > probabilities[top] ? k : top;
    for (size_t k = 0; k < n; k++)
        rest += k == top ? 0 : (double)probabilities[k];
    *ret_rest = rest;
    return top;
}

void confidence_map_apply(confidence_map map, float *probabilities, size_t n)
{
    double rest, second = 0;
    size_t top = confidence_top(probabilities, n, &rest);
    if (n < 2 || !(rest > 0))
        return;
    for (size_t k = 0; k < n; k++)
        second = k != top && (double)probabilities[k] > second ? (double)probabilities[k] : second;
    double logit = (double)map.on_sure * confidence_log((double)probabilities[top]) -
                   (double)map.on_doubt * confidence_log(rest) + (double)map.offset;
    double mapped = 1 / (1 + exp(-logit));
    /* The second may come near, but not level: which label is the highest stays. */
    second *= 1 + LEAST_LEAD;
    mapped = fmax(mapped, second / (rest + second));
    double factor = (1 - mapped) / rest;
    for (size_t k = 0; k < n; k++)
        probabilities[k] = (float)(k == top ? mapped : factor * (double)probabilities[k]);
}
