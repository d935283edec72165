/* SPDX-License-Identifier: MIT */
/* What the values of options are, where they come from, and what has changed. Secrets never appear.
 */
#ifndef CONFIG_OPTION_REPORT_H
#define CONFIG_OPTION_REPORT_H

#include "base/buffer.h"
#include "config/options.h"

/* Appends all values as a configuration file, each with a comment on where it comes from. */
void option_report_append(const option_values *values, buffer *text);

/* The name of a secret that was given on the command line, where other users can read it; NULL if
 * there is none. */
const char *option_report_exposed(const option_values *values);

/* An option whose value differs. */
typedef struct option_change {
    const option_row *row;
    const char *before, *after; /* as a configuration file has them, "" for none, *** for secrets */
} option_change;

/* Visits each option that differs between `before` and `after`, two results of the same set.
 * ERROR_MEMORY. */
triage_status option_report_changes(const option_values *before, const option_values *after,
                                    void (*visit)(void *context, const option_change *change),
                                    void *context, triage_error *err) TRIAGE_CHECKED;

#endif
