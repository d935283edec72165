/* SPDX-License-Identifier: MIT */
/* The fields of an evaluation, by name. */
#include "cli/evaluation_json.h"

#include "train/metrics_json.h"

void evaluation_json_write_fields(json_writer *w, const triage_evaluation *evaluation)
{
    json_begin_object(w);
    for (size_t i = 0; i < triage_evaluation_n_fields(evaluation); i++) {
        const triage_field_metrics *field = triage_evaluation_field(evaluation, i);
        json_write_key(w, field->name);
        metrics_json_write(w, field);
    }
    json_end_object(w);
}
