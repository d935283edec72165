/* SPDX-License-Identifier: MIT */
/* The inside of meters: what is recorded into, and what is shown. For meters.c and exposition.c. */
#ifndef TELEMETRY_SERIES_H
#define TELEMETRY_SERIES_H

#include "telemetry/meters.h"

#include <pthread.h>
#include <stdatomic.h>

/* Slots of a family's hash table: a power of two, at most half of them used. */
#define FAMILY_N_SLOTS 2048

struct metric_series {
    const metric_row *row;
    atomic_bool is_shown;
    struct metric_series
        *next; /* in the order of their making; all of a family, removed ones too */
    uint64_t hash;
    char *key; /* owned: the label values, each with its NUL */
    size_t key_length;
    char *labels; /* owned: `a="b",c="d"`, escaped; "" without labels */
    /* Of a counter the whole numbers, which need a single addition; their rest is in `sum`. */
    _Atomic uint64_t whole;
    /* The bits of a double: a gauge's value, the sum of a histogram, the rest of a counter. */
    _Atomic uint64_t sum;
    /* A histogram's: n_buckets + 1 counts, not cumulative, the last above the highest bound. */
    _Atomic uint64_t counts[];
};

typedef struct metric_family {
    const metric_row *row;
    size_t n_labels;
    _Atomic(metric_series *) *slots; /* owned; NULL without labels */
    size_t n_series;                 /* in the slots */
    metric_series *first, *last;
    metric_series *other; /* for what has no place; without labels the only one */
} metric_family;

struct meters {
    pthread_mutex_t lock; /* for changes of families; readers of a slot need none */
    metric_family *families;
    size_t n_families;
};

static inline double series_sum(const metric_series *s)
{
    uint64_t bits = atomic_load_explicit(&s->sum, memory_order_relaxed);
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
