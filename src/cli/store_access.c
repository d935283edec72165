/* SPDX-License-Identifier: MIT */
/* Opening the store. */
#include "cli/store_access.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_file(const char *address)
{
    return strncmp(address, "postgresql://", 13) != 0 && strncmp(address, "postgres://", 11) != 0;
}

triage_status store_access_open(const access_settings *settings, bool creates, store **ret_store,
                                triage_error *err)
{
    triage_status status = TRIAGE_OK;
    char *address = settings_store_address(&settings->folders, &settings->store);
    if (!address)
        return error_memory(err);
    if (!creates && is_file(address) && access(address, F_OK) != 0)
        status = error_set(err, TRIAGE_ERROR_IO,
                           "there is no store at '%s'; see --data-dir and --store", address);
    else if (creates && !settings->store.address)
        status = settings_make_data_dir(&settings->folders, err);
    if (status == TRIAGE_OK)
        status = store_open(address, ret_store, err);
    free(address);
    return status;
}
