/* SPDX-License-Identifier: MIT */
/* Metrics as text for people: what `evaluate` and `train` print. */
#ifndef CLI_EVALUATION_TEXT_H
#define CLI_EVALUATION_TEXT_H

#include "base/buffer.h"
#include "train/metrics.h"

/*
 * Appends the report of one field: per label, overall, decisions, worst confusions, and the
 * confusion matrix of up to 20 labels. `dataset` has the texts of the mistakes; NULL: no examples.
 * They are cut so that a line has `width` characters.
 */
void evaluation_text_append(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                            size_t width);

#endif
