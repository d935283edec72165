/* SPDX-License-Identifier: MIT */
/*
 * Says why: the words that spoke for the label rather than the runner-up, and those against it.
 *
 *     explain MODEL TEXT
 */
#include <triage/triage.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TERMS_SHOWN 5

static triage_status explain_field(triage_predictor *predictor, const triage_model *model,
                                   size_t field, const triage_outcome *outcome, triage_error *err)
{
    triage_explanation why;
    triage_status status =
        triage_explain(predictor, field, outcome->label, outcome->runner_up, &why, err);
    if (status != TRIAGE_OK)
        return status;

    printf("%s: %s rather than %s\n", triage_model_field_name(model, field),
           triage_model_label_name(model, field, outcome->label),
           triage_model_label_name(model, field, outcome->runner_up));
    for (size_t i = 0; i < why.n_terms && i < MAX_TERMS_SHOWN; i++)
        printf("  %+7.3f  %s\n", why.terms[i].weight, why.terms[i].text);
    printf("  %+7.3f  in all: what the labels have without a word (%+.3f) and %zu terms\n",
           why.logit, why.intercept, why.n_terms);
    return TRIAGE_OK;
}

/* The text must stay where it is until the last explanation: that is what explanations point at. */
static triage_status explain(triage_predictor *predictor, const triage_model *model,
                             const char *text, triage_error *err)
{
    size_t n_fields = triage_model_n_fields(model);
    triage_outcome *outcomes = calloc(n_fields, sizeof *outcomes);
    if (!outcomes)
        return TRIAGE_ERROR_MEMORY;
    triage_status status = triage_predict(predictor, text, strlen(text), outcomes, err);
    for (size_t field = 0; field < n_fields && status == TRIAGE_OK; field++)
        status = explain_field(predictor, model, field, &outcomes[field], err);
    free(outcomes);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: explain MODEL TEXT\n");
        return 2;
    }
    triage_error err = {TRIAGE_OK, ""};
    triage_model *model = NULL;
    triage_predictor *predictor = NULL;
    triage_status status = triage_model_open(argv[1], &model, &err);
    if (status == TRIAGE_OK)
        status = triage_predictor_new(model, &predictor, &err);
    if (status == TRIAGE_OK)
        status = explain(predictor, model, argv[2], &err);
    if (status != TRIAGE_OK)
        fprintf(stderr, "explain: %s: %s\n", triage_status_text(status), err.message);
    triage_predictor_free(predictor);
    triage_model_free(model);
    return status == TRIAGE_OK ? 0 : 1;
}
