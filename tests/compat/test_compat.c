/* SPDX-License-Identifier: MIT */
/* Models of all released formats open and predict what they did when they were made. */
#include "golden.h"

#include "model/format.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Other processors and C libraries may round exp() and log() differently. */
#define TOLERANCE 1e-6

/* A model and what it is expected to say. */
typedef struct golden {
    char model[GOLDEN_PATH_SIZE];
    FILE *expected;
    int n_compared;
} golden;

static bool compare(void *context, const triage_model *model, const triage_predictor *predictor,
                    int text)
{
    golden *g = context;
    for (size_t f = 0; f < triage_model_n_fields(model); f++) {
        char line[GOLDEN_LINE_SIZE], *rest = line;
        const float *p = triage_predictor_probabilities(predictor, f);
        if (!fgets(line, sizeof line, g->expected) || strtol(rest, &rest, 10) != text ||
            strtoul(rest, &rest, 10) != f)
            fail_msg("%s: no line for text %d, field %zu", g->model, text, f);
        for (size_t k = 0; k < triage_model_n_labels(model, f); k++) {
            double expected = strtod(rest, &rest);
            if (!(fabs((double)p[k] - expected) <= TOLERANCE))
                fail_msg("%s: text %d, field %zu, label %zu: %.9g instead of %.9g", g->model, text,
                         f, k, (double)p[k], expected);
        }
        assert_int_equal(*rest, '\n');
        g->n_compared++;
    }
    return true;
}

static void check_model(unsigned format, triage_preset preset)
{
    golden g = {0};
    char path[GOLDEN_PATH_SIZE];
    triage_error err;
    triage_model *model = NULL;
    const char *name = triage_preset_name(preset);
    snprintf(g.model, sizeof g.model, "%s/format%u/%s.triage", COMPAT_DIR, format, name);
    snprintf(path, sizeof path, "%s/format%u/%s.expected", COMPAT_DIR, format, name);
    g.expected = fopen(path, "rb");
    if (!g.expected)
        fail_msg("cannot read '%s': a format without golden files", path);
    if (triage_model_open(g.model, &model, &err) != TRIAGE_OK ||
        triage_model_verify(model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_true(golden_predict(model, COMPAT_DIR "/texts.txt", compare, &g));
    assert_int_equal(fgetc(g.expected), EOF);
    assert_true(g.n_compared >= 20);
    fclose(g.expected);
    triage_model_free(model);
}

static void models_of_all_formats_predict_as_they_did(void **state)
{
    (void)state;
    for (unsigned format = 1; format <= MODEL_FORMAT; format++)
        for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
            check_model(format, preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_all_formats_predict_as_they_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
