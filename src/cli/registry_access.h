/* SPDX-License-Identifier: MIT */
/* The registry for commands that work on what a service keeps. */
#ifndef CLI_REGISTRY_ACCESS_H
#define CLI_REGISTRY_ACCESS_H

#include "registry/registry.h"
#include "services/settings.h"

/* Opens the registry, whose folder must be there unless `creates`. To be closed with
 * registry_close(). */
triage_status registry_access_open(const folder_settings *folders, bool creates,
                                   registry **ret_registry, triage_error *err) TRIAGE_CHECKED;

#endif
