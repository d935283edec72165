/* SPDX-License-Identifier: MIT */
/* The inner loops: the wide form gives the bits of the narrow one, and both what double precision
 * gives. */
#include "base/mem.h"
#include "base/rng.h"
#include "model/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_LANES 160
#define N_ROWS    50
#define N_ENTRIES 30
#define N_SHORTS  (4 * MAX_LANES)

static float random_float(rng *r)
{
    return (float)((double)(rng_next(r) >> 11) / (double)((uint64_t)1 << 52) - 1) *
           (float)(rng_below(r, 8) == 0 ? 30 : 1);
}

/* Rows, a list of entries, and sums, all random; aligned as the kernels ask. */
typedef struct scene {
    float *rows, *sums;
    int16_t *shorts;
    const int16_t *quantised[N_ENTRIES]; /* rows of `shorts`, which need no alignment */
    uint32_t ids[N_ENTRIES];
    float values[N_ENTRIES], small[N_ENTRIES];
} scene;

static scene scene_new(rng *r)
{
    scene s = {.rows = mem_new_aligned(N_ROWS * MAX_LANES, sizeof(float)),
               .sums = mem_new_aligned(MAX_LANES, sizeof(float)),
               .shorts = mem_new_aligned(N_SHORTS, sizeof(int16_t))};
    assert_true(s.rows && s.sums && s.shorts);
    for (size_t i = 0; i < N_ROWS * MAX_LANES; i++)
        s.rows[i] = random_float(r);
    for (size_t i = 0; i < MAX_LANES; i++)
        s.sums[i] = random_float(r);
    for (size_t i = 0; i < N_SHORTS; i++)
        s.shorts[i] = (int16_t)rng_next(r);
    for (size_t i = 0; i < N_ENTRIES; i++) {
        s.ids[i] = rng_below(r, N_ROWS);
        s.values[i] = random_float(r);
        s.small[i] = random_float(r) / 10000;
        s.quantised[i] = s.shorts + rng_below(r, N_SHORTS - MAX_LANES + 1);
    }
    return s;
}

static void scene_free(scene *s)
{
    free(s->rows);
    free(s->sums);
    free(s->shorts);
}

/* Everything that a kernel set does to a scene of `lanes` lanes. */
static void run_all(const kernels *k, scene *s, size_t lanes, size_t n)
{
    k->gather(s->sums, s->rows, lanes, s->ids, s->values, n, 0.3f);
    k->gather_quantised(s->sums, s->quantised, lanes, s->small, n);
    k->scatter(s->rows, lanes, s->ids, s->values, n, -0.7f, s->sums);
    k->gather(s->sums, s->rows, lanes, s->ids, s->values, n, 1.1f);
    k->softmax(s->sums, lanes, lanes - n % 8);
}

static void wide_and_narrow_give_the_same_bits(void **state)
{
    (void)state;
    rng r = {1};
    if (kernels_get() == kernels_portable()) {
        print_message("skipped: this machine has the narrow form only\n");
        skip();
    }
    for (size_t lanes = LANES; lanes <= MAX_LANES; lanes += LANES)
        for (size_t n = 0; n <= N_ENTRIES; n++) {
            rng narrow_random = r;
            scene wide = scene_new(&r), narrow = scene_new(&narrow_random);
            run_all(kernels_get(), &wide, lanes, n);
            run_all(kernels_portable(), &narrow, lanes, n);
            assert_memory_equal(wide.sums, narrow.sums, MAX_LANES * sizeof(float));
            assert_memory_equal(wide.rows, narrow.rows, N_ROWS * MAX_LANES * sizeof(float));
            scene_free(&wide);
            scene_free(&narrow);
        }
}

static void sums_are_those_of_double_precision(void **state)
{
    (void)state;
    rng r = {2};
    for (size_t lanes = LANES; lanes <= MAX_LANES; lanes += LANES) {
        scene s = scene_new(&r);
        double expected[MAX_LANES];
        for (size_t lane = 0; lane < lanes; lane++) {
            expected[lane] = (double)s.sums[lane];
            for (size_t i = 0; i < N_ENTRIES; i++)
                expected[lane] +=
                    (double)s.small[i] * s.quantised[i][lane] +
                    0.5 * (double)s.values[i] * (double)s.rows[s.ids[i] * lanes + lane];
        }
        kernels_get()->gather(s.sums, s.rows, lanes, s.ids, s.values, N_ENTRIES, 0.5f);
        kernels_get()->gather_quantised(s.sums, s.quantised, lanes, s.small, N_ENTRIES);
        for (size_t lane = 0; lane < lanes; lane++)
            assert_true(fabs((double)s.sums[lane] - expected[lane]) <
                        1e-4 * (1 + fabs(expected[lane])));
        scene_free(&s);
    }
}

/* A row that is named twice is changed twice, and rows that are not named keep their values. */
static void scattering_adds_to_the_named_rows_only(void **state)
{
    (void)state;
    float *rows = mem_new_aligned(4 * 16, sizeof *rows),
          *addend = mem_new_aligned(16, sizeof *rows);
    static const uint32_t ids[] = {2, 0, 2};
    static const float values[] = {1, 2, 4};
    for (size_t i = 0; i < 64; i++)
        rows[i] = 1;
    for (size_t i = 0; i < 16; i++)
        addend[i] = (float)i;
    kernels_get()->scatter(rows, 16, ids, values, 3, 2, addend);
    for (size_t i = 0; i < 16; i++) {
        assert_true(rows[i] == 1 + 4 * (float)i);
        assert_true(rows[16 + i] == 1);
        assert_true(rows[32 + i] == 1 + 10 * (float)i);
        assert_true(rows[48 + i] == 1);
    }
    free(rows);
    free(addend);
}

static void softmax_is_that_of_double_precision(void **state)
{
    (void)state;
    rng r = {3};
    float *scores = mem_new_aligned(MAX_LANES, sizeof *scores);
    static const kernels *(*const sets[])(void) = {kernels_get, kernels_portable};
    for (int round = 0; round < 4000; round++) {
        size_t n = 1 + rng_below(&r, MAX_LANES), lanes = lanes_for(n);
        double expected[MAX_LANES], sum = 0, highest = -INFINITY, total = 0;
        float width = (float)(1 << rng_below(&r, 12)) / 16;
        for (size_t i = 0; i < lanes; i++)
            scores[i] = random_float(&r) * width;
        for (size_t i = 0; i < n; i++)
            highest = fmax(highest, (double)scores[i]);
        for (size_t i = 0; i < n; i++)
            sum += expected[i] = exp((double)scores[i] - highest);
        sets[round % 2]()->softmax(scores, lanes, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(fabs((double)scores[i] - expected[i] / sum) < 1e-6);
            total += (double)scores[i];
        }
        assert_true(fabs(total - 1) < 1e-5);
        for (size_t i = n; i < lanes; i++)
            assert_true(scores[i] == 0);
    }
    free(scores);
}

static void softmax_of_extremes_is_finite(void **state)
{
    (void)state;
    static const float extremes[] = {0, 3e38f, -3e38f, 1e-40f, 88, -88, 1000, -1000};
    float *scores = mem_new_aligned(8, sizeof *scores);
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 8; k++) {
            scores[0] = extremes[i];
            scores[1] = extremes[k];
            scores[2] = extremes[i];
            kernels_get()->softmax(scores, 8, 3);
            assert_true(fabs((double)scores[0] + (double)scores[1] + (double)scores[2] - 1) < 1e-6);
            assert_true(scores[0] == scores[2] && scores[0] >= 0 && scores[1] >= 0);
        }
    free(scores);
}

static void lanes_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(lanes_for(0), 0);
    assert_int_equal(lanes_for(1), 8);
    assert_int_equal(lanes_for(8), 8);
    assert_int_equal(lanes_for(9), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_and_narrow_give_the_same_bits),
        cmocka_unit_test(sums_are_those_of_double_precision),
        cmocka_unit_test(scattering_adds_to_the_named_rows_only),
        cmocka_unit_test(softmax_is_that_of_double_precision),
        cmocka_unit_test(softmax_of_extremes_is_finite),
        cmocka_unit_test(lanes_are_rounded_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
