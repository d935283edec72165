/* SPDX-License-Identifier: MIT */
/*
 * The inner loops, written once on vectors of eight floats; compiled for the baseline processor
 * and, on x86-64, for AVX2. Neither form fuses multiply and add (-ffp-contract=off), so both give
 * the same bits.
 */
#include "model/kernels.h"

#include <float.h>
#include <string.h>

typedef float lane_floats __attribute__((vector_size(32), may_alias));
typedef int32_t lane_ints __attribute__((vector_size(32), may_alias));
typedef int16_t lane_shorts __attribute__((vector_size(16), aligned(2), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE void add_row(float *sums, const float *row, size_t lanes, float value)
{
    for (size_t lane = 0; lane < lanes; lane += LANES)
        *(lane_floats *)(sums + lane) += value * *(const lane_floats *)(row + lane);
}

/* One row's worth of one list entry. */
#define TERM(i) ((factor * values[i]) * *(const lane_floats *)(rows + ids[i] * (size_t)LANES))

/* Up to eight labels: four running sums in registers, so that no addition waits for the one before.
 */
INLINE void gather_eight(float *sums, const float *rows, const uint32_t *ids, const float *values,
                         size_t n, float factor)
{
    lane_floats a = *(lane_floats *)sums, b = {0}, c = {0}, d = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a += TERM(i);
        b += TERM(i + 1);
        c += TERM(i + 2);
        d += TERM(i + 3);
    }
    for (; i < n; i++)
        a += TERM(i);
    *(lane_floats *)sums = (a + b) + (c + d);
}

INLINE void gather(float *sums, const float *rows, size_t lanes, const uint32_t *ids,
                   const float *values, size_t n, float factor)
{
    if (lanes == LANES) { /* the common case */
        gather_eight(sums, rows, ids, values, n, factor);
        return;
    }
    for (size_t i = 0; i < n; i++)
        add_row(sums, rows + ids[i] * lanes, lanes, factor * values[i]);
}

INLINE void scatter(float *rows, size_t lanes, const uint32_t *ids, const float *values, size_t n,
                    float factor, const float *addend)
{
    for (size_t i = 0; i < n; i++)
        add_row(rows + ids[i] * lanes, addend, lanes, factor * values[i]);
}

INLINE void gather_quantised(float *sums, const int16_t *const *rows, size_t lanes,
                             const float *values, size_t n)
{
    for (size_t lane = 0; lane < lanes; lane += LANES) {
        lane_floats sum = *(lane_floats *)(sums + lane);
        for (size_t i = 0; i < n; i++) {
            lane_shorts shorts = *(const lane_shorts *)(rows[i] + lane);
            sum += values[i] * __builtin_convertvector(shorts, lane_floats);
        }
        *(lane_floats *)(sums + lane) = sum;
    }
}

/*
 * exp(x) for x <= 0: 2^k * e^r with k = round(x / ln 2) and |r| <= ln 2 / 2, e^r by the minimax
 * polynomial of Cephes' expf (Moshier 1992); relative error below 2e-7. What would be subnormal
 * becomes 0.
 */
INLINE void exp_lanes(lane_floats *x)
{
    const lane_floats lowest = {-87.f, -87.f, -87.f, -87.f, -87.f, -87.f, -87.f, -87.f};
    lane_ints too_low = *x < lowest;
    lane_floats clamped = (lane_floats)(((lane_ints)lowest & too_low) | ((lane_ints)*x & ~too_low));
    /* Adding and subtracting 1.5 * 2^23 rounds to the nearest integer. */
    lane_floats k = (clamped * 1.44269504f + 12582912.f) - 12582912.f;
    lane_floats r = clamped - k * 0.693359375f - k * -2.12194440e-4f;
    lane_floats p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    lane_ints exponent = (__builtin_convertvector(k, lane_ints) + 127) << 23;
    *x = (lane_floats)((lane_ints)(p * (lane_floats)exponent) & ~too_low);
}

INLINE void softmax(float *scores, size_t lanes, size_t n)
{
    float highest = -FLT_MAX, sum = 0;
    for (size_t i = 0; i < n; i++)
        highest = scores[i] > highest ? scores[i] : highest;
    for (size_t i = n; i < lanes; i++)
        scores[i] = -FLT_MAX;
    for (size_t lane = 0; lane < lanes; lane += LANES) {
        lane_floats x = *(lane_floats *)(scores + lane) - highest;
        exp_lanes(&x);
        *(lane_floats *)(scores + lane) = x;
    }
    for (size_t i = 0; i < n; i++)
        sum += scores[i];
    for (size_t lane = 0; lane < lanes; lane += LANES)
        *(lane_floats *)(scores + lane) /= sum;
}

/* One set of kernels named NAME, compiled with ATTRIBUTES. */
#define DEFINE_KERNELS(NAME, ATTRIBUTES)                                                           \
    ATTRIBUTES static void gather_##NAME(float *sums, const float *rows, size_t lanes,             \
                                         const uint32_t *ids, const float *values, size_t n,       \
                                         float factor)                                             \
    {                                                                                              \
        gather(sums, rows, lanes, ids, values, n, factor);                                         \
    }                                                                                              \
    ATTRIBUTES static void scatter_##NAME(float *rows, size_t lanes, const uint32_t *ids,          \
                                          const float *values, size_t n, float factor,             \
                                          const float *addend)                                     \
    {                                                                                              \
        scatter(rows, lanes, ids, values, n, factor, addend);                                      \
    }                                                                                              \
    ATTRIBUTES static void gather_quantised_##NAME(float *sums, const int16_t *const *rows,        \
                                                   size_t lanes, const float *values, size_t n)    \
    {                                                                                              \
        gather_quantised(sums, rows, lanes, values, n);                                            \
    }                                                                                              \
    ATTRIBUTES static void softmax_##NAME(float *scores, size_t lanes, size_t n)                   \
    {                                                                                              \
        softmax(scores, lanes, n);                                                                 \
    }                                                                                              \
    static const kernels kernels_##NAME = {gather_##NAME, scatter_##NAME, gather_quantised_##NAME, \
                                           softmax_##NAME};

DEFINE_KERNELS(baseline, )

#if defined(__x86_64__)
DEFINE_KERNELS(avx2, __attribute__((target("avx2"))))
#endif

const kernels *kernels_portable(void)
{
    return &kernels_baseline;
}

const kernels *kernels_get(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return &kernels_avx2;
#endif
    return &kernels_baseline;
}
