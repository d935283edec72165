/* SPDX-License-Identifier: MIT */
/* A hash table of counts. */
#include "cli/occurrences.h"

#include "base/mem.h"

#include <stdlib.h>

static occurrence *slot_of(occurrence *slots, size_t n_slots, uint64_t key)
{
    size_t i = (size_t)key & (n_slots - 1);
    while (slots[i].count > 0 && slots[i].key != key)
        i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static bool grow(occurrences *o)
{
    size_t n_slots = o->n_slots ? o->n_slots : 512;
    if (!size_multiply(n_slots, 2, &n_slots))
        return false;
    occurrence *slots = mem_new_zeroed(n_slots, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < o->n_slots; i++) {
        if (o->slots[i].count > 0)
            *slot_of(slots, n_slots, o->slots[i].key) = o->slots[i];
    }
    free(o->slots);
    o->slots = slots;
    o->n_slots = n_slots;
    return true;
}

bool occurrences_count(occurrences *o, uint64_t key, uint32_t *ret_count)
{
    if (o->n_used * 2 >= o->n_slots && !grow(o))
        return false;
    occurrence *slot = slot_of(o->slots, o->n_slots, key);
    o->n_used += slot->count == 0;
    slot->key = key;
    if (slot->count < UINT32_MAX)
        slot->count++;
    *ret_count = slot->count;
    return true;
}

void occurrences_free(occurrences *o)
{
    free(o->slots);
    *o = (occurrences){0};
}
