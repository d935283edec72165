/* SPDX-License-Identifier: MIT */
/* Tickets copied into one run of bytes. */
#include "cli/ticket_batch.h"

#include "base/mem.h"

#include <stdlib.h>

void ticket_batch_clear(ticket_batch *b)
{
    buffer_clear(&b->bytes);
    b->count = 0;
}

void ticket_batch_free(ticket_batch *b)
{
    buffer_free(&b->bytes);
    free(b->tickets);
    *b = (ticket_batch){0};
}

bool ticket_batch_add(ticket_batch *b, size_t kept_start, slice text)
{
    /* One byte more, so that even a batch of empty tickets has an address. */
    if (!buffer_reserve(&b->bytes, text.length + 1) || b->bytes.failed)
        return false;
    ticket_place place = {
        .kept_start = kept_start,
        .kept_length = b->bytes.length - kept_start,
        .text_start = b->bytes.length,
        .text_length = text.length,
    };
    buffer_append(&b->bytes, text.data, text.length);
    if (!mem_reserve((void **)&b->tickets, &b->capacity, b->count + 1, sizeof *b->tickets))
        return false;
    b->tickets[b->count++] = place;
    return true;
}

ticket ticket_batch_get(const ticket_batch *b, size_t i)
{
    const ticket_place *place = &b->tickets[i];
    return (ticket){
        .kept = {b->bytes.data + place->kept_start, place->kept_length},
        .text = {b->bytes.data + place->text_start, place->text_length},
    };
}
