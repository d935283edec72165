/* SPDX-License-Identifier: MIT */
/*
 * Corrections as lines of JSON (feedback.jsonl): what is exported, and what is imported from other
 * systems, too.
 *
 *     {"text","field","label","predicted","confidence","model_version","source","created_at"}
 *
 * Reading knows other names: correct, corrected, correct_label, corrected_label and actual for the
 * label, prediction and predicted_label for what was predicted, timestamp and time for the moment.
 */
#ifndef SERVICES_FEEDBACK_LINE_H
#define SERVICES_FEEDBACK_LINE_H

#include "base/buffer.h"
#include "base/json.h"
#include "store/store.h"
#include "triage/status.h"

/* Longer labels and names are refused, as in datasets. */
#define FEEDBACK_MAX_NAME 1024

/* What a line without these members means. */
typedef struct feedback_defaults {
    const char *field, *source;
    int64_t created_at;
} feedback_defaults;

/*
 * Reads a correction; its strings are the object's or the defaults', but for the text, which may be
 * joined of subject and body in `joined` (the caller's, emptied first). It is accepted; hash and
 * cluster of the text are the caller's to set. ERROR_DATA with a sentence.
 */
triage_status feedback_line_read(const json_value *object, const feedback_defaults *defaults,
                                 buffer *joined, store_feedback *ret_feedback,
                                 triage_error *err) TRIAGE_CHECKED;

/* Appends a line, with its line end; the status only if `has_status`. */
void feedback_line_append(const store_feedback *feedback, bool has_status, buffer *out);

#endif
