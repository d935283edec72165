/* SPDX-License-Identifier: MIT */
/* Predictions written down: for each text and field a line with the text's number, the field's, and
 * the probability of each label. */
#ifndef COMPAT_GOLDEN_H
#define COMPAT_GOLDEN_H

#include "triage/triage.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN_MAX_FIELDS 8
#define GOLDEN_PATH_SIZE  1024
#define GOLDEN_LINE_SIZE  1024

/* What is done with the prediction of one text. */
typedef bool (*golden_visit)(void *context, const triage_model *model,
                             const triage_predictor *predictor, int text);

/* Predicts every line of the file `texts`; false if anything fails. */
static inline bool golden_predict(const triage_model *model, const char *texts, golden_visit visit,
                                  void *context)
{
    char line[GOLDEN_LINE_SIZE];
    triage_outcome outcomes[GOLDEN_MAX_FIELDS];
    triage_predictor *predictor = NULL;
    FILE *file = fopen(texts, "rb");
    bool done = file && triage_model_n_fields(model) <= GOLDEN_MAX_FIELDS &&
                triage_predictor_new(model, &predictor, NULL) == TRIAGE_OK;
    int text = 0;
    for (; done && fgets(line, sizeof line, file); text++)
        done = triage_predict(predictor, line, strcspn(line, "\n"), outcomes, NULL) == TRIAGE_OK &&
               visit(context, model, predictor, text);
    triage_predictor_free(predictor);
    if (file)
        fclose(file);
    return done && text > 0;
}

#endif
