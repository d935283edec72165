/* SPDX-License-Identifier: MIT */
/* The keys that are valid at one moment: an immutable hash table from hash to owner. */
#ifndef SERVICES_KEY_TABLE_H
#define SERVICES_KEY_TABLE_H

#include "http/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 in hexadecimal, and a NUL. */
#define KEY_HASH_SIZE 65

typedef struct key_entry {
    char hash[KEY_HASH_SIZE];
    http_identity identity;
} key_entry;

/* Zero-initialise, add all, then build. */
typedef struct key_table {
    key_entry *entries;
    size_t n_entries, capacity;
    uint32_t *slots; /* index of an entry + 1, 0: free; linear probing */
    size_t n_slots;  /* a power of 2 */
    bool has_any;    /* a key was made at some time, even if it is not valid any more */
} key_table;

void key_table_free(key_table *t); /* frees what it holds */

/* False if out of memory. `hash` has KEY_HASH_SIZE - 1 characters. */
bool key_table_add(key_table *t, const char *hash, const char *id, size_t id_length, http_role role)
    __attribute__((warn_unused_result));
bool key_table_build(key_table *t) __attribute__((warn_unused_result));

/* The owner of the key with that hash, or NULL. */
const http_identity *key_table_find(const key_table *t, const char hash[KEY_HASH_SIZE]);

#endif
