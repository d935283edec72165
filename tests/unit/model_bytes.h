/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a model file, to be damaged by tests: where its sections are, and checksums made
 * right again, so that a damage gets past them.
 */
#ifndef TEST_MODEL_BYTES_H
#define TEST_MODEL_BYTES_H

#include "base/hash.h"
#include "model/format.h"
#include "model/model.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A copy at a 64-byte aligned address with nothing behind it, so that a sanitizer sees each read
 * beyond the end. */
static inline unsigned char *model_bytes_copy(const void *bytes, size_t length)
{
    void *copy = NULL;
    if (posix_memalign(&copy, 64, length ? length : 1) != 0)
        abort();
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

static inline model_header model_bytes_header(const unsigned char *bytes)
{
    model_header header;
    memcpy(&header, bytes, sizeof header);
    return header;
}

static inline size_t model_bytes_section_place(size_t i)
{
    return sizeof(model_header) + i * sizeof(model_section);
}

static inline model_section model_bytes_section(const unsigned char *bytes, size_t i)
{
    model_section section;
    memcpy(&section, bytes + model_bytes_section_place(i), sizeof section);
    return section;
}

/* The place of the first byte of the section of that kind, in a whole file. */
static inline size_t model_bytes_offset(const unsigned char *bytes, section_kind kind)
{
    for (size_t i = 0; i < MODEL_MAX_SECTIONS; i++)
        if (model_bytes_section(bytes, i).kind == kind)
            return model_bytes_section(bytes, i).offset;
    abort();
}

/* Length and all checksums anew, as far as header and table lie within the `length` bytes. */
static inline void model_bytes_repair(unsigned char *bytes, size_t length)
{
    if (length < sizeof(model_header))
        return;
    model_header header = model_bytes_header(bytes);
    size_t body = model_bytes_section_place(header.n_sections);
    header.file_length = length;
    if (header.n_sections <= MODEL_MAX_SECTIONS && body <= length) {
        for (size_t i = 0; i < header.n_sections; i++) {
            model_section s = model_bytes_section(bytes, i);
            if (s.offset <= length && s.length <= length - s.offset)
                s.hash = hash_bytes(bytes + s.offset, s.length);
            memcpy(bytes + model_bytes_section_place(i), &s, sizeof s);
        }
        header.table_hash = hash_bytes(bytes + sizeof header, body - sizeof header);
        header.body_hash = hash_bytes(bytes + body, length - body);
    }
    header.header_hash = hash_bytes(&header, offsetof(model_header, header_hash));
    memcpy(bytes, &header, sizeof header);
}

/* A copy of the model with float `i` of its section of numbers set, all checksums right; NULL if
 * the reader refuses it. */
static inline triage_model *model_bytes_with_number(const triage_model *model, size_t i,
                                                    float value)
{
    triage_model *changed = NULL;
    unsigned char *bytes = model_bytes_copy(model->bytes, model->length);
    memcpy(bytes + model_bytes_offset(bytes, SECTION_NUMBERS) + i * sizeof value, &value,
           sizeof value);
    model_bytes_repair(bytes, model->length);
    if (model_take_bytes(bytes, model->length, &changed, NULL) != TRIAGE_OK)
        return NULL;
    if (triage_model_verify(changed, NULL) != TRIAGE_OK)
        abort();
    return changed;
}

/* Predicts and explains with a model that may be damaged: whatever it says, it must not read or
 * write where nothing is. */
static inline bool model_bytes_use(const triage_model *model, const char *text, size_t length)
{
    triage_predictor *predictor = NULL;
    triage_explanation explanation;
    size_t n_fields = triage_model_n_fields(model), seen = 0;
    triage_outcome *outcomes = calloc(n_fields, sizeof *outcomes);
    bool done = outcomes && triage_predictor_new(model, &predictor, NULL) == TRIAGE_OK &&
                triage_predict(predictor, text, length, outcomes, NULL) == TRIAGE_OK;
    for (size_t f = 0; done && f < n_fields; f++) {
        size_t n_labels = triage_model_n_labels(model, f);
        done = outcomes[f].label < n_labels && outcomes[f].runner_up < n_labels &&
               triage_explain(predictor, f, outcomes[f].label, outcomes[f].runner_up, &explanation,
                              NULL) == TRIAGE_OK;
        for (size_t i = 0; done && i < explanation.n_terms; i++)
            seen += strlen(explanation.terms[i].text);
        for (size_t k = 0; k < n_labels; k++)
            seen += strlen(triage_model_label_name(model, f, k)) +
                    (triage_model_threshold(model, f, k) > 1) +
                    (triage_model_prior(model, f, k) > 0);
    }
    triage_predictor_free(predictor);
    free(outcomes);
    return done && seen < SIZE_MAX;
}

#endif
