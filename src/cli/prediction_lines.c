/* SPDX-License-Identifier: MIT */
/* Predictions as tab-separated lines, or as a table for a person. */
#include "base/decimal.h"
#include "cli/prediction_worker.h"
#include "cli/quoting.h"

#include <stdio.h>
#include <string.h>

/* So many terms make a reason; the rest is summed up. */
#define MAX_SHOWN_TERMS 10

static void append_slice(buffer *text, slice s)
{
    buffer_append(text, s.data, s.length);
}

static void pad(buffer *text, size_t width, size_t wanted)
{
    for (; width < wanted; width++)
        buffer_append_char(text, ' ');
}

static void append_label_line(prediction_worker *w, size_t f, uint32_t label, float confidence)
{
    const prediction_field *field = &w->layout->fields[f];
    append_slice(&w->text, field->labels[label]);
    pad(&w->text, quoting_width(triage_model_label_name(w->layout->model, f, label)),
        w->layout->label_width);
    buffer_append_text(&w->text, "  ");
    decimal_append(&w->text, (double)confidence, CONFIDENCE_DECIMALS);
}

/* A line for the label with its decision, and one for each alternative below it. */
static void append_table(prediction_worker *w, size_t f)
{
    const prediction_layout *layout = w->layout;
    const prediction_field *field = &layout->fields[f];
    const triage_outcome *outcome = &w->outcomes[f];
    bool has_name = layout->n_fields > 1;
    if (has_name) {
        quoting_append_plain(&w->text, field->name);
        pad(&w->text, quoting_width(field->name), layout->name_width + 2);
    }
    append_label_line(w, f, outcome->label, outcome->confidence);
    buffer_printf(&w->text, "  %s\n", prediction_decision_text(outcome->decision));
    const alternative *alternatives = prediction_worker_alternatives(w, f);
    for (size_t i = 0; i < field->n_alternatives; i++) {
        if (has_name)
            pad(&w->text, 0, layout->name_width + 2);
        append_label_line(w, f, alternatives[i].label, alternatives[i].confidence);
        buffer_append_char(&w->text, '\n');
    }
}

static void append_tabbed(prediction_worker *w, size_t f)
{
    const prediction_field *field = &w->layout->fields[f];
    const triage_outcome *outcome = &w->outcomes[f];
    if (f > 0)
        buffer_append_char(&w->text, '\t');
    append_slice(&w->text, field->labels[outcome->label]);
    buffer_append_char(&w->text, '\t');
    decimal_append(&w->text, (double)outcome->confidence, CONFIDENCE_DECIMALS);
    buffer_append_char(&w->text, '\t');
    buffer_append_text(&w->text, prediction_decision_text(outcome->decision));
    if (field->n_alternatives == 0)
        return;
    const alternative *alternatives = prediction_worker_alternatives(w, f);
    for (size_t i = 0; i < field->n_alternatives; i++) {
        buffer_append_char(&w->text, '\t');
        append_slice(&w->text, field->labels[alternatives[i].label]);
        buffer_append_char(&w->text, '\t');
        decimal_append(&w->text, (double)alternatives[i].confidence, CONFIDENCE_DECIMALS);
    }
}

static void append_reason(buffer *text, double weight, const char *term)
{
    buffer_append_text(text, "      ");
    decimal_append_signed(text, weight, CONFIDENCE_DECIMALS);
    buffer_append_text(text, "  ");
    quoting_append_plain(text, term);
    buffer_append_char(text, '\n');
}

static void append_terms(buffer *text, const triage_explanation *explanation)
{
    double rest = 0;
    size_t n_shown = explanation->n_terms;
    if (n_shown > MAX_SHOWN_TERMS)
        n_shown = MAX_SHOWN_TERMS;
    for (size_t i = 0; i < n_shown; i++)
        append_reason(text, explanation->terms[i].weight, explanation->terms[i].text);
    for (size_t i = n_shown; i < explanation->n_terms; i++)
        rest += explanation->terms[i].weight;
    if (n_shown < explanation->n_terms) {
        char words[64];
        size_t n_rest = explanation->n_terms - n_shown;
        snprintf(words, sizeof words, "(%zu more term%s)", n_rest, n_rest == 1 ? "" : "s");
        append_reason(text, rest, words);
    }
    append_reason(text, explanation->intercept, "(intercept)");
}

/* "    category: Access rather than Hardware, +2.3141 =" and a line for each term. */
static bool append_explanation(prediction_worker *w, size_t f)
{
    const prediction_field *field = &w->layout->fields[f];
    const triage_outcome *outcome = &w->outcomes[f];
    triage_explanation explanation;
    if (!prediction_worker_explain(w, f, &explanation))
        return false;
    buffer_append_text(&w->text, "    ");
    quoting_append_plain(&w->text, field->name);
    buffer_append_text(&w->text, ": ");
    append_slice(&w->text, field->labels[outcome->label]);
    if (field->n_labels == 1) {
        buffer_append_text(&w->text, " is the only label\n");
        return true;
    }
    buffer_append_text(&w->text, " rather than ");
    append_slice(&w->text, field->labels[outcome->runner_up]);
    buffer_append_text(&w->text, ": ");
    decimal_append_signed(&w->text, explanation.logit, CONFIDENCE_DECIMALS);
    buffer_append_text(&w->text, " =\n");
    append_terms(&w->text, &explanation);
    return true;
}

bool prediction_write_lines(prediction_worker *w)
{
    const prediction_layout *layout = w->layout;
    size_t most_lines = layout->n_fields;
    for (size_t f = 0; f < layout->n_fields; f++) {
        most_lines += layout->fields[f].n_alternatives;
        if (layout->form == PREDICTION_TABLE)
            append_table(w, f);
        else
            append_tabbed(w, f);
    }
    if (layout->form == PREDICTION_LINES)
        buffer_append_char(&w->text, '\n');
    bool explained = true;
    for (size_t f = 0; layout->has_explanations && explained && f < layout->n_fields; f++)
        explained = append_explanation(w, f);
    /* Tickets of several lines are set apart. */
    if (layout->form == PREDICTION_TABLE && (most_lines > 1 || layout->has_explanations))
        buffer_append_char(&w->text, '\n');
    return explained;
}
