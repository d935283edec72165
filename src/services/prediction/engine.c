/* SPDX-License-Identifier: MIT */
/* A thread's way to the live model, and one prediction with it. */
#include "services/prediction/engine.h"

#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct engine {
    holder *holder;
    pthread_key_t key; /* of each thread's engine_thread */
};

static void free_thread(void *argument)
{
    engine_thread *t = argument;
    if (!t)
        return;
    if (t->slot)
        holder_leave(t->owner->holder, t->slot);
    for (size_t f = 0; f < t->n_fields_capacity; f++)
        buffer_free(&t->explanations[f]);
    free(t->explanations);
    free(t->prediction.outcomes);
    free(t->prediction.probabilities);
    buffer_free(&t->joined);
    buffer_free(&t->answer);
    json_parser_free(t->parser);
    json_flat_free(&t->flat);
    free(t);
}

triage_status engine_new(holder *h, engine **ret_engine, triage_error *err)
{
    engine *e = mem_new_zeroed(1, sizeof *e);
    if (!e || pthread_key_create(&e->key, free_thread) != 0) {
        free(e);
        return error_memory(err);
    }
    e->holder = h;
    *ret_engine = e;
    return TRIAGE_OK;
}

void engine_free(engine *e)
{
    if (!e)
        return;
    engine_leave(e);
    pthread_key_delete(e->key);
    free(e);
}

triage_status engine_join(engine *e, engine_thread **ret_thread, triage_error *err)
{
    engine_thread *t = pthread_getspecific(e->key);
    if (t) {
        *ret_thread = t;
        return TRIAGE_OK;
    }
    t = mem_new_zeroed(1, sizeof *t);
    if (!t)
        return error_memory(err);
    t->owner = e;
    t->parser = json_parser_new();
    triage_status status = t->parser ? holder_join(e->holder, &t->slot, err) : error_memory(err);
    if (status == TRIAGE_OK && pthread_setspecific(e->key, t) != 0)
        status = error_memory(err);
    if (status == TRIAGE_OK)
        *ret_thread = t;
    else
        free_thread(t);
    return status;
}

void engine_leave(engine *e)
{
    free_thread(pthread_getspecific(e->key));
    pthread_setspecific(e->key, NULL);
}

const prediction_view *engine_acquire(engine_thread *t, const live_model **ret_live)
{
    *ret_live = holder_acquire(t->owner->holder, t->slot);
    return *ret_live ? (*ret_live)->extra : NULL;
}

void engine_release(engine_thread *t)
{
    holder_release(t->slot);
}

/* Room for the view's fields and labels. */
static bool reserve(engine_thread *t, const prediction_view *view)
{
    prediction *p = &t->prediction;
    if (view->n_labels > t->n_labels_capacity) {
        float *probabilities = mem_new(view->n_labels, sizeof *probabilities);
        if (!probabilities)
            return false;
        free(p->probabilities);
        p->probabilities = probabilities;
        t->n_labels_capacity = view->n_labels;
    }
    if (view->n_fields > t->n_fields_capacity) {
        triage_outcome *outcomes = mem_new(view->n_fields, sizeof *outcomes);
        buffer *explanations = mem_new_zeroed(view->n_fields, sizeof *explanations);
        if (!outcomes || !explanations) {
            free(outcomes);
            free(explanations);
            return false;
        }
        for (size_t f = 0; f < t->n_fields_capacity; f++)
            buffer_free(&t->explanations[f]);
        free(p->outcomes);
        free(t->explanations);
        p->outcomes = outcomes;
        t->explanations = explanations;
        t->n_fields_capacity = view->n_fields;
    }
    return true;
}

static void decide(prediction *p)
{
    for (size_t f = 0; f < p->view->n_fields; f++)
        p->outcomes[f] = policy_decide(
            p->view->policy, f, p->probabilities + p->view->fields[f].first, p->n_known_words > 0);
}

static triage_status explain(engine_thread *t, triage_predictor *predictor, triage_error *err)
{
    prediction *p = &t->prediction;
    for (size_t f = 0; f < p->view->n_fields; f++) {
        triage_explanation explanation;
        triage_outcome outcome = p->outcomes[f];
        triage_status status =
            triage_explain(predictor, f, outcome.label, outcome.runner_up, &explanation, err);
        if (status != TRIAGE_OK)
            return status;
        buffer_clear(&t->explanations[f]);
        answer_append_explanation(p->view, f, outcome.runner_up, &explanation, &t->explanations[f]);
        if (t->explanations[f].failed)
            return error_memory(err);
    }
    p->explanations = t->explanations;
    return TRIAGE_OK;
}

triage_status engine_predict(engine_thread *t, const live_model *live, const ticket_request *ticket,
                             triage_error *err)
{
    const prediction_view *view = live->extra;
    prediction *p = &t->prediction;
    triage_predictor *predictor;
    if (!reserve(t, view))
        return error_memory(err);
    triage_status status = holder_predictor(t->slot, live, &predictor, err);
    if (status == TRIAGE_OK)
        status = triage_predict(predictor, ticket->text, ticket->length, p->outcomes, err);
    if (status != TRIAGE_OK)
        return status;
    triage_text_facts facts = triage_predictor_text_facts(predictor);
    p->view = view;
    p->id = NULL;
    p->explanations = NULL;
    p->top = ticket->top;
    p->n_words = facts.n_tokens;
    p->n_known_words = facts.n_known_tokens;
    for (size_t f = 0; f < view->n_fields; f++)
        memcpy(p->probabilities + view->fields[f].first,
               triage_predictor_probabilities(predictor, f),
               view->fields[f].n_labels * sizeof *p->probabilities);
    decide(p);
    return ticket->wants_explanation ? explain(t, predictor, err) : TRIAGE_OK;
}

triage_status engine_take(engine_thread *t, const prediction_view *view, const float *probabilities,
                          uint32_t n_words, uint32_t n_known_words, uint32_t top, triage_error *err)
{
    prediction *p = &t->prediction;
    if (!reserve(t, view))
        return error_memory(err);
    p->view = view;
    p->id = NULL;
    p->explanations = NULL;
    p->top = top;
    p->n_words = n_words;
    p->n_known_words = n_known_words;
    memcpy(p->probabilities, probabilities, view->n_labels * sizeof *probabilities);
    decide(p);
    return TRIAGE_OK;
}
