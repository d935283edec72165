/* SPDX-License-Identifier: MIT */
/*
 * One thread's part of predicting: a predictor, scratch memory, and the text of the predictions it
 * has made. Thread-owned.
 */
#ifndef CLI_PREDICTION_WORKER_H
#define CLI_PREDICTION_WORKER_H

#include "cli/prediction_layout.h"
#include "cli/ticket_batch.h"

/* A label beside the most probable one. */
typedef struct alternative {
    uint32_t label;
    float confidence;
} alternative;

typedef struct prediction_worker {
    const prediction_layout *layout; /* borrowed */
    triage_predictor *predictor;
    triage_outcome *outcomes;  /* a field each: of the ticket being written */
    alternative *alternatives; /* room for those of any field */
    slice *keys;               /* JSONL: the keys of the row being written */
    size_t n_keys, keys_capacity;
    buffer text; /* the predictions, in the order of the tickets */
    triage_status status;
    triage_error err;
} prediction_worker;

/* ERROR_MEMORY. */
triage_status prediction_worker_open(const prediction_layout *layout, prediction_worker *ret_worker,
                                     triage_error *err) TRIAGE_CHECKED;
void prediction_worker_close(prediction_worker *w);

/* Predicts `t` and appends the text of it. False, with `status` and `err` set, if that fails. */
bool prediction_worker_take(prediction_worker *w, ticket t) __attribute__((warn_unused_result));

/*
 * The further labels of field `f` for the ticket being written, most probable first:
 * `n_alternatives` of them; valid until the next call.
 */
const alternative *prediction_worker_alternatives(prediction_worker *w, size_t f);

/* Why field `f` got its label rather than the runner-up. False if out of memory (and told). */
bool prediction_worker_explain(prediction_worker *w, size_t f, triage_explanation *ret_explanation)
    __attribute__((warn_unused_result));

/* "auto" or "review". */
const char *prediction_decision_text(triage_decision decision);

/* The forms, one file each: they append the ticket's text. False if explaining failed (and told).
 */
bool prediction_write_lines(prediction_worker *w) __attribute__((warn_unused_result));
bool prediction_write_json(prediction_worker *w) __attribute__((warn_unused_result));
bool prediction_write_csv(prediction_worker *w, slice kept) __attribute__((warn_unused_result));
bool prediction_write_jsonl(prediction_worker *w, slice kept) __attribute__((warn_unused_result));

/* The members "label" and "confidence" of each alternative of field `f`, as a JSON array. */
void prediction_append_alternatives(prediction_worker *w, size_t f);

/* The members "term" and "weight" of each term, as a JSON array. */
void prediction_append_terms(prediction_worker *w, const triage_explanation *explanation);

/* The header row that the CSV form needs for the columns it adds, without a line end. */
bool prediction_append_csv_header(const prediction_layout *layout, const slice *columns,
                                  size_t n_columns, buffer *text)
    __attribute__((warn_unused_result));

#endif
