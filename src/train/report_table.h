/* SPDX-License-Identifier: MIT */
/* The tables of the report as HTML elements, and the style that they need. */
#ifndef TRAIN_REPORT_TABLE_H
#define TRAIN_REPORT_TABLE_H

#include "base/buffer.h"
#include "train/metrics.h"

extern const char report_table_style[];

/* Precision, recall, decisions of every label, and the averages. The field has tickets. */
void report_table_append_labels(buffer *out, const triage_field_metrics *m);

/*
 * The confusion matrix as a heat table; of more than REPORT_MAX_MATRIX_LABELS labels, those with
 * the most mistakes.
 */
void report_table_append_matrix(buffer *out, const triage_field_metrics *m);

#define REPORT_MAX_MATRIX_LABELS 25

/* The pairs that are mistaken most often; with `dataset` (or NULL) example tickets. */
void report_table_append_confusions(buffer *out, const metrics_view *view,
                                    const triage_dataset *dataset);

#endif
