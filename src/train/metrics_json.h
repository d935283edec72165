/* SPDX-License-Identifier: MIT */
/*
 * The metrics of one field as a JSON object: what `triage evaluate --json` prints behind the
 * field's name, and what a model's metadata holds of its cross-fitted tickets.
 */
#ifndef TRAIN_METRICS_JSON_H
#define TRAIN_METRICS_JSON_H

#include "base/json.h"
#include "triage/evaluate.h"

/* Writes the object; look at the writer's buffer for failure. */
void metrics_json_write(json_writer *w, const triage_field_metrics *field);

#endif
