/* SPDX-License-Identifier: MIT */
/* The self-test: models that are whole and make sense, and whole ones that do not. */
#include "model/self_test.h"

#include "engine_support.h"
#include "model_bytes.h"

#include <math.h>

static void trained_models_pass(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_error err;
        triage_model *model = model_of(random_dataset(200, 2, 5, 3), preset);
        if (model_self_test(model, &err) != TRIAGE_OK)
            fail_msg("%s", err.message);
        triage_model_free(model);
    }
    triage_model *wide = model_of(random_dataset(2000, 1, 150, 3), TRIAGE_PRESET_WORDS);
    assert_int_equal(model_self_test(wide, NULL), TRIAGE_OK);
    triage_model_free(wide);
}

static void models_without_sense_fail(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(200, 1, 5, 3), TRIAGE_PRESET_WORDS);
    size_t lanes = model->n_lanes, n_refused = 0, n_failed = 0;
    const struct {
        size_t place;
        float value;
    } faults[] = {
        {1, (float)NAN},             /* a bias */
        {1, (float)INFINITY},        /* which wins everything */
        {2 * lanes, 0.9f},           /* a prior: their sum is above 1 */
        {2 * lanes, -0.1f},          /* */
        {2 * lanes, (float)NAN},     /* */
        {lanes + 2, (float)NAN},     /* a threshold */
        {3 * lanes, (float)NAN},     /* the map of confidences */
        {3 * lanes + 2, (float)NAN}, /* */
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        triage_error err = {0};
        triage_model *bad = model_bytes_with_number(model, faults[i].place, faults[i].value);
        if (!bad) {
            n_refused++;
            continue;
        }
        if (model_self_test(bad, &err) == TRIAGE_ERROR_MODEL) {
            assert_non_null(strstr(err.message, "self-test"));
            n_failed++;
        } else
            fail_msg("fault %zu passed", i);
        triage_model_free(bad);
    }
    assert_int_equal(n_refused + n_failed, sizeof faults / sizeof *faults);
    triage_model_free(model);
}

/* Priors that sum to 1 all the same. */
static void a_negative_probability_fails(void **state)
{
    (void)state;
    triage_error err;
    triage_model *model = model_of(random_dataset(200, 1, 5, 3), TRIAGE_PRESET_WORDS);
    float two = model->priors[0] + model->priors[1];
    triage_model *half = model_bytes_with_number(model, 2 * model->n_lanes, -0.25f);
    assert_non_null(half);
    triage_model *bad = model_bytes_with_number(half, 2 * model->n_lanes + 1, two + 0.25f);
    assert_non_null(bad);
    assert_int_equal(model_self_test(bad, &err), TRIAGE_ERROR_MODEL);
    assert_non_null(strstr(err.message, "category"));
    triage_model_free(bad);
    triage_model_free(half);
    triage_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained_models_pass),
        cmocka_unit_test(a_negative_probability_fails),
        cmocka_unit_test(models_without_sense_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
