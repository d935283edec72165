/* SPDX-License-Identifier: MIT */
/*
 * Tickets on their way into training: a dataset whose fields may still grow, and beside it the hash
 * of each text. Thread-owned. Zero-initialised is empty.
 */
#ifndef RETRAINER_TICKET_POOL_H
#define RETRAINER_TICKET_POOL_H

#include "data/slice.h"
#include "triage/dataset.h"

typedef struct ticket_pool {
    triage_dataset *dataset; /* owned; NULL until there is a field */
    uint64_t *hashes;        /* of the normalised texts, one a ticket; owned */
    size_t capacity;
} ticket_pool;

void ticket_pool_free(ticket_pool *p); /* frees what it holds */

size_t ticket_pool_size(const ticket_pool *p);

/* The index of the field `name`; false if there is none. */
bool ticket_pool_find_field(const ticket_pool *p, const char *name, size_t *ret_field);

/* The same; adds it if there is none. ERROR_MEMORY, ERROR_ARGUMENT (too many). */
triage_status ticket_pool_field(ticket_pool *p, const char *name, size_t *ret_field,
                                triage_error *err) TRIAGE_CHECKED;

/*
 * Adds a ticket; `labels` has one a field (length 0: none). A label that cannot be one is left out.
 * There must be a field. ERROR_MEMORY; ERROR_DATA if a field has too many labels.
 */
triage_status ticket_pool_add(ticket_pool *p, slice text, uint64_t text_hash, const slice *labels,
                              triage_error *err) TRIAGE_CHECKED;

#endif
