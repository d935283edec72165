/* SPDX-License-Identifier: MIT */
/* A few predictions whose results must be probabilities. */
#include "model/self_test.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Words of the model in the text that is made of them. */
#define N_OWN_WORDS 24

/* Thousands of floats are added up: far above their rounding, far below what anyone would notice.
 */
#define SUM_TOLERANCE 1e-3

/* Nothing, several scripts, bytes that are no UTF-8. */
static const char *const texts[] = {
    "",
    "The VPN does not connect since the update, please reset my password!",
    "Der Drucker im 2. Stock druckt nicht mehr, Fehler 0x80070005",
    "Mon \xC3\xA9"
    "cran reste noir apr\xC3\xA8s la mise \xC3\xA0 jour",
    "\xE3\x83\x91\xE3\x82\xB9\xE3\x83\xAF\xE3\x83\xBC\xE3\x83\x89\xE3\x82\x92\xE5\xBF\x98\xE3\x82"
    "\x8C\xE3\x81\xBE\xE3\x81\x97\xE3\x81\x9F \xF0\x9F\x98\xA1",
    "\xFF\xC0\x80 broken \xED\xA0\x80 bytes",
};

static bool are_probabilities(const float *p, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        if (!(p[k] >= 0 && p[k] <= 1))
            return false;
        sum += (double)p[k];
    }
    return fabs(sum - 1) <= SUM_TOLERANCE;
}

static bool is_outcome(const triage_outcome *o, const float *p, size_t n)
{
    return o->label < n && o->runner_up < n && o->confidence == p[o->label] && o->threshold >= 0 &&
           (o->decision == TRIAGE_AUTO || o->decision == TRIAGE_REVIEW);
}

static triage_status test_text(triage_predictor *predictor, const triage_model *model,
                               const char *text, size_t length, triage_outcome *outcomes,
                               triage_error *err)
{
    triage_status status = triage_predict(predictor, text, length, outcomes, err);
    for (size_t f = 0; f < triage_model_n_fields(model) && status == TRIAGE_OK; f++) {
        const float *p = triage_predictor_probabilities(predictor, f);
        size_t n = triage_model_n_labels(model, f);
        if (!are_probabilities(p, n) || !is_outcome(&outcomes[f], p, n))
            status = error_set(err, TRIAGE_ERROR_MODEL,
                               "the model fails its self-test: what it predicts for the field '%s' "
                               "are no probabilities",
                               triage_model_field_name(model, f));
    }
    return status;
}

/* fmax() and comparisons can hide a NaN from the predictions. */
static triage_status test_numbers(const triage_model *model, triage_error *err)
{
    bool are_finite = true;
    for (uint32_t lane = 0; lane < model->n_lanes; lane++)
        are_finite &= isfinite(model->bias[lane]) && isfinite(model->thresholds[lane]) &&
                      isfinite(model->priors[lane]);
    for (uint32_t f = 0; f < model->n_fields; f++)
        are_finite &= isfinite(model->maps[f].on_sure) && isfinite(model->maps[f].on_doubt) &&
                      isfinite(model->maps[f].offset);
    return are_finite ? TRIAGE_OK
                      : error_set(err, TRIAGE_ERROR_MODEL,
                                  "the model fails its self-test: it has a number that is none");
}

/* Words from all over the vocabulary. */
static void append_own_words(const triage_model *model, buffer *text)
{
    uint32_t n = model->words.n, step = n > N_OWN_WORDS ? n / N_OWN_WORDS : 1;
    for (uint32_t i = 0; i < n; i += step) {
        char scratch[16];
        const char *bytes = NULL;
        uint32_t length = string_table_get(&model->words, i, scratch, &bytes);
        buffer_append(text, bytes, length);
        buffer_append_char(text, ' ');
    }
}

triage_status model_self_test(const triage_model *model, triage_error *err)
{
    buffer own = {0};
    triage_predictor *predictor = NULL;
    triage_outcome *outcomes = mem_new(triage_model_n_fields(model), sizeof *outcomes);
    append_own_words(model, &own);
    triage_status status = test_numbers(model, err);
    if (status == TRIAGE_OK && (!outcomes || own.failed))
        status = error_memory(err);
    if (status == TRIAGE_OK)
        status = triage_predictor_new(model, &predictor, err);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == TRIAGE_OK; i++)
        status = test_text(predictor, model, texts[i], strlen(texts[i]), outcomes, err);
    if (status == TRIAGE_OK)
        status = test_text(predictor, model, own.data ? own.data : "", own.length, outcomes, err);
    triage_predictor_free(predictor);
    buffer_free(&own);
    free(outcomes);
    return status;
}
