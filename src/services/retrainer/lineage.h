/* SPDX-License-Identifier: MIT */
/*
 * What earlier runs have done, read from the registry. A version counts once it was decided on:
 * promoted or rejected. One that was added by a run that was cut off before that is passed over, so
 * that its corrections are trained on again.
 */
#ifndef RETRAINER_LINEAGE_H
#define RETRAINER_LINEAGE_H

#include "registry/registry.h"
#include "services/retrainer/base_tickets.h"

typedef struct lineage {
    char champion[REGISTRY_VERSION_SIZE];  /* "": none */
    char reference[REGISTRY_VERSION_SIZE]; /* what its successors are held against, too: an earlier
                                            * version; "": the champion itself */
    bool has_champion_base;                /* the champion says what it was trained on */
    base_kind champion_base;
    char newest[REGISTRY_VERSION_SIZE]; /* the newest version that was decided on; "": none */
    uint64_t newest_hash;               /* what it was trained on: registry_manifest.data_hash */
    int64_t newest_created_at;          /* ms since 1970 UTC */
    uint64_t feedback_sequence;         /* the last correction that any of them has looked at */
} lineage;

triage_status lineage_read(registry *r, lineage *ret_lineage, triage_error *err) TRIAGE_CHECKED;

#endif
