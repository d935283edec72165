/* SPDX-License-Identifier: MIT */
/* The registry for commands that work on what services use; with --registry-sync through the store,
 * so that all services follow. */
#ifndef CLI_REGISTRY_ACCESS_H
#define CLI_REGISTRY_ACCESS_H

#include "cli/store_access.h"
#include "services/model_sync.h"

typedef struct registry_access {
    registry *registry;
    store *store;     /* NULL without --registry-sync, as is the next */
    model_sync *sync; /* has pulled once */
} registry_access;

/* `creates`: a folder that is not there is made; a copy of the store's versions always is. What is
 * open is to be closed also after a failure. */
triage_status registry_access_open(const access_settings *settings, bool is_synchronised,
                                   bool creates, registry_access *ret_access,
                                   triage_error *err) TRIAGE_CHECKED;
void registry_access_close(registry_access *a);

/* registry_add(), with the champion as the manifest's parent. ERROR_IO while a retrainer works,
 * which adds versions, too. */
triage_status registry_access_add(registry_access *a, const triage_model *model,
                                  registry_manifest *manifest, triage_error *err) TRIAGE_CHECKED;
/* registry_promote(), registry_rollback(), for all services. */
triage_status registry_access_promote(registry_access *a, const char *version, const char *who,
                                      const char *reason, triage_error *err) TRIAGE_CHECKED;
triage_status registry_access_rollback(registry_access *a, const char *who, const char *reason,
                                       char ret_version[REGISTRY_VERSION_SIZE],
                                       triage_error *err) TRIAGE_CHECKED;

#endif
