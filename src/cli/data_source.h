/* SPDX-License-Identifier: MIT */
/*
 * The options that say which tickets to read and how, shared by the commands that read labelled
 * data, and what is told while reading. Thread-owned.
 */
#ifndef CLI_DATA_SOURCE_H
#define CLI_DATA_SOURCE_H

#include "cli/console.h"
#include "config/options.h"
#include "triage/dataset.h"

typedef struct data_settings {
    text_list text_columns;
    text_list fields; /* "COL" or "NAME=COL" */
    uint32_t format;  /* index into data_formats */
    bool is_strict;
} data_settings;

#define DATA_N_OPTIONS 4

/* --text, --field, --format, --strict. */
extern const option_row data_options[DATA_N_OPTIONS];

/* The names that triage_format_parse() reads, "auto" first. */
extern const char *const data_formats[];

/* What has been told while reading; zero-initialise, then set the first two. */
typedef struct data_log {
    console *console;
    bool is_strict;
    uint64_t n_bad_rows, n_merged_labels;
} data_log;

/* For triage_read_options: tells a bad row, a guess, a merged label or the progress. */
void data_log_event(void *data_log, const triage_read_event *event);

/* Tells how many bad rows and merged labels there were beyond those shown; once, at the end. */
void data_log_finish(const data_log *log);

/* The format of that index into data_formats. */
triage_format data_format(uint32_t index);

struct field_columns;

/*
 * Loads `paths` as the settings say, with these fields (none: guessed), and tells what was read.
 * The dataset is the caller's. Errors as triage_dataset_load().
 */
triage_status data_source_load(const data_settings *settings, const struct field_columns *fields,
                               const text_list *paths, console *c, triage_dataset **ret_dataset,
                               triage_error *err) TRIAGE_CHECKED;

#endif
