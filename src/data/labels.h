/* SPDX-License-Identifier: MIT */
/*
 * The labels of one field: a table of the spellings met, from which the labels proper are made by
 * merging those that differ only in case, in inner white space or in how their characters are
 * composed. Thread-owned while it is filled, then immutable.
 */
#ifndef DATA_LABELS_H
#define DATA_LABELS_H

#include "data/slice.h"
#include "triage/status.h"

#include <stdint.h>

typedef struct label_spelling {
    char *text; /* owned, NUL-terminated */
    size_t length;
    uint64_t hash, count;
} label_spelling;

typedef struct label_table {
    label_spelling *spellings; /* in order of appearance; after labels_merge() the labels */
    size_t n, capacity;
    uint32_t *slots; /* index into spellings + 1; 0: free */
    size_t n_slots;  /* a power of two, at least twice n; or 0 */
    uint32_t last;   /* the spelling found last: the next ticket often has the same */
} label_table;

void labels_free(label_table *table);

/* `s` without white space at both ends, as Unicode defines white space. `s` may be any bytes. */
slice label_trim(slice s);

/* Whether `s` is nothing but white space; stops at the first byte that is not. */
bool slice_is_blank(slice s);

/* NULL if `label` may be one; else what is wrong with it: not UTF-8, a NUL in it, too long. */
const char *label_problem(slice label);

/*
 * Counts `label` (trimmed, not empty, without a problem) and gives its number in order of
 * appearance. ERROR_MEMORY; ERROR_DATA if there are more than MAX_LABELS.
 */
triage_status labels_add(label_table *table, slice label, int32_t *ret_number,
                         triage_error *err) TRIAGE_CHECKED;

/* Called for a spelling that is folded into another one. */
typedef void (*label_merged)(void *context, const label_spelling *spelling,
                             const label_spelling *into);

/*
 * Merges spellings into the most frequent one (of equally frequent ones the first in byte order),
 * sorts the labels in byte order and gives, for each number of labels_add(), the label's index;
 * `*ret_index` is the caller's, freed with free(). The counts are those of the merged labels.
 */
triage_status labels_merge(label_table *table, label_merged on_merge, void *context,
                           int32_t **ret_index, triage_error *err) TRIAGE_CHECKED;

#endif
