/* SPDX-License-Identifier: MIT */
/*
 * From the softmax of the scores to confidences: the highest probability p is moved to
 *
 *     logit(p') = on_sure * ln p - on_doubt * ln(1 - p) + offset        (beta calibration: Kull et
 * al. 2017)
 *
 * and the others are scaled to sum to 1 - p'. The order of the labels stays.
 */
#ifndef MODEL_CONFIDENCE_H
#define MODEL_CONFIDENCE_H

#include <stddef.h>

/* Part of the model file: three numbers a field. {1, 1, 0} changes nothing. */
typedef struct confidence_map {
    float on_sure, on_doubt, offset;
} confidence_map;

/* The highest of `n` (at least 1) probabilities (the first if equal) and the sum of all others. */
size_t confidence_top(const float *probabilities, size_t n, double *ret_rest);

/* Maps `n` probabilities in place. A field with one label stays as it is. Thread-safe. */
void confidence_map_apply(confidence_map map, float *probabilities, size_t n);

/* ln p and -ln(1 - p) as the map uses them, `rest` being 1 - p: cut so that they are finite. */
double confidence_log(double probability);

#endif
