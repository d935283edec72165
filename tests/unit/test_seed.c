/* SPDX-License-Identifier: MIT */
/* The preset `seed` gives scikit-learn's probabilities (tests/golden/make_seed.py) to within 1e-4.
 */
#include "data/reader.h"
#include "triage/triage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE 1e-4

static triage_model *train(void)
{
    triage_error err;
    triage_dataset *dataset = NULL;
    triage_model *model = NULL;
    const char *path = GOLDEN_DIR "/seed_train.csv";
    triage_train_options options = triage_train_options_default();
    options.preset = TRIAGE_PRESET_SEED;
    if (triage_dataset_load(&path, 1, NULL, &dataset, &err) != TRIAGE_OK ||
        triage_train(dataset, &options, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_dataset_free(dataset);
    return model;
}

/* Compares the probabilities of one ticket with a line of expected ones; the largest difference. */
static double compare_line(const float *probabilities, size_t n, char *line)
{
    double worst = 0;
    char *rest = line;
    for (size_t k = 0; k < n; k++) {
        double expected = strtod(rest, &rest);
        worst = fmax(worst, fabs(expected - (double)probabilities[k]));
        rest += *rest == ',';
    }
    return worst;
}

static void probabilities_are_those_of_scikit_learn(void **state)
{
    (void)state;
    triage_error err;
    triage_predictor *predictor = NULL;
    triage_model *model = train();
    reader *tests = NULL;
    reader_row row;
    bool has_row;
    char line[4096];
    size_t n_compared = 0;
    FILE *expected = fopen(GOLDEN_DIR "/seed_expected.csv", "r");
    assert_non_null(expected);
    assert_non_null(fgets(line, sizeof line, expected));
    assert_int_equal(triage_predictor_new(model, &predictor, &err), TRIAGE_OK);
    assert_int_equal(
        reader_open(GOLDEN_DIR "/seed_test.csv", NULL, READER_UNLABELLED, &tests, &err), TRIAGE_OK);
    while (reader_next(tests, &row, &has_row, &err) == TRIAGE_OK && has_row) {
        triage_outcome outcome;
        assert_non_null(fgets(line, sizeof line, expected));
        assert_int_equal(triage_predict(predictor, row.text.data, row.text.length, &outcome, &err),
                         TRIAGE_OK);
        /* Without a known word we give the prior, which the recipe does not. */
        if (triage_predictor_text_facts(predictor).n_known_tokens == 0)
            continue;
        double worst = compare_line(triage_predictor_probabilities(predictor, 0),
                                    triage_model_n_labels(model, 0), line);
        if (worst > TOLERANCE)
            fail_msg("the ticket in line %d differs by %g", (int)row.line, worst);
        n_compared++;
    }
    assert_null(fgets(line, sizeof line, expected));
    assert_in_range(n_compared, 80, 100);
    fclose(expected);
    reader_close(tests);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_those_of_scikit_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
