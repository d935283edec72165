/* SPDX-License-Identifier: MIT */
/* Calibration: slopes and shares that are known are found again, the log loss falls, and the order
 * of the labels stays. */
#include "base/mem.h"
#include "base/rng.h"
#include "model/kernels.h"
#include "train/calibration.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double uniform(rng *r)
{
    return (double)(rng_next(r) >> 11) / (double)((uint64_t)1 << 53);
}

/*
 * `n` tickets whose labels are drawn by softmax(slope * score + bias of the label): to be found
 * again by who sees the scores and the labels.
 */
static scored_tickets draw(size_t n, size_t n_labels, double slope, const double *bias)
{
    rng r = {5};
    scored_tickets t = {.n = n, .n_labels = n_labels, .lanes = lanes_for(n_labels)};
    t.scores = mem_new_aligned(n * t.lanes, sizeof *t.scores);
    t.labels = malloc(n * sizeof *t.labels);
    assert_true(t.scores && t.labels);
    memset(t.scores, 0, n * t.lanes * sizeof *t.scores);
    for (size_t i = 0; i < n; i++) {
        float *row = t.scores + i * t.lanes;
        double sum = 0, drawn = uniform(&r);
        for (size_t k = 0; k < n_labels; k++) {
            row[k] = (float)(6 * uniform(&r) - 3);
            sum += exp(slope * (double)row[k] + bias[k]);
        }
        t.labels[i] = -1;
        for (size_t k = 0; k < n_labels && t.labels[i] < 0; k++) {
            drawn -= exp(slope * (double)row[k] + bias[k]) / sum;
            if (drawn < 0 || k + 1 == n_labels)
                t.labels[i] = (int32_t)k;
        }
    }
    return t;
}

static void tickets_free(scored_tickets *t)
{
    free(t->scores);
    free(t->labels);
}

/* Mean of -ln p(truth), the scores being probabilities. */
static double log_loss(const scored_tickets *t)
{
    double loss = 0;
    for (size_t i = 0; i < t->n; i++)
        loss -= log(fmax((double)t->scores[i * t->lanes + (size_t)t->labels[i]], 1e-15));
    return loss / (double)t->n;
}

static const double no_bias[4] = {0}, some_bias[4] = {1, 0, -1, 0};

/* What the first step has made right, the second leaves alone, where there are tickets. */
static void check_neutral(const calibration *c, scored_tickets *t)
{
    calibration plain = *c;
    plain.map = (confidence_map){1, 1, 0};
    calibration_apply(&plain, t);
    for (size_t i = 0; i < t->n; i += 7) {
        float mapped[4];
        double rest;
        memcpy(mapped, t->scores + i * t->lanes, sizeof mapped);
        size_t top = confidence_top(mapped, 4, &rest);
        double before = (double)mapped[top];
        confidence_map_apply(c->map, mapped, 4);
        assert_true(fabs((double)mapped[top] - before) < 0.05);
    }
}

static void a_known_slope_is_found(void **state)
{
    (void)state;
    static const double slopes[] = {0.3, 1, 2.5};
    for (size_t i = 0; i < 3; i++) {
        scored_tickets t = draw(20000, 4, slopes[i], no_bias);
        calibration c;
        assert_true(calibration_fit(&t, &c));
        assert_true(fabs(c.slope / slopes[i] - 1) < 0.06);
        for (size_t k = 0; k < 4; k++)
            assert_true(fabs(c.offsets[k]) < 0.1);
        check_neutral(&c, &t);
        calibration_free(&c);
        tickets_free(&t);
    }
}

static void known_offsets_are_found(void **state)
{
    (void)state;
    scored_tickets t = draw(20000, 4, 1, some_bias);
    calibration c;
    assert_true(calibration_fit(&t, &c));
    for (size_t k = 0; k < 4; k++)
        assert_true(fabs(c.offsets[k] - c.offsets[1] - some_bias[k]) < 0.1);
    calibration_free(&c);
    tickets_free(&t);
}

static void the_log_loss_falls_to_what_it_can_be(void **state)
{
    (void)state;
    scored_tickets t = draw(20000, 4, 0.4, some_bias), raw = draw(20000, 4, 0.4, some_bias),
                   truth = draw(20000, 4, 0.4, some_bias);
    calibration c, identity, known = {.slope = 0.4, .map = {1, 1, 0}, .offsets = NULL};
    double *bias = malloc(sizeof some_bias);
    memcpy(bias, some_bias, sizeof some_bias);
    known.offsets = bias;
    assert_true(calibration_fit(&t, &c));
    assert_true(calibration_identity(4, &identity));
    calibration_apply(&c, &t);
    calibration_apply(&identity, &raw);
    calibration_apply(&known, &truth);
    assert_true(log_loss(&t) < log_loss(&raw) - 0.1);
    assert_true(log_loss(&t) < log_loss(&truth) + 0.005);
    calibration_free(&c);
    calibration_free(&identity);
    calibration_free(&known);
    tickets_free(&t);
    tickets_free(&raw);
    tickets_free(&truth);
}

static void the_identity_is_the_softmax(void **state)
{
    (void)state;
    scored_tickets t = draw(100, 3, 1, no_bias), plain = draw(100, 3, 1, no_bias);
    calibration c;
    assert_true(calibration_identity(3, &c));
    calibration_apply(&c, &t);
    for (size_t i = 0; i < 100; i++) {
        kernels_get()->softmax(plain.scores + i * 8, 8, 3);
        for (size_t k = 0; k < 8; k++)
            assert_true(fabs((double)t.scores[8 * i + k] - (double)plain.scores[8 * i + k]) < 1e-6);
    }
    calibration_free(&c);
    calibration_free(&c);
    tickets_free(&t);
    tickets_free(&plain);
}

/* Whatever the labels were, what was most probable before the map is so behind it. */
static void the_map_keeps_the_highest_label(void **state)
{
    (void)state;
    for (int world = 0; world < 3; world++) {
        scored_tickets t = draw(500, 4, 1, no_bias), before = draw(500, 4, 1, no_bias);
        for (size_t i = 0; i < 500 && world > 0; i++) { /* always wrong, or always right */
            const float *row = t.scores + i * 8;
            size_t top = 0;
            for (size_t k = 1; k < 4; k++)
                top = row[k] > row[top] ? k : top;
            t.labels[i] = (int32_t)(world == 1 ? (top + 1) % 4 : top);
        }
        calibration c;
        assert_true(calibration_fit(&t, &c));
        assert_true(isfinite(c.slope) && c.slope > 0);
        assert_true(c.map.on_sure > 0 && c.map.on_doubt > 0 && isfinite(c.map.offset));
        calibration_apply(&c, &t);
        c.map = (confidence_map){1, 1, 0};
        calibration_apply(&c, &before);
        for (size_t i = 0; i < 500; i++) {
            double rest, sum = 0;
            assert_int_equal(confidence_top(t.scores + 8 * i, 4, &rest),
                             confidence_top(before.scores + 8 * i, 4, &rest));
            for (size_t k = 0; k < 4; k++)
                sum += (double)t.scores[8 * i + k];
            assert_true(fabs(sum - 1) < 1e-5);
        }
        calibration_free(&c);
        tickets_free(&t);
        tickets_free(&before);
    }
}

/* As from a field in which no ticket was held out. */
static void without_labels_nothing_is_changed(void **state)
{
    (void)state;
    scored_tickets t = draw(50, 3, 1, no_bias);
    for (size_t i = 0; i < 50; i++)
        t.labels[i] = -1;
    calibration c;
    assert_true(calibration_fit(&t, &c));
    assert_true(c.slope == 1 && c.offsets[0] == 0 && c.offsets[2] == 0);
    assert_true(c.map.on_sure == 1 && c.map.on_doubt == 1 && c.map.offset == 0);
    calibration_free(&c);
    tickets_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_slope_is_found),
        cmocka_unit_test(known_offsets_are_found),
        cmocka_unit_test(the_log_loss_falls_to_what_it_can_be),
        cmocka_unit_test(the_identity_is_the_softmax),
        cmocka_unit_test(the_map_keeps_the_highest_label),
        cmocka_unit_test(without_labels_nothing_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
