/* SPDX-License-Identifier: MIT */
/* Predicting one ticket and handing it to the form it is written in. */
#include "cli/prediction_worker.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t most_alternatives(const prediction_layout *layout)
{
    size_t most = 0;
    for (size_t f = 0; f < layout->n_fields; f++) {
        if (most < layout->fields[f].n_alternatives)
            most = layout->fields[f].n_alternatives;
    }
    return most;
}

triage_status prediction_worker_open(const prediction_layout *layout, prediction_worker *ret_worker,
                                     triage_error *err)
{
    prediction_worker w = {
        .layout = layout,
        .outcomes = mem_new_zeroed(layout->n_fields, sizeof *w.outcomes),
        .alternatives = mem_new_zeroed(most_alternatives(layout), sizeof *w.alternatives),
    };
    triage_status status = w.outcomes && w.alternatives ? TRIAGE_OK : error_memory(err);
    if (status == TRIAGE_OK)
        status = triage_predictor_new(layout->model, &w.predictor, err);
    if (status == TRIAGE_OK)
        *ret_worker = w;
    else
        prediction_worker_close(&w);
    return status;
}

void prediction_worker_close(prediction_worker *w)
{
    triage_predictor_free(w->predictor);
    free(w->outcomes);
    free(w->alternatives);
    free(w->keys);
    buffer_free(&w->text);
    *w = (prediction_worker){0};
}

bool prediction_worker_take(prediction_worker *w, ticket t)
{
    w->status = triage_predict(w->predictor, t.text.data, t.text.length, w->outcomes, &w->err);
    if (w->status != TRIAGE_OK)
        return false;
    bool written = false;
    switch (w->layout->form) {
    case PREDICTION_LINES:
    case PREDICTION_TABLE: written = prediction_write_lines(w); break;
    case PREDICTION_JSON: written = prediction_write_json(w); break;
    case PREDICTION_CSV: written = prediction_write_csv(w, t.kept); break;
    case PREDICTION_JSONL: written = prediction_write_jsonl(w, t.kept); break;
    }
    if (w->text.failed)
        w->status = error_memory(&w->err);
    return written && !w->text.failed;
}

/* Insertion into the few best so far; of equal ones the lower label comes first. */
const alternative *prediction_worker_alternatives(prediction_worker *w, size_t f)
{
    const prediction_field *field = &w->layout->fields[f];
    const float *probabilities = triage_predictor_probabilities(w->predictor, f);
    alternative *best = w->alternatives;
    size_t count = 0;
    for (uint32_t label = 0; label < field->n_labels; label++) {
        if (label == w->outcomes[f].label)
            continue;
        size_t place = count;
        while (place > 0 && best[place - 1].confidence < probabilities[label])
            place--;
        if (place == field->n_alternatives)
            continue;
        if (count < field->n_alternatives)
            count++;
        memmove(&best[place + 1], &best[place], (count - 1 - place) * sizeof *best);
        best[place] = (alternative){label, probabilities[label]};
    }
    return best;
}

bool prediction_worker_explain(prediction_worker *w, size_t f, triage_explanation *ret_explanation)
{
    const triage_outcome *outcome = &w->outcomes[f];
    w->status = triage_explain(w->predictor, f, outcome->label, outcome->runner_up, ret_explanation,
                               &w->err);
    return w->status == TRIAGE_OK;
}

const char *prediction_decision_text(triage_decision decision)
{
    return decision == TRIAGE_AUTO ? "auto" : "review";
}
