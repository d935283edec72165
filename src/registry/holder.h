/* SPDX-License-Identifier: MIT */
/*
 * The live model, for many threads that predict while it is swapped.
 *
 * Readers take no lock: each thread that predicts has a slot of its own (holder_slot) in which it
 * announces the model that it uses; the publisher replaces one pointer and frees the old model when
 * no slot names it any more (hazard pointers: Michael 2004). A request that began on a model ends
 * on it. A thread that is idle keeps no model: predictors belong to their model, not to the slot,
 * and go with it.
 *
 * A live model is immutable: the mapped file, its version, and what else was computed from it once
 * (`extra`, for example its labels as JSON).
 */
#ifndef REGISTRY_HOLDER_H
#define REGISTRY_HOLDER_H

#include "registry/registry.h"

typedef struct holder holder;
typedef struct holder_slot holder_slot;

typedef struct live_model {
    triage_model *model;
    char version[REGISTRY_VERSION_SIZE];
    char sha256[65];
    int64_t loaded_at; /* ms since 1970 UTC */
    void *extra;       /* the owner's, freed with free_extra (NULL: not freed) */
    void (*free_extra)(void *extra);
    /* The holder's own; zero until it is published. */
    struct live_model *older;
    struct live_predictor *predictors;
    uint64_t number;
} live_model;

/* ERROR_MEMORY. */
triage_status holder_new(holder **ret_holder, triage_error *err) TRIAGE_CHECKED;
/* All slots must have been given back. Frees the live model, too. NULL is fine. */
void holder_free(holder *h);

/* A slot for one thread at a time, to be given back by holder_leave() while nothing is acquired.
 * ERROR_MEMORY. */
triage_status holder_join(holder *h, holder_slot **ret_slot, triage_error *err) TRIAGE_CHECKED;
void holder_leave(holder *h, holder_slot *slot);

/*
 * The live model, or NULL if none has been published yet; valid until holder_release() of the same
 * slot. Wait-free but for a retry when a swap happens at that very moment. Not nested.
 */
const live_model *holder_acquire(holder *h, holder_slot *slot);
void holder_release(holder_slot *slot);

/* The slot's predictor for the acquired model, made when the model is new to the slot (only then a
 * lock is taken); valid until holder_release(). ERROR_MEMORY. */
triage_status holder_predictor(holder_slot *slot, const live_model *live,
                               triage_predictor **ret_predictor, triage_error *err) TRIAGE_CHECKED;

/* Publishes `live` (from malloc, taken over) and frees earlier ones that no slot uses; any thread
 * that has acquired nothing. */
void holder_publish(holder *h, live_model *live);

/* Frees earlier models that no slot uses any more; called now and then by the watcher, from any
 * thread. */
void holder_collect(holder *h);

/* How many models are mapped, the live one included. */
size_t holder_n_models(holder *h);

#endif
