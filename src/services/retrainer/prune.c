/* SPDX-License-Identifier: MIT */
/* Which versions are needed, and the end of all others. */
#include "services/retrainer/prune.h"

#include "services/retrainer/lineage.h"

#include <string.h>

typedef struct needed {
    lineage past;
    char previous[REGISTRY_VERSION_SIZE]; /* "": none */
} needed;

static triage_status read_needed(registry *r, needed *ret_needed, triage_error *err)
{
    *ret_needed = (needed){.previous = ""};
    triage_status status = lineage_read(r, &ret_needed->past, err);
    if (status != TRIAGE_OK)
        return status;
    status = registry_previous(r, ret_needed->previous, err);
    return status == TRIAGE_ERROR_ARGUMENT ? TRIAGE_OK : status;
}

static bool is_needed(const needed *n, const char *version)
{
    return strcmp(version, n->past.champion) == 0 || strcmp(version, n->past.reference) == 0 ||
           strcmp(version, n->past.newest) == 0 || strcmp(version, n->previous) == 0;
}

static triage_status remove_one(registry *r, model_sync *sync, const char *version,
                                triage_error *err)
{
    triage_status status = sync ? model_sync_remove(sync, version, err) : TRIAGE_OK;
    return status == TRIAGE_OK ? registry_remove(r, version, err) : status;
}

triage_status prune_versions(registry *r, model_sync *sync, uint64_t keep, size_t *ret_n,
                             triage_error *err)
{
    registry_manifest *manifests = NULL;
    size_t n = 0;
    needed kept;
    *ret_n = 0;
    if (keep == 0)
        return TRIAGE_OK;
    triage_status status = read_needed(r, &kept, err);
    if (status == TRIAGE_OK)
        status = registry_list(r, &manifests, &n, err);
    if (status != TRIAGE_OK)
        return status;
    for (size_t i = 0; i + keep < n && status == TRIAGE_OK; i++) {
        if (is_needed(&kept, manifests[i].version))
            continue;
        status = remove_one(r, sync, manifests[i].version, err);
        *ret_n += status == TRIAGE_OK;
    }
    registry_manifests_free(manifests, n);
    return status;
}
