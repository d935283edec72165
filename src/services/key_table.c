/* SPDX-License-Identifier: MIT */
/* Keys by their hash. */
#include "services/key_table.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#define HASH_LENGTH (KEY_HASH_SIZE - 1)

void key_table_free(key_table *t)
{
    free(t->entries);
    free(t->slots);
    *t = (key_table){0};
}

bool key_table_add(key_table *t, const char *hash, const char *id, size_t id_length, http_role role)
{
    if (t->n_entries >= UINT32_MAX / 4 ||
        !mem_reserve((void **)&t->entries, &t->capacity, t->n_entries + 1, sizeof *t->entries))
        return false;
    key_entry *entry = &t->entries[t->n_entries++];
    *entry = (key_entry){.identity = {.role = role}};
    memcpy(entry->hash, hash, HASH_LENGTH);
    size_t room = sizeof entry->identity.id - 1;
    memcpy(entry->identity.id, id, id_length < room ? id_length : room);
    return true;
}

bool key_table_build(key_table *t)
{
    size_t n_slots = 16;
    while (n_slots < 2 * t->n_entries)
        n_slots *= 2;
    t->slots = mem_new_zeroed(n_slots, sizeof *t->slots);
    if (!t->slots)
        return false;
    t->n_slots = n_slots;
    for (size_t i = 0; i < t->n_entries; i++) {
        size_t slot = hash_bytes(t->entries[i].hash, HASH_LENGTH) & (n_slots - 1);
        while (t->slots[slot])
            slot = (slot + 1) & (n_slots - 1);
        t->slots[slot] = (uint32_t)(i + 1);
    }
    return true;
}

/* Where the search begins depends on a hash of the key, which tells nothing of the key itself. */
const http_identity *key_table_find(const key_table *t, const char hash[KEY_HASH_SIZE])
{
    size_t slot = hash_bytes(hash, HASH_LENGTH) & (t->n_slots - 1);
    for (; t->slots[slot]; slot = (slot + 1) & (t->n_slots - 1)) {
        const key_entry *entry = &t->entries[t->slots[slot] - 1];
        if (secret_equal(entry->hash, hash, HASH_LENGTH))
            return &entry->identity;
    }
    return NULL;
}
