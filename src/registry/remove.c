/* SPDX-License-Identifier: MIT */
/* A version that goes: at once for others, whatever a crash leaves of it. */
#include "registry/registry.h"

#include "base/error.h"
#include "registry/folder.h"
#include "registry/version_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static triage_status check_spare(registry *r, const char *version, triage_error *err)
{
    char champion[REGISTRY_VERSION_SIZE] = "", previous[REGISTRY_VERSION_SIZE] = "";
    triage_status status = registry_champion(r, champion, err);
    if (status != TRIAGE_OK)
        return status;
    /* There may be none. */
    status = registry_previous(r, previous, err);
    if (status != TRIAGE_OK && status != TRIAGE_ERROR_ARGUMENT)
        return status;
    if (strcmp(version, champion) == 0 || strcmp(version, previous) == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s is live, or was before", version);
    return TRIAGE_OK;
}

/* The caller holds the lock, so that nobody puts the version live meanwhile. */
static triage_status remove_locked(registry *r, const char *version, triage_error *err)
{
    buffer from = {0}, to = {0};
    triage_status status = check_spare(r, version, err);
    if (status == TRIAGE_OK)
        status = folder_path(registry_folder(r), version, NULL, &from, err);
    /* An empty folder is replaced by the rename; as a leftover it is swept away some day. */
    if (status == TRIAGE_OK)
        status = folder_temporary(registry_folder(r), version, &to, err);
    if (status == TRIAGE_OK && rename(from.data, to.data) != 0) {
        bool is_missing = errno == ENOENT;
        status = error_errno(err, errno, "cannot delete", from.data);
        if (is_missing)
            status = error_set(err, TRIAGE_ERROR_ARGUMENT, "there is no version %s", version);
    }
    if (to.data)
        folder_discard(to.data);
    buffer_free(&from);
    buffer_free(&to);
    return status;
}

triage_status registry_remove(registry *r, const char *version, triage_error *err)
{
    int lock;
    triage_status status = version_name_check(version, err);
    if (status == TRIAGE_OK)
        status = folder_lock(registry_folder(r), &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = remove_locked(r, version, err);
    folder_unlock(lock);
    return status;
}
