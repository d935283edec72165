/* SPDX-License-Identifier: MIT */
/* Predictions as JSON: one object a ticket, as the HTTP interface answers. */
#include "base/decimal.h"
#include "cli/prediction_worker.h"
#include "base/json.h"

/* JSON is for programs: as many decimals as a float in [0, 1] is good for. */
#define JSON_DECIMALS 6

static void append_number(buffer *text, double value)
{
    decimal_append(text, value, JSON_DECIMALS);
}

void prediction_append_alternatives(prediction_worker *w, size_t f)
{
    const prediction_field *field = &w->layout->fields[f];
    buffer_append_char(&w->text, '[');
    if (field->n_alternatives > 0) {
        const alternative *alternatives = prediction_worker_alternatives(w, f);
        for (size_t i = 0; i < field->n_alternatives; i++) {
            slice label = field->labels[alternatives[i].label];
            buffer_append_text(&w->text, i ? ",{\"label\":" : "{\"label\":");
            buffer_append(&w->text, label.data, label.length);
            buffer_append_text(&w->text, ",\"confidence\":");
            append_number(&w->text, (double)alternatives[i].confidence);
            buffer_append_char(&w->text, '}');
        }
    }
    buffer_append_char(&w->text, ']');
}

void prediction_append_terms(prediction_worker *w, const triage_explanation *explanation)
{
    json_writer json = {.out = &w->text};
    json_begin_array(&json);
    for (size_t i = 0; i < explanation->n_terms; i++) {
        json_begin_object(&json);
        json_write_key(&json, "term");
        json_write_text(&json, explanation->terms[i].text);
        json_write_key(&json, "weight");
        json_write_double(&json, explanation->terms[i].weight);
        json_end_object(&json);
    }
    json_end_array(&json);
}

/* "explanation" and what it adds up to: terms and intercept make the logit difference. */
static bool append_explanation(prediction_worker *w, size_t f)
{
    triage_explanation explanation;
    if (!prediction_worker_explain(w, f, &explanation))
        return false;
    slice runner_up = w->layout->fields[f].labels[w->outcomes[f].runner_up];
    json_writer json = {.out = &w->text};
    buffer_append_text(&w->text, ",\"runner_up\":");
    buffer_append(&w->text, runner_up.data, runner_up.length);
    buffer_append_text(&w->text, ",\"logit\":");
    json_write_double(&json, explanation.logit);
    buffer_append_text(&w->text, ",\"intercept\":");
    json_write_double(&json, explanation.intercept);
    buffer_append_text(&w->text, ",\"explanation\":");
    prediction_append_terms(w, &explanation);
    return true;
}

/* The label, its confidence and the decision, under the name that the label goes by. */
static void append_outcome(prediction_worker *w, size_t f, const char *label_key)
{
    const triage_outcome *outcome = &w->outcomes[f];
    slice label = w->layout->fields[f].labels[outcome->label];
    buffer_append_text(&w->text, label_key);
    buffer_append(&w->text, label.data, label.length);
    buffer_append_text(&w->text, ",\"confidence\":");
    append_number(&w->text, (double)outcome->confidence);
    buffer_append_text(&w->text, outcome->decision == TRIAGE_AUTO ? ",\"decision\":\"auto\""
                                                                  : ",\"decision\":\"review\"");
}

static bool append_field(prediction_worker *w, size_t f)
{
    json_writer name = {.out = &w->text};
    json_write_text(&name, w->layout->fields[f].name);
    append_outcome(w, f, ":{\"label\":");
    buffer_append_text(&w->text, ",\"threshold\":");
    slice threshold = w->layout->fields[f].thresholds[w->outcomes[f].label];
    buffer_append(&w->text, threshold.data, threshold.length);
    buffer_append_text(&w->text, ",\"alternatives\":");
    prediction_append_alternatives(w, f);
    bool explained = !w->layout->has_explanations || append_explanation(w, f);
    buffer_append_char(&w->text, '}');
    return explained;
}

bool prediction_write_json(prediction_worker *w)
{
    bool explained = true;
    append_outcome(w, 0, "{\"category\":");
    buffer_append_text(&w->text, ",\"fields\":{");
    for (size_t f = 0; explained && f < w->layout->n_fields; f++) {
        if (f > 0)
            buffer_append_char(&w->text, ',');
        explained = append_field(w, f);
    }
    buffer_append_text(&w->text, "}}\n");
    return explained;
}
