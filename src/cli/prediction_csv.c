/* SPDX-License-Identifier: MIT */
/* Predictions as columns behind those of the CSV row that was read. */
#include "base/mem.h"
#include "base/decimal.h"
#include "cli/prediction_worker.h"
#include "cli/quoting.h"

#include <stdlib.h>
#include <string.h>

/* Terms in an explanation's column; the largest ones. */
#define MAX_CSV_TERMS 10

static bool is_taken(const slice *columns, size_t n_columns, const char *name, size_t length)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (slice_equal(columns[i], (slice){name, length}))
            return true;
    }
    return false;
}

/* The name, prefixed until it is new among the columns, behind a separator. */
static bool append_column(const prediction_layout *layout, const slice *columns, size_t n_columns,
                          const char *name, buffer *text)
{
    buffer unique = {0};
    buffer_append_text(&unique, name);
    while (!unique.failed && is_taken(columns, n_columns, unique.data, unique.length)) {
        char *taken = mem_copy_string(unique.data, unique.length);
        buffer_clear(&unique);
        buffer_append_text(&unique, TAKEN_NAME_PREFIX);
        if (taken)
            buffer_append_text(&unique, taken);
        else
            unique.failed = true;
        free(taken);
    }
    buffer_append_char(text, layout->separator);
    if (!unique.failed)
        quoting_append_csv(text, unique.data, unique.length, layout->separator);
    bool appended = !unique.failed && !text->failed;
    buffer_free(&unique);
    return appended;
}

/* NAME_2, NAME_2_confidence, NAME_3, ... */
static bool append_alternative_columns(const prediction_layout *layout,
                                       const prediction_field *field, const slice *columns,
                                       size_t n_columns, buffer *text)
{
    bool appended = true;
    buffer name = {0};
    for (size_t i = 0; appended && i < 2 * field->n_alternatives; i++) {
        buffer_clear(&name);
        buffer_printf(&name, "%s_%zu%s", field->name, i / 2 + 2, i % 2 ? "_confidence" : "");
        const char *plain = buffer_string(&name);
        appended = plain && append_column(layout, columns, n_columns, plain, text);
    }
    buffer_free(&name);
    return appended;
}

bool prediction_append_csv_header(const prediction_layout *layout, const slice *columns,
                                  size_t n_columns, buffer *text)
{
    bool appended = true;
    for (size_t f = 0; appended && f < layout->n_fields; f++) {
        const prediction_field *field = &layout->fields[f];
        size_t n_own = layout->has_explanations ? COLUMN_EXPLANATION + 1 : COLUMN_DECISION + 1;
        for (size_t i = 0; appended && i < n_own; i++)
            appended = append_column(layout, columns, n_columns, field->columns[i].data, text);
        appended = appended && append_alternative_columns(layout, field, columns, n_columns, text);
    }
    return appended;
}

/* "+1.2300 password; -0.4000 printer": the terms that moved the score most. */
static bool append_explanation(prediction_worker *w, size_t f)
{
    triage_explanation explanation;
    if (!prediction_worker_explain(w, f, &explanation))
        return false;
    buffer reasons = {0};
    for (size_t i = 0; i < explanation.n_terms && i < MAX_CSV_TERMS; i++) {
        buffer_append_text(&reasons, i ? "; " : "");
        decimal_append_signed(&reasons, explanation.terms[i].weight, CONFIDENCE_DECIMALS);
        buffer_append_char(&reasons, ' ');
        quoting_append_plain(&reasons, explanation.terms[i].text);
    }
    buffer_append_char(&w->text, w->layout->separator);
    if (reasons.failed)
        w->text.failed = true;
    else if (reasons.length > 0)
        quoting_append_csv(&w->text, reasons.data, reasons.length, w->layout->separator);
    buffer_free(&reasons);
    return true;
}

static void append_label(prediction_worker *w, size_t f, uint32_t label, float confidence)
{
    slice text = w->layout->fields[f].labels[label];
    buffer_append_char(&w->text, w->layout->separator);
    buffer_append(&w->text, text.data, text.length);
    buffer_append_char(&w->text, w->layout->separator);
    decimal_append(&w->text, (double)confidence, CONFIDENCE_DECIMALS);
}

static bool append_field(prediction_worker *w, size_t f)
{
    const triage_outcome *outcome = &w->outcomes[f];
    append_label(w, f, outcome->label, outcome->confidence);
    buffer_append_char(&w->text, w->layout->separator);
    buffer_append_text(&w->text, prediction_decision_text(outcome->decision));
    if (w->layout->has_explanations && !append_explanation(w, f))
        return false;
    size_t n_alternatives = w->layout->fields[f].n_alternatives;
    if (n_alternatives == 0)
        return true;
    const alternative *alternatives = prediction_worker_alternatives(w, f);
    for (size_t i = 0; i < n_alternatives; i++)
        append_label(w, f, alternatives[i].label, alternatives[i].confidence);
    return true;
}

bool prediction_write_csv(prediction_worker *w, slice kept)
{
    bool explained = true;
    buffer_append(&w->text, kept.data, kept.length);
    for (size_t f = 0; explained && f < w->layout->n_fields; f++)
        explained = append_field(w, f);
    buffer_append_char(&w->text, '\n');
    return explained;
}
