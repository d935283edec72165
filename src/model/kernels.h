/* SPDX-License-Identifier: MIT */
/*
 * The inner loops over label lanes.
 *
 * The scores of all labels of a field lie side by side in `lanes`, a multiple of LANES. Every
 * kernel works lane by lane, in the order of its list and without fused operations, so that the
 * wide and the narrow form give the same bits. Thread-safe: no state.
 */
#ifndef MODEL_KERNELS_H
#define MODEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define LANES 8u

/* The number of lanes for `n` labels: n rounded up. */
static inline size_t lanes_for(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* Rows of `lanes` floats, aligned to 32 bytes, and a list of `n` of them with a value each. */
typedef struct kernels {
    /* sums += factor * values[i] * rows[ids[i]] over the list */
    void (*gather)(float *sums, const float *rows, size_t lanes, const uint32_t *ids,
                   const float *values, size_t n, float factor);
    /* rows[ids[i]] += factor * values[i] * addend over the list */
    void (*scatter)(float *rows, size_t lanes, const uint32_t *ids, const float *values, size_t n,
                    float factor, const float *addend);
    /* sums += values[i] * rows[i] over the list, each row being `lanes` 16-bit integers */
    void (*gather_quantised)(float *sums, const int16_t *const *rows, size_t lanes,
                             const float *values, size_t n);
    /* In place: the softmax of the first `n` lanes; the rest becomes 0. */
    void (*softmax)(float *scores, size_t lanes, size_t n);
} kernels;

/* The kernels for this machine. Never NULL; static. */
const kernels *kernels_get(void);

/* The narrow kernels, for any machine: what the others are tested against. */
const kernels *kernels_portable(void);

#endif
