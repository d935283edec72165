/* SPDX-License-Identifier: MIT */
/*
 * Accepted corrections by the text that they are about: for each text and field the latest one.
 * Thread-owned while it is read, then immutable.
 */
#ifndef RETRAINER_CORRECTIONS_H
#define RETRAINER_CORRECTIONS_H

#include "services/retrainer/ticket_pool.h"
#include "store/store.h"

/* Zero-initialised is empty. */
typedef struct corrections {
    struct corrected_text *texts; /* by first appearance; owned */
    size_t n_texts, texts_capacity;
    struct correction *items; /* owned */
    size_t n_items, items_capacity;
    uint32_t *slots;        /* hash table: index into texts + 1; 0: free */
    size_t n_slots;         /* a power of two, or 0 */
    uint64_t last_sequence; /* the highest that was read, 0 if none */
} corrections;

/* Reads all accepted corrections of the store. ERROR_MEMORY, errors of the store. */
triage_status corrections_read(store *s, corrections *ret_corrections,
                               triage_error *err) TRIAGE_CHECKED;
void corrections_free(corrections *c); /* frees what it holds */

/* The index (< n_texts) of the text with this hash; false if nobody has corrected it. */
bool corrections_find(const corrections *c, uint64_t text_hash, size_t *ret_text);

/*
 * Adds each corrected text to `pool` as a ticket, with the corrected labels alone, in the order of
 * the indices; fields that the pool does not have are left out. `*ret_n` is how many corrections
 * were taken. ERROR_MEMORY, ERROR_DATA.
 */
triage_status corrections_add_to(const corrections *c, ticket_pool *pool, uint64_t *ret_n,
                                 triage_error *err) TRIAGE_CHECKED;

#endif
