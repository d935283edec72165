/* SPDX-License-Identifier: MIT */
/*
 * The live model of a backend, copied into the registry of this process and put live here: for an
 * inference server that has neither a store nor a folder that others write to. A thread asks for
 * the champion's manifest, which costs next to nothing while it is the one that is live here (304),
 * and fetches the model if it is not. A download that is not what the manifest says, or no model,
 * changes nothing. After a fault it waits twice as long each time, up to half a minute.
 *
 * Thread-safety: shared.
 */
#ifndef INFERENCE_MODEL_PULL_H
#define INFERENCE_MODEL_PULL_H

#include "registry/registry.h"
#include "services/model_copy.h"

#include <stddef.h>

typedef struct model_pull model_pull;

typedef struct model_pull_options {
    const char *const *urls; /* "http://backend:8080": the first that answers; borrowed, as all */
    size_t n_urls;
    const char *key; /* sent as a bearer token; NULL: none */
    registry *registry;
    uint32_t poll_ms;         /* 0: 1000 */
    model_copy_note on_event; /* from the thread; NULL: none */
    void *context;
} model_pull_options;

/* Starts the thread. ERROR_ARGUMENT (an address that is none), ERROR_MEMORY, ERROR_IO (no thread,
 * no libcurl). */
triage_status model_pull_start(const model_pull_options *options, model_pull **ret_pull,
                               triage_error *err) TRIAGE_CHECKED;
/* Ends the thread, also in the middle of a download; NULL is fine. */
void model_pull_stop(model_pull *p);

/* The last fault, "" if the last round succeeded; copied. */
void model_pull_fault(model_pull *p, char *ret_text, size_t size);

#endif
