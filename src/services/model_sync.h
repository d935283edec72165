/* SPDX-License-Identifier: MIT */
/*
 * Model versions through the store, for processes that share no folder. The store has the versions
 * and their history, whose last change names the champion: that is the truth, and the registry
 * folder of each process is a copy of it. A change is made in the store first and then followed
 * here, as everywhere else.
 *
 * New versions are added by the retrainer alone, under its lock, and after model_sync_pull(), so
 * that no number is given out twice.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_MODEL_SYNC_H
#define SERVICES_MODEL_SYNC_H

#include "registry/registry.h"
#include "services/model_copy.h"
#include "store/store.h"

typedef struct model_sync model_sync;

typedef struct model_sync_options {
    store *store;             /* borrowed, as is the registry */
    registry *registry;       /* of this process */
    uint32_t retry_ms;        /* after a fault; 0: 1000 */
    model_copy_note on_event; /* from any thread that calls; NULL: none */
    void *context;
} model_sync_options;

/* Pulls once, whose failure is told and is no error here. ERROR_MEMORY. */
triage_status model_sync_new(const model_sync_options *options, model_sync **ret_sync,
                             triage_error *err) TRIAGE_CHECKED;
/* Starts the thread that pulls whenever the store tells of changes. ERROR_IO. */
triage_status model_sync_start(model_sync *s, triage_error *err) TRIAGE_CHECKED;
/* Ends the thread; NULL is fine. */
void model_sync_free(model_sync *s);

/* Brings the registry to where the store is: the champion first, then all other versions. OK only
 * if all of them are here. */
triage_status model_sync_pull(model_sync *s, triage_error *err) TRIAGE_CHECKED;

/* Gives the store all that this registry has, if the store has neither versions nor history: once,
 * when an installation begins to use it. Under the retrainer's lock. */
triage_status model_sync_seed(model_sync *s, triage_error *err) TRIAGE_CHECKED;

/* Gives the store a version of this registry. */
triage_status model_sync_put(model_sync *s, const char *version, triage_error *err) TRIAGE_CHECKED;

/* Deletes a version in the store; the registries of all others follow, as soon as they can. */
triage_status model_sync_remove(model_sync *s, const char *version,
                                triage_error *err) TRIAGE_CHECKED;

/*
 * As registry_promote(), registry_rollback() and registry_reject(), for all processes. OK means
 * that the store has it; this registry follows at once if it can, else when the thread has caught
 * up. `expected` may be NULL.
 */
triage_status model_sync_promote(model_sync *s, const char *version, const char *expected,
                                 const char *who, const char *reason,
                                 triage_error *err) TRIAGE_CHECKED;
triage_status model_sync_rollback(model_sync *s, const char *who, const char *reason,
                                  char ret_previous[REGISTRY_VERSION_SIZE],
                                  char ret_version[REGISTRY_VERSION_SIZE],
                                  triage_error *err) TRIAGE_CHECKED;
triage_status model_sync_reject(model_sync *s, const char *version, const char *champion,
                                const char *who, const char *reason,
                                triage_error *err) TRIAGE_CHECKED;

/* The last fault, "" if the last pull succeeded; copied. */
void model_sync_fault(model_sync *s, char *ret_text, size_t size);

#endif
