/* SPDX-License-Identifier: MIT */
/* The JSON object that `train --json` and `evaluate --json` print: what both have in common. */
#ifndef CLI_RESULT_JSON_H
#define CLI_RESULT_JSON_H

#include "base/json.h"
#include "triage/model.h"

/* All pointers are borrowed. */
typedef struct result_json {
    size_t n_tickets;
    double read_seconds, train_seconds, total_seconds; /* no time is training in `evaluate` */
    const triage_model *model;
    const json_value *metadata; /* the model's */
} result_json;

/* Writes all members up to the key "fields", whose value is to follow. */
void result_json_begin(json_writer *w, const result_json *result);
void result_json_end(json_writer *w);

#endif
