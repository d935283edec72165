/* SPDX-License-Identifier: MIT */
/* The diagrams of the report as SVG elements, and the style that they need. */
#ifndef TRAIN_REPORT_CHART_H
#define TRAIN_REPORT_CHART_H

#include "base/buffer.h"
#include "triage/evaluate.h"

/* Size of a diagram in CSS pixels. */
#define REPORT_CHART_WIDTH  520
#define REPORT_CHART_HEIGHT 405

/* Colours (light, dark, print) as variables, and classes of the elements. */
extern const char report_chart_style[];

/*
 * Appends an <svg> at (x, y) of the one around it. `id` makes the identifiers in the document
 * unique. The field has tickets.
 */
void report_chart_append_reliability(buffer *out, const triage_field_metrics *m, size_t id, int x,
                                     int y);
void report_chart_append_coverage(buffer *out, const triage_field_metrics *m, size_t id, int x,
                                  int y);

#endif
