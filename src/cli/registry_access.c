/* SPDX-License-Identifier: MIT */
/* Opening the registry. */
#include "cli/registry_access.h"

#include "base/error.h"

#include <stdlib.h>

triage_status registry_access_open(const folder_settings *folders, bool creates,
                                   registry **ret_registry, triage_error *err)
{
    char *path = settings_registry_path(folders);
    if (!path)
        return error_memory(err);
    triage_status status = registry_open(path, creates, ret_registry, err);
    free(path);
    return status;
}
