/* SPDX-License-Identifier: MIT */
/* Prediction: tokens, features, scores, probabilities, decision. */
#include "model/predictor.h"

#include "base/error.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

triage_status triage_predictor_new(const triage_model *model, triage_predictor **ret_predictor,
                                   triage_error *err)
{
    if (!model || !ret_predictor)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "triage_predictor_new: model and ret_predictor are needed");
    triage_predictor *p = mem_new_zeroed(1, sizeof *p);
    if (p)
        p->probabilities = mem_new_aligned(model->n_lanes, sizeof *p->probabilities);
    if (!p || !p->probabilities) {
        free(p);
        return error_memory(err);
    }
    p->model = model;
    p->k = kernels_get();
    for (uint32_t count = 1; count < N_TERM_FREQUENCIES; count++)
        p->tf[count] = predictor_tf(model, count);
    *ret_predictor = p;
    return TRIAGE_OK;
}

void triage_predictor_free(triage_predictor *predictor)
{
    if (!predictor)
        return;
    tokens_free(&predictor->text);
    feature_counts_free(&predictor->features);
    buffer_free(&predictor->term_texts);
    free(predictor->words);
    free(predictor->rows);
    free(predictor->values);
    free(predictor->probabilities);
    free(predictor->terms);
    free(predictor->term_offsets);
    free(predictor);
}

/* Tokens that are looked up together: while one's memory arrives, the next are hashed. */
#define WORD_BATCH 32

static uint32_t number_long(const triage_predictor *p, size_t i)
{
    string_probe probe = string_probe_make(token_bytes(&p->text, i), p->text.items[i].length);
    return string_table_find(&p->model->words, &probe);
}

/* Numbers up to WORD_BATCH tokens from `first` on; how many of them are known. */
static uint32_t number_batch(triage_predictor *p, size_t first, size_t n)
{
    const string_table *table = &p->model->words;
    const token *items = p->text.items + first;
    string_entry entries[WORD_BATCH];
    uint32_t buckets[WORD_BATCH], n_known = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_long = items[i].length > STRING_INLINE_BYTES; /* looked up alone, below */
        entries[i] = string_entry_inline(p->text.folded.data + items[i].start,
                                         is_long ? 0 : items[i].length);
        buckets[i] = string_table_bucket(table, string_inline_hash(entries[i]));
        __builtin_prefetch(&table->buckets[buckets[i]]);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t start = table->buckets[buckets[i]];
        __builtin_prefetch(&table->entries[start < table->n ? start : 0]);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t word = items[i].length > STRING_INLINE_BYTES
                            ? number_long(p, first + i)
                            : string_table_find_inline(table, entries[i], buckets[i]);
        p->words[first + i] = word;
        n_known += word != NO_WORD;
    }
    return n_known;
}

/* Numbers all tokens; false if out of memory. */
static bool number_words(triage_predictor *p)
{
    size_t n = p->text.n;
    if (!mem_reserve((void **)&p->words, &p->words_capacity, n, sizeof *p->words))
        return false;
    p->facts =
        (triage_text_facts){.n_tokens = (uint32_t)n, .n_invalid_utf8 = p->text.n_invalid_utf8};
    for (size_t i = 0; i < n; i += WORD_BATCH)
        p->facts.n_known_tokens += number_batch(p, i, n - i < WORD_BATCH ? n - i : WORD_BATCH);
    return true;
}

void predictor_grams(const triage_predictor *p, size_t i, known_grams *ret_grams)
{
    const triage_model *model = p->model;
    double squares = 0;
    spelling s;
    ret_grams->n = 0;
    ret_grams->factor = 0;
    spelling_read(&s, token_bytes(&p->text, i), p->text.items[i].length);
    for (uint32_t length = model->options.char_min; length <= model->options.char_max; length++) {
        for (uint32_t first = 0; first + length <= s.n_characters; first++) {
            uint32_t start = s.starts[first];
            string_probe probe =
                string_probe_make(s.marked + start, s.starts[first + length] - start);
            uint32_t gram = string_table_find(&model->grams, &probe);
            if (gram == STRING_NOT_FOUND ||
                ret_grams->n == sizeof ret_grams->rows / sizeof *ret_grams->rows)
                continue;
            const model_row *row = model_row_at(model->gram_rows, model->row_stride, gram);
            ret_grams->rows[ret_grams->n++] = row;
            squares += (double)row->idf * (double)row->idf;
        }
    }
    if (squares > 0)
        ret_grams->factor = (float)(model->options.char_weight / sqrt(squares)) * model->rare_idf;
}

/* sums += what unknown words add by their spelling; returns the sum of their squared values. */
static double add_unknown_words(triage_predictor *p, float *sums)
{
    double squares = 0;
    for (size_t i = 0; i < p->text.n; i++) {
        known_grams grams;
        const int16_t *rows[KNOWN_GRAMS_MAX];
        float values[KNOWN_GRAMS_MAX];
        if (p->words[i] != NO_WORD)
            continue;
        predictor_grams(p, i, &grams);
        squares += (double)p->model->rare_idf * (double)p->model->rare_idf;
        for (uint32_t g = 0; g < grams.n; g++) {
            rows[g] = model_row_weights(grams.rows[g]);
            values[g] = grams.factor * grams.rows[g]->idf * grams.rows[g]->scale;
        }
        p->k->gather_quantised(sums, rows, p->model->n_lanes, values, grams.n);
    }
    return squares;
}

/* The scores of all lanes into `probabilities`; false if no known word weighs anything. */
static bool score(triage_predictor *p)
{
    const triage_model *model = p->model;
    float *sums = p->probabilities;
    double squares = 0;
    for (size_t i = 0; i < p->features.n; i++) {
        const model_row *row;
        float value = predictor_feature(p, p->features.ids[i], p->features.counts[i], &row);
        squares += (double)value * (double)value;
        p->rows[i] = model_row_weights(row);
        p->values[i] = value * row->scale;
    }
    if (!(squares > 0))
        return false;
    memset(sums, 0, model->n_lanes * sizeof *sums);
    p->k->gather_quantised(sums, p->rows, model->n_lanes, p->values, p->features.n);
    if (model->options.char_max > 0)
        squares += add_unknown_words(p, sums);
    p->length = sqrt(squares);
    float factor = (float)(1 / p->length);
    for (uint32_t lane = 0; lane < model->n_lanes; lane++)
        sums[lane] = sums[lane] * factor + model->bias[lane];
    return true;
}

static void decide(const triage_predictor *p, const model_field *field, triage_outcome *ret_outcome)
{
    const float *probabilities = p->probabilities + field->first_lane;
    triage_outcome outcome = {.confidence = probabilities[0]};
    for (uint32_t k = 1; k < field->n_labels; k++)
        if (probabilities[k] > outcome.confidence) {
            outcome.label = k;
            outcome.confidence = probabilities[k];
        }
    outcome.runner_up = outcome.label > 0 || field->n_labels == 1 ? 0 : 1;
    for (uint32_t k = outcome.runner_up + 1; k < field->n_labels; k++)
        if (k != outcome.label && probabilities[k] > probabilities[outcome.runner_up])
            outcome.runner_up = k;
    outcome.threshold = p->model->thresholds[field->first_lane + outcome.label];
    bool is_sure = p->is_scored && outcome.confidence >= outcome.threshold;
    outcome.decision = is_sure ? TRIAGE_AUTO : TRIAGE_REVIEW;
    *ret_outcome = outcome;
}

static bool read_text(triage_predictor *p, const char *text, size_t length)
{
    return tokens_read(&p->text, text, length) && number_words(p) &&
           feature_counts_collect(&p->features, &p->model->options, &p->model->pairs,
                                  p->model->words.n, p->words, p->text.n) &&
           mem_reserve((void **)&p->rows, &p->rows_capacity, p->features.n, sizeof *p->rows) &&
           mem_reserve((void **)&p->values, &p->values_capacity, p->features.n, sizeof *p->values);
}

triage_status triage_predict(triage_predictor *predictor, const char *text, size_t length,
                             triage_outcome *ret_outcomes, triage_error *err)
{
    triage_predictor *p = predictor;
    const triage_model *model = p->model;
    p->has_prediction = false;
    if (length > TEXT_MAX_BYTES)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the text has %zu bytes, more than %zu",
                         length, TEXT_MAX_BYTES);
    if (!read_text(p, text, length))
        return error_memory(err);
    p->is_scored = score(p);
    if (p->is_scored) {
        for (uint32_t f = 0; f < model->n_fields; f++) {
            const model_field *field = &model->fields[f];
            float *probabilities = p->probabilities + field->first_lane;
            p->k->softmax(probabilities, field->n_lanes, field->n_labels);
            confidence_map_apply(model->maps[f], probabilities, field->n_labels);
        }
    } else {
        memcpy(p->probabilities, model->priors, model->n_lanes * sizeof *p->probabilities);
    }
    for (uint32_t f = 0; f < model->n_fields; f++)
        decide(p, &model->fields[f], &ret_outcomes[f]);
    p->has_prediction = true;
    return TRIAGE_OK;
}

const float *triage_predictor_probabilities(const triage_predictor *predictor, size_t field)
{
    return predictor->probabilities + predictor->model->fields[field].first_lane;
}

triage_text_facts triage_predictor_text_facts(const triage_predictor *predictor)
{
    return predictor->facts;
}
