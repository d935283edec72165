/* SPDX-License-Identifier: MIT */
/*
 * The live model: hazard pointers, one a slot, and a list of all models that are mapped.
 *
 * A reader announces in its slot the model that it is about to use and then looks whether that is
 * still the live one; a writer replaces the live one and then looks into the slots. Whichever comes
 * second sees the other (both are sequentially consistent), so that a model is never freed under a
 * reader. Everything else, the lists of models, slots and predictors, is behind one mutex, which a
 * reader takes only when a model is new to its slot.
 */
#include "registry/holder.h"

#include "base/error.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A predictor of one model for one slot; the model's, freed with it. */
typedef struct live_predictor {
    struct live_predictor *next;
    const holder_slot *slot;
    triage_predictor *predictor;
} live_predictor;

/* A cache line of its own each: the hazard is written at every request. */
struct holder_slot {
    alignas(64) _Atomic(live_model *) hazard;
    /* The owning thread's: the predictor that it used last, and the number of its model. Numbers
     * are not used again, so that a predictor that went with its model is not taken for another. */
    triage_predictor *predictor;
    uint64_t number;
    holder *holder;
    holder_slot *next; /* under the mutex */
};

struct holder {
    _Atomic(live_model *) live;
    pthread_mutex_t mutex; /* guards all below, and the predictors of all models */
    live_model *models;    /* all that are mapped, the newest first */
    holder_slot *slots;
    uint64_t n_published;
};

_Static_assert(sizeof(holder_slot) == 64, "a slot is one cache line");

triage_status holder_new(holder **ret_holder, triage_error *err)
{
    holder *h = mem_new_zeroed(1, sizeof *h);
    if (!h)
        return error_memory(err);
    if (pthread_mutex_init(&h->mutex, NULL) != 0) {
        free(h);
        return error_memory(err);
    }
    atomic_init(&h->live, NULL);
    *ret_holder = h;
    return TRIAGE_OK;
}

/* Frees a list of models that nobody can reach any more. */
static void free_models(live_model *models)
{
    while (models) {
        live_model *older = models->older;
        while (models->predictors) {
            live_predictor *next = models->predictors->next;
            triage_predictor_free(models->predictors->predictor);
            free(models->predictors);
            models->predictors = next;
        }
        if (models->free_extra)
            models->free_extra(models->extra);
        triage_model_free(models->model);
        free(models);
        models = older;
    }
}

void holder_free(holder *h)
{
    if (!h)
        return;
    assert(!h->slots);
    free_models(h->models);
    pthread_mutex_destroy(&h->mutex);
    free(h);
}

triage_status holder_join(holder *h, holder_slot **ret_slot, triage_error *err)
{
    holder_slot *slot = mem_new_aligned(1, sizeof *slot);
    if (!slot)
        return error_memory(err);
    memset(slot, 0, sizeof *slot);
    atomic_init(&slot->hazard, NULL);
    slot->holder = h;
    pthread_mutex_lock(&h->mutex);
    slot->next = h->slots;
    h->slots = slot;
    pthread_mutex_unlock(&h->mutex);
    *ret_slot = slot;
    return TRIAGE_OK;
}

/* Takes the slot's predictors out of the model's list and puts them into `*taken`. */
static void take_predictors(live_model *model, const holder_slot *slot, live_predictor **taken)
{
    live_predictor **place = &model->predictors;
    while (*place) {
        live_predictor *p = *place;
        if (p->slot == slot) {
            *place = p->next;
            p->next = *taken;
            *taken = p;
        } else
            place = &p->next;
    }
}

void holder_leave(holder *h, holder_slot *slot)
{
    live_predictor *taken = NULL;
    assert(!atomic_load(&slot->hazard));
    pthread_mutex_lock(&h->mutex);
    for (live_model *model = h->models; model; model = model->older)
        take_predictors(model, slot, &taken);
    holder_slot **place = &h->slots;
    while (*place != slot)
        place = &(*place)->next;
    *place = slot->next;
    /* Models that only this slot kept go with the next collection. Its predictors are freed here
     * under the mutex, so that none of their models goes before. */
    while (taken) {
        live_predictor *next = taken->next;
        triage_predictor_free(taken->predictor);
        free(taken);
        taken = next;
    }
    pthread_mutex_unlock(&h->mutex);
    free(slot);
}

const live_model *holder_acquire(holder *h, holder_slot *slot)
{
    live_model *live = atomic_load_explicit(&h->live, memory_order_acquire);
    for (;;) {
        atomic_store(&slot->hazard, live);
        live_model *now = atomic_load(&h->live);
        if (now == live)
            return live;
        live = now;
    }
}

void holder_release(holder_slot *slot)
{
    atomic_store_explicit(&slot->hazard, NULL, memory_order_release);
}

/* The model is acquired, so that it stays while its list grows. */
static triage_status make_predictor(holder_slot *slot, live_model *live, triage_error *err)
{
    live_predictor *p = mem_new_zeroed(1, sizeof *p);
    if (!p)
        return error_memory(err);
    triage_status status = triage_predictor_new(live->model, &p->predictor, err);
    if (status != TRIAGE_OK) {
        free(p);
        return status;
    }
    p->slot = slot;
    pthread_mutex_lock(&slot->holder->mutex);
    p->next = live->predictors;
    live->predictors = p;
    pthread_mutex_unlock(&slot->holder->mutex);
    slot->predictor = p->predictor;
    slot->number = live->number;
    return TRIAGE_OK;
}

triage_status holder_predictor(holder_slot *slot, const live_model *live,
                               triage_predictor **ret_predictor, triage_error *err)
{
    /* The slot's own pointer is the same model, and may be changed. */
    live_model *own = atomic_load_explicit(&slot->hazard, memory_order_relaxed);
    assert(own == live);
    if (slot->number != live->number) {
        triage_status status = make_predictor(slot, own, err);
        if (status != TRIAGE_OK)
            return status;
    }
    *ret_predictor = slot->predictor;
    return TRIAGE_OK;
}

static bool is_in_use(const holder *h, const live_model *model)
{
    for (const holder_slot *slot = h->slots; slot; slot = slot->next)
        if (atomic_load(&slot->hazard) == model)
            return true;
    return false;
}

/* Takes all models out of the list that are neither live nor in use; the mutex is held. */
static live_model *take_unused(holder *h)
{
    live_model *unused = NULL, **place = &h->models;
    while (*place) {
        live_model *model = *place;
        if (model == atomic_load(&h->live) || is_in_use(h, model)) {
            place = &model->older;
            continue;
        }
        *place = model->older;
        model->older = unused;
        unused = model;
    }
    return unused;
}

void holder_publish(holder *h, live_model *live)
{
    pthread_mutex_lock(&h->mutex);
    live->predictors = NULL;
    live->number = ++h->n_published;
    live->older = h->models;
    h->models = live;
    atomic_store(&h->live, live);
    live_model *unused = take_unused(h);
    pthread_mutex_unlock(&h->mutex);
    free_models(unused);
}

void holder_collect(holder *h)
{
    pthread_mutex_lock(&h->mutex);
    live_model *unused = take_unused(h);
    pthread_mutex_unlock(&h->mutex);
    free_models(unused);
}

size_t holder_n_models(holder *h)
{
    size_t n = 0;
    pthread_mutex_lock(&h->mutex);
    for (const live_model *model = h->models; model; model = model->older)
        n++;
    pthread_mutex_unlock(&h->mutex);
    return n;
}
