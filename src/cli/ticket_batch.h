/* SPDX-License-Identifier: MIT */
/*
 * Some tickets in memory, copied out of what is being read, so that several threads may predict
 * them. Thread-owned while it is filled, shared-immutable while it is predicted.
 */
#ifndef CLI_TICKET_BATCH_H
#define CLI_TICKET_BATCH_H

#include "base/buffer.h"
#include "data/slice.h"

#include <stdbool.h>

/* Where a ticket stands in the batch's bytes. */
typedef struct ticket_place {
    size_t kept_start, kept_length; /* what the output keeps of the row */
    size_t text_start, text_length;
} ticket_place;

typedef struct ticket_batch {
    buffer bytes;
    ticket_place *tickets; /* owned */
    size_t count, capacity;
} ticket_batch;

/* A ticket of the batch; valid until the batch is changed. */
typedef struct ticket {
    slice kept, text;
} ticket;

/* Empties the batch and keeps its memory. */
void ticket_batch_clear(ticket_batch *b);
void ticket_batch_free(ticket_batch *b);

/*
 * Adds a ticket whose kept part has just been appended to `bytes`, from `kept_start` to its end.
 * False if out of memory.
 */
bool ticket_batch_add(ticket_batch *b, size_t kept_start, slice text)
    __attribute__((warn_unused_result));

ticket ticket_batch_get(const ticket_batch *b, size_t i);

#endif
