/* SPDX-License-Identifier: MIT */
/* The labelled tickets that training begins with, before any correction. */
#ifndef RETRAINER_BASE_TICKETS_H
#define RETRAINER_BASE_TICKETS_H

#include "services/retrainer/ticket_pool.h"
#include "store/store.h"

/* Where they come from: the first of these that there is. */
typedef enum base_kind {
    BASE_FILES,   /* the files that the options name */
    BASE_STORE,   /* tickets that were imported */
    BASE_STARTER, /* the starter tickets in the program */
} base_kind;

/* "files", "store", "starter". */
const char *base_kind_name(base_kind kind);
bool base_kind_parse(const char *name, base_kind *ret_kind) TRIAGE_CHECKED;

typedef struct base_source {
    store *store;             /* borrowed */
    const char *const *files; /* borrowed */
    size_t n_files;
    const triage_read_options *read; /* of the files; NULL: defaults */
} base_source;

/* Which kind there is. Errors of the store. */
triage_status base_tickets_kind(const base_source *source, base_kind *ret_kind,
                                triage_error *err) TRIAGE_CHECKED;

/* Adds the tickets of `kind` to `pool`. Errors of the store and of triage_dataset_load(). */
triage_status base_tickets_load(const base_source *source, base_kind kind, ticket_pool *pool,
                                triage_error *err) TRIAGE_CHECKED;

#endif
