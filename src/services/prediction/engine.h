/* SPDX-License-Identifier: MIT */
/*
 * Predicting with whatever model is live, from any thread: each thread that predicts gets scratch
 * memory and a slot of the holder at its first prediction, which go with the thread.
 */
#ifndef SERVICES_PREDICTION_ENGINE_H
#define SERVICES_PREDICTION_ENGINE_H

#include "registry/holder.h"
#include "services/prediction/answer.h"
#include "services/prediction/ticket.h"

typedef struct engine engine; /* shared */

/* One thread's part. The buffers are for whoever predicts; they keep their memory. */
typedef struct engine_thread {
    engine *owner;
    holder_slot *slot;
    prediction prediction; /* arrays grow with the models; explanations only where wanted */
    size_t n_fields_capacity, n_labels_capacity;
    buffer *explanations; /* owned: n_fields_capacity of them */
    buffer joined, answer;
    json_parser *parser;
    json_flat flat;
} engine_thread;

/* Models come from `holder` (borrowed), their `extra` is a prediction_view. */
triage_status engine_new(holder *h, engine **ret_engine, triage_error *err) TRIAGE_CHECKED;
/* All threads that predicted must have ended or called engine_leave(). NULL is fine. */
void engine_free(engine *e);

/* The calling thread's part. ERROR_MEMORY. */
triage_status engine_join(engine *e, engine_thread **ret_thread, triage_error *err) TRIAGE_CHECKED;
/* Gives the calling thread's part back before the thread ends; none is fine. */
void engine_leave(engine *e);

/* The live model's view, or NULL if there is none yet; in use until engine_release(). Not nested.
 */
const prediction_view *engine_acquire(engine_thread *t, const live_model **ret_live);
void engine_release(engine_thread *t);

/*
 * Predicts `ticket` with the acquired model into `t->prediction`, which is valid until the next
 * call or engine_release(). `id` is left NULL. ERROR_MEMORY, ERROR_ARGUMENT (a text beyond all
 * limits).
 */
triage_status engine_predict(engine_thread *t, const live_model *live, const ticket_request *ticket,
                             triage_error *err) TRIAGE_CHECKED;

/*
 * The same from probabilities that another process computed with the view's model: `probabilities`
 * are copied. Explanations can be set in `t->prediction` afterwards.
 */
triage_status engine_take(engine_thread *t, const prediction_view *view, const float *probabilities,
                          uint32_t n_words, uint32_t n_known_words, uint32_t top,
                          triage_error *err) TRIAGE_CHECKED;

#endif
