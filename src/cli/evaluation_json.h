/* SPDX-License-Identifier: MIT */
/* An evaluation as the value of "fields" in the JSON that `evaluate --json` prints. */
#ifndef CLI_EVALUATION_JSON_H
#define CLI_EVALUATION_JSON_H

#include "base/json.h"
#include "triage/evaluate.h"

/* Writes an object with one member a measured field; look at the writer's buffer for failure. */
void evaluation_json_write_fields(json_writer *w, const triage_evaluation *evaluation);

#endif
