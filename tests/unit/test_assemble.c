/* SPDX-License-Identifier: MIT */
/* Assembling: the model predicts what the linear models say, but for the rounding of its weights.
 */
#include "engine_inside.h"
#include "train/assemble.h"
#include "train/sgd.h"

#include <math.h>

#define N       80
#define SECONDS 11 /* labels of the second field: more than one group of lanes */

/* Two fields over one feature space, trained and with a calibration that is not neutral. */
typedef struct parts {
    inside in;
    example_set sets[2];
    linear_model models[2];
    calibration calibrations[2];
    char names[SECONDS][8];
    const char *labels[SECONDS];
    float thresholds[SECONDS], priors[SECONDS];
    buffer metadata;
} parts;

static const size_t n_labels[2] = {3, SECONDS};

static void parts_make(parts *p, const feature_options *options)
{
    rng r = {8};
    memset(p, 0, sizeof *p);
    p->in = inside_build(random_dataset(N, 1, 3, 1), options);
    for (size_t k = 0; k < SECONDS; k++) {
        snprintf(p->names[k], sizeof p->names[k], "l%02zu", k);
        p->labels[k] = p->names[k];
        p->thresholds[k] = 0.5f + 0.01f * (float)k;
        p->priors[k] = 0.1f * (float)k;
    }
    buffer_append_text(&p->metadata, "{\"a\":1}");
    for (size_t f = 0; f < 2; f++) {
        int32_t labels[N];
        for (size_t i = 0; i < N; i++)
            labels[i] = f == 0 ? p->in.labels[i] : (int32_t)rng_below(&r, SECONDS);
        assert_true(example_set_build(&p->in.matrix, &p->in.space, p->in.docs, N, labels, NULL,
                                      &p->sets[f]));
        assert_true(linear_model_new(&p->in.space, n_labels[f], &p->models[f]));
        assert_true(sgd_train(&p->models[f], &p->in.space, &p->sets[f],
                              &(sgd_options){.n_epochs = 5, .step = 1, .lambda = 0.1}, NULL, NULL));
        assert_true(calibration_identity(n_labels[f], &p->calibrations[f]));
        p->calibrations[f].slope = 1.3 - 0.5 * (double)f;
        for (size_t k = 0; k < n_labels[f]; k++)
            p->calibrations[f].offsets[k] = 0.1 * (double)k - 0.2;
        p->calibrations[f].map = (confidence_map){0.9f, 1.1f, 0.05f};
    }
}

static void parts_free(parts *p)
{
    for (size_t f = 0; f < 2; f++) {
        example_set_free(&p->sets[f]);
        linear_model_free(&p->models[f]);
        calibration_free(&p->calibrations[f]);
    }
    buffer_free(&p->metadata);
    inside_free(&p->in);
}

static triage_model *assembled(const parts *p, uint32_t n_threads)
{
    field_result fields[2];
    triage_model *model = NULL;
    for (size_t f = 0; f < 2; f++)
        fields[f] = (field_result){.name = support_fields[f],
                                   .labels = p->labels,
                                   .n_labels = n_labels[f],
                                   .model = &p->models[f],
                                   .calibration = &p->calibrations[f],
                                   .thresholds = p->thresholds,
                                   .priors = p->priors};
    assembly a = {.space = &p->in.space,
                  .fields = fields,
                  .n_fields = 2,
                  .metadata = &p->metadata,
                  .n_threads = n_threads};
    assert_int_equal(assemble_model(&a, &model, NULL), TRIAGE_OK);
    return model;
}

/* Calibrated probabilities of ticket `i` of field `f`, straight from the linear model. */
static void expected_probabilities(const parts *p, size_t f, size_t i, float *out)
{
    scored_tickets t = {.scores = out, .n = 1, .n_labels = n_labels[f], .lanes = 8 + 8 * f};
    linear_model_score(&p->models[f], kernels_get(), &p->in.space, &p->sets[f], i, out);
    calibration_apply(&p->calibrations[f], &t);
}

static const feature_options every_kind[] = {
    {.min_df = 1, .max_pairs = 500, .is_sublinear = true},
    {.min_df = 3,
     .max_pairs = 500,
     .n_opening = 4,
     .char_min = 3,
     .char_max = 5,
     .char_weight = 1.5f},
    {.min_df = 2,
     .max_pairs = 300,
     .has_edges = true,
     .is_sublinear = true,
     .char_min = 2,
     .char_max = 4,
     .char_weight = 0.5f},
};

static void the_model_predicts_what_was_trained(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < 3; kind++) {
        parts p;
        parts_make(&p, &every_kind[kind]);
        triage_model *model = assembled(&p, 1);
        triage_predictor *predictor = predictor_of(model);
        float *expected = aligned_alloc(64, 64);
        size_t n_compared = 0;
        for (size_t i = 0; i < N; i++) {
            size_t length;
            triage_outcome outcomes[2];
            const char *text = triage_dataset_text(p.in.dataset, i, &length);
            assert_int_equal(triage_predict(predictor, text, length, outcomes, NULL), TRIAGE_OK);
            if (triage_predictor_text_facts(predictor).n_known_tokens == 0)
                continue;
            for (size_t f = 0; f < 2; f++) {
                const float *found = triage_predictor_probabilities(predictor, f);
                expected_probabilities(&p, f, i, expected);
                for (size_t k = 0; k < n_labels[f]; k++)
                    assert_true(fabs((double)found[k] - (double)expected[k]) < 2e-4);
                n_compared++;
            }
        }
        assert_true(n_compared > N);
        free(expected);
        triage_predictor_free(predictor);
        triage_model_free(model);
        parts_free(&p);
    }
}

static void threads_do_not_change_the_bytes(void **state)
{
    (void)state;
    parts p;
    char one[65], many[65];
    parts_make(&p, &every_kind[2]);
    triage_model *first = assembled(&p, 1), *second = assembled(&p, 5);
    triage_model_sha256(first, one);
    triage_model_sha256(second, many);
    assert_string_equal(one, many);
    triage_model_free(first);
    triage_model_free(second);
    parts_free(&p);
}

static void names_and_numbers_arrive(void **state)
{
    (void)state;
    parts p;
    parts_make(&p, &every_kind[0]);
    triage_model *model = assembled(&p, 1);
    assert_int_equal(triage_model_n_fields(model), 2);
    assert_int_equal(triage_model_n_labels(model, 1), SECONDS);
    for (size_t f = 0; f < 2; f++) {
        assert_string_equal(triage_model_field_name(model, f), support_fields[f]);
        for (size_t k = 0; k < n_labels[f]; k++) {
            assert_string_equal(triage_model_label_name(model, f, k), p.names[k]);
            assert_true(triage_model_threshold(model, f, k) == p.thresholds[k]);
            assert_true(triage_model_prior(model, f, k) == p.priors[k]);
        }
    }
    size_t length;
    const char *metadata = triage_model_metadata(model, &length);
    assert_int_equal(length, 7);
    assert_memory_equal(metadata, "{\"a\":1}", 7);
    assert_int_equal(triage_model_n_features(model), p.in.space.words.table.n + p.in.space.pairs.n);
    triage_model_free(model);
    parts_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_predicts_what_was_trained),
        cmocka_unit_test(threads_do_not_change_the_bytes),
        cmocka_unit_test(names_and_numbers_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
