/* SPDX-License-Identifier: MIT */
/*
 * Opens a model and classifies each text of the command line: a label, a confidence and a decision
 * for each field.
 *
 *     predict MODEL TEXT...
 */
#include <triage/triage.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_outcomes(const triage_model *model, const triage_outcome *outcomes)
{
    for (size_t field = 0; field < triage_model_n_fields(model); field++) {
        const triage_outcome *o = &outcomes[field];
        printf("%s: %s, %.0f %% sure, %s\n", triage_model_field_name(model, field),
               triage_model_label_name(model, field, o->label), 100.0 * (double)o->confidence,
               o->decision == TRIAGE_AUTO ? "auto" : "review");
    }
}

static triage_status predict_all(const triage_model *model, char **texts, int n_texts,
                                 triage_error *err)
{
    triage_predictor *predictor = NULL;
    triage_status status = triage_predictor_new(model, &predictor, err);
    if (status != TRIAGE_OK)
        return status;

    /* One predictor serves any number of texts; a program with threads makes one for each. */
    triage_outcome *outcomes = calloc(triage_model_n_fields(model), sizeof *outcomes);
    if (!outcomes) {
        triage_predictor_free(predictor);
        return TRIAGE_ERROR_MEMORY;
    }
    for (int i = 0; i < n_texts && status == TRIAGE_OK; i++) {
        status = triage_predict(predictor, texts[i], strlen(texts[i]), outcomes, err);
        if (status == TRIAGE_OK)
            print_outcomes(model, outcomes);
    }
    free(outcomes);
    triage_predictor_free(predictor);
    return status;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: predict MODEL TEXT...\n");
        return 2;
    }
    triage_error err = {TRIAGE_OK, ""};
    triage_model *model = NULL;
    triage_status status = triage_model_open(argv[1], &model, &err);
    if (status == TRIAGE_OK)
        status = predict_all(model, argv + 2, argc - 2, &err);
    if (status != TRIAGE_OK)
        fprintf(stderr, "predict: %s: %s\n", triage_status_text(status), err.message);
    triage_model_free(model);
    return status == TRIAGE_OK ? 0 : 1;
}
