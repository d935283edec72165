/* SPDX-License-Identifier: MIT */
/* Old versions that nobody needs any more. */
#ifndef RETRAINER_PRUNE_H
#define RETRAINER_PRUNE_H

#include "services/model_sync.h"

/*
 * Deletes all versions but the newest `keep` (0: none is deleted), what is live, what was live
 * before, and what candidates are held against; with `sync` (NULL: none) in the store first, and so
 * everywhere. Under the retrainer's lock. `*ret_n` is how many are gone, also after a failure.
 */
triage_status prune_versions(registry *r, model_sync *sync, uint64_t keep, size_t *ret_n,
                             triage_error *err) TRIAGE_CHECKED;

#endif
