/* SPDX-License-Identifier: MIT */
/*
 * What an import of tickets or corrections works with. Rows are handed to the store in batches,
 * each of which is taken whole or not at all; an import that was cut off is begun again, and finds
 * what it had done already unchanged.
 */
#ifndef CLI_IMPORT_RUN_H
#define CLI_IMPORT_RUN_H

#include "cli/console.h"
#include "cli/data_source.h"
#include "store/store.h"

typedef struct import_settings {
    data_settings data;
    const char *source;    /* where the rows come from */
    const char *id_column; /* NULL: rows are identified by their text */
} import_settings;

typedef struct import_run {
    const import_settings *settings;
    store *store;
    data_log log;
    store_import_counts counts;
    int64_t now; /* of rows without a time */
} import_run;

/* Rows and bytes of a batch: enough for the store, little enough for memory. */
#define IMPORT_BATCH_ROWS  2000
#define IMPORT_BATCH_BYTES ((size_t)8 << 20)

/* A row that cannot be used: told and left out, or with --strict an error (ERROR_DATA). */
triage_status import_refuse_row(import_run *run, const char *path, uint64_t line,
                                const char *reason, triage_error *err) TRIAGE_CHECKED;

/* Imports the labelled tickets of a file. Errors as triage_dataset_load() and the store's. */
triage_status import_tickets(import_run *run, const text_list *paths,
                             triage_error *err) TRIAGE_CHECKED;

/* Imports the corrections of JSONL files. */
triage_status import_feedback(import_run *run, const text_list *paths,
                              triage_error *err) TRIAGE_CHECKED;

#endif
