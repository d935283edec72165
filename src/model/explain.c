/* SPDX-License-Identifier: MIT */
/*
 * Explanation: a linear score is a sum, so each term's share of it is exact. All shares are of the
 * difference between two labels' logits, in double precision.
 */
#include "base/error.h"
#include "base/mem.h"
#include "model/predictor.h"

#include <math.h>
#include <stdlib.h>

/* The lanes of the two labels that are compared. */
typedef struct contrast {
    size_t label, other;
} contrast;

static double row_difference(const model_row *row, contrast c)
{
    const int16_t *weights = model_row_weights(row);
    return (double)row->scale * (weights[c.label] - weights[c.other]);
}

/* Takes the text that has been appended to term_texts since `start` as a term. */
static bool add_term(triage_predictor *p, size_t start, double weight)
{
    buffer_append_char(&p->term_texts, '\0');
    if (p->term_texts.failed ||
        !mem_reserve((void **)&p->terms, &p->terms_capacity, p->n_terms + 1, sizeof *p->terms) ||
        !mem_reserve((void **)&p->term_offsets, &p->offsets_capacity, p->n_terms + 1,
                     sizeof *p->term_offsets))
        return false;
    p->term_offsets[p->n_terms] = start;
    p->terms[p->n_terms++] = (triage_term){.weight = weight};
    return true;
}

/* The text of a word by its number in a pair key. */
static void append_word(triage_predictor *p, uint32_t key_word)
{
    char scratch[16];
    const char *bytes;
    if (key_word == PAIR_EDGE_BEGIN || key_word == PAIR_EDGE_END) {
        buffer_append_text(&p->term_texts, key_word == PAIR_EDGE_BEGIN ? "^" : "$");
        return;
    }
    uint32_t word = key_word - PAIR_FIRST_WORD;
    if (word >= p->model->words.n) /* only in a damaged file */
        return;
    uint32_t length = string_table_get(&p->model->words, word, scratch, &bytes);
    buffer_append(&p->term_texts, bytes, length);
}

/* "word", "first second", "^ first", "last $", "^word" for an opening word. */
static void append_feature(triage_predictor *p, uint32_t id)
{
    const triage_model *model = p->model;
    if (id < model->words.n) {
        append_word(p, id + PAIR_FIRST_WORD);
        return;
    }
    uint64_t key = pair_table_key(&model->pairs, id - model->words.n);
    append_word(p, pair_key_first(key));
    if (pair_key_kind(key) == PAIR_NEXT)
        buffer_append_char(&p->term_texts, ' ');
    append_word(p, pair_key_second(key));
}

static bool add_features(triage_predictor *p, contrast c)
{
    for (size_t i = 0; i < p->features.n; i++) {
        const model_row *row;
        float value = predictor_feature(p, p->features.ids[i], p->features.counts[i], &row);
        size_t start = p->term_texts.length;
        if (value == 0) /* too frequent in training */
            continue;
        append_feature(p, p->features.ids[i]);
        if (!add_term(p, start, (double)value / p->length * row_difference(row, c)))
            return false;
    }
    return true;
}

/* An unknown word counts by its character n-grams; "~word" says so. */
static bool add_unknown_words(triage_predictor *p, contrast c)
{
    if (p->model->options.char_max == 0)
        return true;
    for (size_t i = 0; i < p->text.n; i++) {
        known_grams grams;
        double weight = 0;
        if (p->words[i] != NO_WORD)
            continue;
        predictor_grams(p, i, &grams);
        for (uint32_t g = 0; g < grams.n; g++)
            weight += (double)grams.factor * (double)grams.rows[g]->idf / p->length *
                      row_difference(grams.rows[g], c);
        size_t start = p->term_texts.length;
        buffer_append_char(&p->term_texts, '~');
        buffer_append(&p->term_texts, token_bytes(&p->text, i), p->text.items[i].length);
        if (grams.n > 0 && !add_term(p, start, weight))
            return false;
    }
    return true;
}

static int text_compare(const void *left, const void *right)
{
    return strcmp(((const triage_term *)left)->text, ((const triage_term *)right)->text);
}

/* What is no number, from a damaged file, comes first: qsort() needs an order of everything. */
static double size_of(const triage_term *term)
{
    return isnan(term->weight) ? INFINITY : fabs(term->weight);
}

/* The largest absolute weight first; equal ones by text. */
static int term_compare(const void *left, const void *right)
{
    const triage_term *a = left, *b = right;
    double a_size = size_of(a), b_size = size_of(b);
    if (a_size != b_size)
        return a_size > b_size ? -1 : 1;
    return text_compare(a, b);
}

/* Gives the terms their texts, makes one of all that have the same (the occurrences of an unknown
 * word), and sorts them. */
static void finish_terms(triage_predictor *p)
{
    size_t n = 0;
    if (p->n_terms == 0)
        return;
    for (size_t i = 0; i < p->n_terms; i++)
        p->terms[i].text = p->term_texts.data + p->term_offsets[i];
    qsort(p->terms, p->n_terms, sizeof *p->terms, text_compare);
    for (size_t i = 1; i < p->n_terms; i++) {
        if (text_compare(&p->terms[n], &p->terms[i]) == 0)
            p->terms[n].weight += p->terms[i].weight;
        else
            p->terms[++n] = p->terms[i];
    }
    p->n_terms = n + 1;
    qsort(p->terms, p->n_terms, sizeof *p->terms, term_compare);
}

/* Without a known word the confidence is the prior: there are no terms, and the logit is the
 * prior's. */
static void prior_explanation(const triage_predictor *p, contrast c, triage_explanation *ret)
{
    /* Half a ticket for a label without any keeps the logarithm finite. */
    double floor = 0.5 / ((double)p->model->n_docs + 1);
    double logit = log(fmax((double)p->model->priors[c.label], floor)) -
                   log(fmax((double)p->model->priors[c.other], floor));
    *ret = (triage_explanation){.intercept = logit, .logit = logit};
}

triage_status triage_explain(triage_predictor *predictor, size_t field, size_t label, size_t other,
                             triage_explanation *ret_explanation, triage_error *err)
{
    triage_predictor *p = predictor;
    const triage_model *model = p->model;
    if (!p->has_prediction)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "nothing has been predicted yet");
    if (field >= model->n_fields || label >= model->fields[field].n_labels ||
        other >= model->fields[field].n_labels)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "no such field or label");
    contrast c = {model->fields[field].first_lane + label, model->fields[field].first_lane + other};
    buffer_clear(&p->term_texts);
    p->n_terms = 0;
    if (!p->is_scored) {
        prior_explanation(p, c, ret_explanation);
        return TRIAGE_OK;
    }
    if (!add_features(p, c) || !add_unknown_words(p, c))
        return error_memory(err);
    finish_terms(p);
    triage_explanation e = {.n_terms = p->n_terms, .terms = p->terms};
    e.intercept = (double)model->bias[c.label] - (double)model->bias[c.other];
    e.logit = e.intercept;
    for (size_t i = 0; i < e.n_terms; i++)
        e.logit += e.terms[i].weight;
    *ret_explanation = e;
    return TRIAGE_OK;
}
