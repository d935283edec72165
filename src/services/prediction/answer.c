/* SPDX-License-Identifier: MIT */
/* Writing answers: names, labels and thresholds come rendered from the view. */
#include "services/prediction/answer.h"

#include "base/decimal.h"
#include "base/json.h"

/* As many decimals as a float in [0, 1] is good for. */
#define CONFIDENCE_DIGITS 6

/* A string literal without its NUL. */
#define APPEND(OUT, LITERAL) buffer_append((OUT), (LITERAL), sizeof(LITERAL) - 1)

const char *answer_decision_name(triage_decision decision)
{
    return decision == TRIAGE_AUTO ? "auto" : "review";
}

static void append_view_text(buffer *out, view_text text)
{
    buffer_append(out, text.data, text.length);
}

static void append_confidence(buffer *out, float confidence)
{
    decimal_append(out, (double)confidence, CONFIDENCE_DIGITS);
}

static void append_decision(buffer *out, triage_decision decision)
{
    if (decision == TRIAGE_AUTO)
        APPEND(out, ",\"decision\":\"auto\"");
    else
        APPEND(out, ",\"decision\":\"review\"");
}

/* Whether label `a` comes before label `b`: more probable, or the same and lower. */
static bool comes_before(const float *probabilities, size_t a, size_t b)
{
    return probabilities[a] > probabilities[b] || (probabilities[a] == probabilities[b] && a < b);
}

/* The label that follows `last` in order of probability, other than `top`; false behind the last
 * one. A pass over all labels: there are few, and few are asked for. */
static bool next_label(const float *probabilities, size_t n, size_t top, size_t last,
                       size_t *ret_label)
{
    bool is_found = false;
    size_t best = 0;
    for (size_t k = 0; k < n; k++) {
        if (k == top || (last != top && !comes_before(probabilities, last, k)))
            continue;
        if (!is_found || comes_before(probabilities, k, best))
            best = k;
        is_found = true;
    }
    *ret_label = best;
    return is_found;
}

static void append_alternatives(const prediction *p, size_t f, buffer *out)
{
    const view_field *field = &p->view->fields[f];
    const float *probabilities = p->probabilities + field->first;
    size_t top = p->outcomes[f].label, last = top, label;
    APPEND(out, ",\"alternatives\":[");
    for (uint32_t i = 1;
         i < p->top && next_label(probabilities, field->n_labels, top, last, &label); i++) {
        if (policy_is_retired(p->view->policy, f, label))
            break; /* a retired label has probability 0: so has all that follows */
        if (i > 1)
            buffer_append_char(out, ',');
        APPEND(out, "{\"label\":");
        append_view_text(out, field->labels[label]);
        APPEND(out, ",\"confidence\":");
        append_confidence(out, probabilities[label]);
        buffer_append_char(out, '}');
        last = label;
    }
    buffer_append_char(out, ']');
}

/* :{"label":..,"confidence":..,"decision":.. without the closing brace */
static void append_outcome(const prediction *p, size_t f, buffer *out)
{
    const view_field *field = &p->view->fields[f];
    append_view_text(out, field->json_name);
    APPEND(out, ":{\"label\":");
    append_view_text(out, field->labels[p->outcomes[f].label]);
    APPEND(out, ",\"confidence\":");
    append_confidence(out, p->outcomes[f].confidence);
    append_decision(out, p->outcomes[f].decision);
}

static void append_field(const prediction *p, size_t f, buffer *out)
{
    append_outcome(p, f, out);
    APPEND(out, ",\"threshold\":");
    append_view_text(out, p->view->fields[f].thresholds[p->outcomes[f].label]);
    append_alternatives(p, f, out);
    if (p->explanations)
        buffer_append(out, p->explanations[f].data, p->explanations[f].length);
    buffer_append_char(out, '}');
}

void answer_append(const prediction *p, buffer *out)
{
    const triage_outcome *first = &p->outcomes[0];
    buffer_append_char(out, '{');
    if (p->id) {
        APPEND(out, "\"prediction_id\":\"");
        buffer_append_text(out, p->id);
        APPEND(out, "\",");
    }
    APPEND(out, "\"model_version\":\"");
    buffer_append_text(out, p->view->version);
    APPEND(out, "\",\"category\":");
    append_view_text(out, p->view->fields[0].labels[first->label]);
    APPEND(out, ",\"confidence\":");
    append_confidence(out, first->confidence);
    append_decision(out, first->decision);
    APPEND(out, ",\"fields\":{");
    for (size_t f = 0; f < p->view->n_fields; f++) {
        if (f > 0)
            buffer_append_char(out, ',');
        append_field(p, f, out);
    }
    APPEND(out, "}}");
}

void answer_append_outcomes(const prediction *p, buffer *out)
{
    buffer_append_char(out, '{');
    for (size_t f = 0; f < p->view->n_fields; f++) {
        if (f > 0)
            buffer_append_char(out, ',');
        append_outcome(p, f, out);
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, '}');
}

void answer_append_explanation(const prediction_view *view, size_t field, uint32_t runner_up,
                               const triage_explanation *explanation, buffer *out)
{
    json_writer json = {.out = out};
    APPEND(out, ",\"runner_up\":");
    append_view_text(out, view->fields[field].labels[runner_up]);
    APPEND(out, ",\"logit\":");
    json_write_double(&json, explanation->logit);
    APPEND(out, ",\"intercept\":");
    json_write_double(&json, explanation->intercept);
    APPEND(out, ",\"explanation\":[");
    for (size_t i = 0; i < explanation->n_terms; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        json_writer term = {.out = out};
        json_begin_object(&term);
        json_write_key(&term, "term");
        json_write_text(&term, explanation->terms[i].text);
        json_write_key(&term, "weight");
        json_write_double(&term, explanation->terms[i].weight);
        json_end_object(&term);
    }
    buffer_append_char(out, ']');
}
