/* SPDX-License-Identifier: MIT */
/*
 * For tests of the engine: small data sets, seeded or written out, and calls that must succeed.
 *
 * A random ticket says words of its labels and words that mean nothing; the words of a label share
 * their stem, so that character n-grams have something to learn.
 */
#ifndef TEST_ENGINE_SUPPORT_H
#define TEST_ENGINE_SUPPORT_H

#include "base/rng.h"
#include "triage/triage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SUPPORT_MAX_FIELDS 4
#define SUPPORT_TEXT_SIZE  512

static const char *const support_fields[SUPPORT_MAX_FIELDS] = {"category", "priority", "queue",
                                                               "site"};

/* A ticket written out; NULL: no label. */
typedef struct ticket_row {
    const char *text;
    const char *labels[SUPPORT_MAX_FIELDS];
} ticket_row;

static inline triage_dataset *new_dataset(size_t n_fields)
{
    triage_error err;
    triage_dataset *dataset = NULL;
    if (triage_dataset_new(support_fields, n_fields, &dataset, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return dataset;
}

static inline void add_ticket(triage_dataset *dataset, const char *text, const char *const *labels)
{
    triage_error err;
    if (triage_dataset_add(dataset, text, strlen(text), labels, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
}

static inline triage_dataset *finished(triage_dataset *dataset)
{
    triage_error err;
    if (triage_dataset_finish(dataset, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return dataset;
}

static inline triage_dataset *dataset_of(const ticket_row *rows, size_t n, size_t n_fields)
{
    triage_dataset *dataset = new_dataset(n_fields);
    for (size_t i = 0; i < n; i++)
        add_ticket(dataset, rows[i].text, rows[i].labels);
    return finished(dataset);
}

/* Word `which` of label `label` of field `field`. */
static inline void append_label_word(char *text, size_t size, uint32_t field, uint32_t label,
                                     uint32_t which)
{
    static const char *const stems[] = {"drucker", "passwort", "laptop", "mailbox", "quota",
                                        "tunnel",  "bestell",  "urlaub", "monitor", "token"};
    static const char *const middles[] = {"", "an", "ek", "is", "or", "um", "al", "\xC3\xBC"};
    static const char *const ends[] = {"er", "ing", "s", "en", "ation"};
    size_t length = strlen(text);
    snprintf(text + length, size - length, " %s%s%s%s", stems[label % 10],
             middles[(label / 10 + 3 * field) % 8], label >= 80 ? "ix" : "", ends[which % 5]);
}

/* The text of a ticket with these labels, one a field. */
static inline void random_text(rng *r, const uint32_t *labels, uint32_t n_fields, char *text,
                               size_t size)
{
    static const char *const noise[] = {"please", "the",  "is",    "Hello", "thanks", "not",
                                        "since",  "help", "today", "my",    "Gruss",  "and"};
    text[0] = '\0';
    for (uint32_t i = 0, n = 3 + rng_below(r, 8); i < n; i++) {
        uint32_t field = rng_below(r, 2 * n_fields);
        if (field < n_fields) {
            append_label_word(text, size, field, labels[field], rng_below(r, 5));
            continue;
        }
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%s", i % 4 == 3 ? ", " : " ",
                 noise[rng_below(r, 12)]);
    }
}

/* `n` random tickets with `n_labels` labels a field. */
static inline triage_dataset *random_dataset(size_t n, uint32_t n_fields, uint32_t n_labels,
                                             uint64_t seed)
{
    rng r = {seed};
    triage_dataset *dataset = new_dataset(n_fields);
    for (size_t i = 0; i < n; i++) {
        uint32_t labels[SUPPORT_MAX_FIELDS];
        char names[SUPPORT_MAX_FIELDS][24], text[SUPPORT_TEXT_SIZE];
        const char *given[SUPPORT_MAX_FIELDS];
        for (uint32_t f = 0; f < n_fields; f++) {
            labels[f] = rng_below(&r, n_labels);
            snprintf(names[f], sizeof names[f], "label %u", labels[f]);
            given[f] = names[f];
        }
        random_text(&r, labels, n_fields, text, sizeof text);
        add_ticket(dataset, text, given);
    }
    return finished(dataset);
}

static inline triage_train_options options_of(triage_preset preset, uint32_t n_threads)
{
    triage_train_options options = triage_train_options_default();
    options.preset = preset;
    options.n_threads = n_threads;
    return options;
}

/* Trains, and lets go of the data set. */
static inline triage_model *model_of(triage_dataset *dataset, triage_preset preset)
{
    triage_error err;
    triage_model *model = NULL;
    triage_train_options options = options_of(preset, 1);
    if (triage_train(dataset, &options, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_dataset_free(dataset);
    return model;
}

static inline triage_predictor *predictor_of(const triage_model *model)
{
    triage_error err;
    triage_predictor *predictor = NULL;
    if (triage_predictor_new(model, &predictor, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return predictor;
}

/* Predicts the first field. */
static inline triage_outcome predict(triage_predictor *predictor, const char *text)
{
    triage_error err;
    triage_outcome outcomes[SUPPORT_MAX_FIELDS];
    if (triage_predict(predictor, text, strlen(text), outcomes, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return outcomes[0];
}

/* The index of the label of that name. */
static inline size_t label_of(const triage_model *model, size_t field, const char *name)
{
    for (size_t k = 0; k < triage_model_n_labels(model, field); k++)
        if (strcmp(triage_model_label_name(model, field, k), name) == 0)
            return k;
    fail_msg("no label '%s'", name);
    return 0;
}

#endif
