/* SPDX-License-Identifier: MIT */
/* A registry of this machine, or the one that services share through the store. */
#include "cli/registry_access.h"

#include "base/error.h"

#include <stdlib.h>

static triage_status open_sync(const access_settings *settings, registry_access *a,
                               triage_error *err)
{
    triage_status status = store_access_open(settings, false, &a->store, err);
    if (status != TRIAGE_OK)
        return status;
    model_sync_options options = {.store = a->store, .registry = a->registry};
    status = model_sync_new(&options, &a->sync, err);
    return status == TRIAGE_OK ? model_sync_pull(a->sync, err) : status;
}

triage_status registry_access_open(const access_settings *settings, bool is_synchronised,
                                   bool creates, registry_access *ret_access, triage_error *err)
{
    *ret_access = (registry_access){0};
    char *path = settings_registry_path(&settings->folders);
    if (!path)
        return error_memory(err);
    triage_status status =
        registry_open(path, creates || is_synchronised, &ret_access->registry, err);
    free(path);
    return status == TRIAGE_OK && is_synchronised ? open_sync(settings, ret_access, err) : status;
}

void registry_access_close(registry_access *a)
{
    model_sync_free(a->sync);
    store_close(a->store);
    registry_close(a->registry);
    *a = (registry_access){0};
}

static triage_status add_here(registry_access *a, const triage_model *model, registry_manifest *m,
                              triage_error *err)
{
    triage_status status = registry_champion(a->registry, m->parent, err);
    return status == TRIAGE_OK ? registry_add(a->registry, model, m, err) : status;
}

/* Under the retrainer's lock, as it does it: no number is given out twice. */
static triage_status add_locked(registry_access *a, const triage_model *model, registry_manifest *m,
                                triage_error *err)
{
    triage_status status = model_sync_seed(a->sync, err);
    if (status == TRIAGE_OK)
        status = model_sync_pull(a->sync, err);
    if (status == TRIAGE_OK)
        status = add_here(a, model, m, err);
    return status == TRIAGE_OK ? model_sync_put(a->sync, m->version, err) : status;
}

triage_status registry_access_add(registry_access *a, const triage_model *model,
                                  registry_manifest *manifest, triage_error *err)
{
    bool is_held = false;
    if (!a->sync)
        return add_here(a, model, manifest, err);
    triage_status status = store_lock_retrainer(a->store, &is_held, err);
    if (status != TRIAGE_OK)
        return status;
    if (!is_held)
        return error_set(err, TRIAGE_ERROR_IO, "a retrainer is adding a version; try again");
    status = add_locked(a, model, manifest, err);
    store_unlock_retrainer(a->store);
    return status;
}

triage_status registry_access_promote(registry_access *a, const char *version, const char *who,
                                      const char *reason, triage_error *err)
{
    return a->sync ? model_sync_promote(a->sync, version, NULL, who, reason, err)
                   : registry_promote(a->registry, version, NULL, who, reason, err);
}

triage_status registry_access_rollback(registry_access *a, const char *who, const char *reason,
                                       char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    char previous[REGISTRY_VERSION_SIZE];
    return a->sync ? model_sync_rollback(a->sync, who, reason, previous, ret_version, err)
                   : registry_rollback(a->registry, who, reason, ret_version, err);
}
