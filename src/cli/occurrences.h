/* SPDX-License-Identifier: MIT */
/* How often each key of 64 bits has been seen. Thread-owned. */
#ifndef CLI_OCCURRENCES_H
#define CLI_OCCURRENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct occurrence {
    uint64_t key;
    uint32_t count; /* 0: the slot is free */
} occurrence;

/* Zero-initialised is empty. */
typedef struct occurrences {
    occurrence *slots; /* linear probing; keys are hashes already */
    size_t n_slots, n_used;
} occurrences;

/* Counts `key` and gives how often it has been seen, from 1. False if out of memory. */
bool occurrences_count(occurrences *o, uint64_t key, uint32_t *ret_count)
    __attribute__((warn_unused_result));
void occurrences_free(occurrences *o);

#endif
