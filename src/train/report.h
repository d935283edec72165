/* SPDX-License-Identifier: MIT */
/*
 * The report of an evaluation for people: one self-contained file, without scripts and without
 * anything that would be loaded from elsewhere. The same input gives the same bytes, whatever the
 * locale.
 */
#ifndef TRAIN_REPORT_H
#define TRAIN_REPORT_H

#include "base/buffer.h"
#include "train/metrics.h"

/* Everything is borrowed. */
typedef struct report_input {
    const char *model, *data;      /* what to call them, such as their file names */
    const triage_dataset *dataset; /* the texts of the mistakes; NULL: no example tickets */
    const metrics_view *fields;
    size_t n_fields;
} report_input;

/*
 * Writes the report to `path`, atomically: the diagrams alone as SVG if the name ends in ".svg",
 * the whole as HTML otherwise. ERROR_IO, ERROR_PERMISSION, ERROR_MEMORY.
 */
triage_status report_write(const char *path, const report_input *input,
                           triage_error *err) TRIAGE_CHECKED;

/* The two forms in memory; look at the buffer for failure. */
void report_append_html(buffer *out, const report_input *input);
void report_append_svg(buffer *out, const report_input *input);

#endif
