/* SPDX-License-Identifier: MIT */
/* For tests of the services' predictions: a model with four labels and one with two fields, their
 * views, and a holder in which one of them is live. */
#ifndef TEST_PREDICTION_SUPPORT_H
#define TEST_PREDICTION_SUPPORT_H

#include "base/mem.h"
#include "engine_support.h"
#include "services/prediction/engine.h"
#include "services/prediction/view_source.h"

/* Labels "Access", "Hardware", "Network", "Say \"it\"" by one word each. */
static inline triage_model *four_labels(void)
{
    static const ticket_row rows[] = {{"password login locked", {"Access"}},
                                      {"laptop screen broken", {"Hardware"}},
                                      {"network wifi slow", {"Network"}},
                                      {"words quoted here", {"Say \"it\""}}};
    triage_dataset *dataset = new_dataset(1);
    for (int i = 0; i < 80; i++)
        add_ticket(dataset, rows[i % 4].text, rows[i % 4].labels);
    return model_of(finished(dataset), TRIAGE_PRESET_WORDS);
}

static inline triage_model *two_fields(void)
{
    static const ticket_row rows[] = {{"password login locked", {"Access", "low"}},
                                      {"laptop screen broken", {"Hardware", "high"}},
                                      {"password forgotten urgent", {"Access", "high"}},
                                      {"laptop mouse spare", {"Hardware", "low"}}};
    triage_dataset *dataset = new_dataset(2);
    for (int i = 0; i < 80; i++)
        add_ticket(dataset, rows[i % 4].text, rows[i % 4].labels);
    return model_of(finished(dataset), TRIAGE_PRESET_WORDS);
}

static inline prediction_view *view_of(const triage_model *model, const policy_options *options)
{
    triage_error err;
    prediction_view *view = NULL;
    static const policy_options none;
    if (prediction_view_new(model, "v000001", options ? options : &none, &view, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return view;
}

/* An engine whose live model can be replaced. */
typedef struct live_engine {
    holder *holder;
    engine *engine;
    view_source *source;
} live_engine;

static inline live_engine live_engine_new(void)
{
    live_engine e = {0};
    triage_error err;
    if (holder_new(&e.holder, &err) != TRIAGE_OK ||
        engine_new(e.holder, &e.engine, &err) != TRIAGE_OK ||
        view_source_new(NULL, &e.source, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return e;
}

/* Takes `model` over. */
static inline void live_engine_publish(live_engine *e, triage_model *model, const char *version)
{
    triage_error err;
    live_model *live = mem_new_zeroed(1, sizeof *live);
    assert_non_null(live);
    live->model = model;
    snprintf(live->version, sizeof live->version, "%s", version);
    if (view_source_prepare(e->source, live, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    holder_publish(e->holder, live);
}

static inline void live_engine_free(live_engine *e)
{
    engine_free(e->engine);
    holder_free(e->holder);
    view_source_free(e->source);
}

/* Predicts with whatever is live; released by the caller with engine_release(). */
static inline engine_thread *live_predict(live_engine *e, const char *text, bool explains)
{
    triage_error err;
    engine_thread *t = NULL;
    const live_model *live;
    ticket_request ticket = {
        .text = text, .length = strlen(text), .top = 3, .wants_explanation = explains};
    if (engine_join(e->engine, &t, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_non_null(engine_acquire(t, &live));
    if (engine_predict(t, live, &ticket, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return t;
}

#endif
