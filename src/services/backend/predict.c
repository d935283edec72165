/* SPDX-License-Identifier: MIT */
/* POST /predict: one ticket in, its labels out. */
#include "base/clock.h"
#include "base/mem.h"
#include "services/backend/backend.h"
#include "services/note.h"
#include "services/prediction/view_meters.h"
#include "text/redact.h"

#include <stdlib.h>
#include <string.h>

/* At most this many predictions a second are shown in /events. */
#define SAMPLE_MS 250

/* What has to be kept of a request that waits for an inference server. */
typedef struct waiting_predict {
    backend *backend;
    http_exchange *exchange;
    char *text; /* owned, as are the next two */
    char *id, *source;
    ticket_request ticket; /* its strings are those above */
} waiting_predict;

static void note_prediction(http_exchange *x, const prediction *p)
{
    request_note *note = note_of(x);
    const triage_outcome *first = &p->outcomes[0];
    const char *label = triage_model_label_name(p->view->model, 0, first->label);
    size_t length = strlen(label);
    if (length >= sizeof note->label)
        length = sizeof note->label - 1;
    note->has_prediction = true;
    note->is_auto = first->decision == TRIAGE_AUTO;
    note->confidence = first->confidence;
    memcpy(note->label, label, length);
    memcpy(note->version, p->view->version, strlen(p->view->version) + 1);
}

/* Now and then a prediction is shown to those who watch: never its text. */
static void show(backend *b, const prediction *p, int64_t now_ms)
{
    int64_t due = atomic_load_explicit(&b->next_sample_ms, memory_order_relaxed);
    if (now_ms < due || event_hub_n_watchers(b->events) == 0 ||
        !atomic_compare_exchange_strong(&b->next_sample_ms, &due, now_ms + SAMPLE_MS))
        return;
    buffer json = {0};
    json_writer w = {.out = &json};
    json_begin_object(&w);
    json_write_key(&w, "prediction_id");
    json_write_text(&w, p->id);
    json_write_key(&w, "model_version");
    json_write_text(&w, p->view->version);
    json_write_key(&w, "fields");
    buffer outcomes = {0};
    answer_append_outcomes(p, &outcomes);
    json_write_raw(&w, outcomes.data, outcomes.length);
    json_end_object(&w);
    if (!json.failed && !outcomes.failed)
        event_hub_publish(b->events, "prediction", json.data, json.length);
    buffer_free(&outcomes);
    buffer_free(&json);
}

void predict_keep(backend *b, const ticket_request *ticket, prediction *p, const char *id)
{
    int64_t now_ms = clock_unix_ms();
    p->id = id;
    view_meters_count(p, now_ms);
    if (b->log)
        prediction_log_add(b->log, id, now_ms, ticket, p);
    show(b, p, now_ms);
}

/* The text in a line of its own, without what is personal, for those who asked for it. */
static void log_ticket(const backend *b, const http_exchange *x, const ticket_request *ticket)
{
    buffer text = {0};
    redact_counts counts = {0};
    if (redact_text(ticket->text, ticket->length, &text, &counts)) {
        log_line *line = log_begin(b->options.observer->log, LOG_INFO, "ticket", "a ticket's text");
        log_text_n(line, "triage.ticket.text", text.data, text.length);
        log_text(line, "http.request.id", http_request_id(x));
        log_end(line);
    }
    buffer_free(&text);
}

/* Answers with the thread's prediction. */
static void answer(backend *b, http_exchange *x, engine_thread *t, const ticket_request *ticket)
{
    char id[STORE_ID_SIZE];
    if (b->options.logs_ticket_text)
        log_ticket(b, x, ticket);
    store_new_id(id);
    predict_keep(b, ticket, &t->prediction, id);
    note_prediction(x, &t->prediction);
    buffer_clear(&t->answer);
    answer_append(&t->prediction, &t->answer);
    http_reply_json(x, 200, &t->answer);
}

static void answer_no_model(http_exchange *x)
{
    http_set_header(x, "Retry-After", "1");
    http_problem(x, 503, NULL, "no model is live yet");
}

static void predict_here(backend *b, http_exchange *x, engine_thread *t,
                         const ticket_request *ticket)
{
    triage_error err;
    const live_model *live;
    if (!engine_acquire(t, &live)) {
        answer_no_model(x);
    } else {
        triage_status status = engine_predict(t, live, ticket, &err);
        if (status == TRIAGE_OK)
            answer(b, x, t, ticket);
        else
            http_problem_status(x, status, &err);
    }
    engine_release(t);
}

/* --- by an inference server ----------------------------------------------------------------------
 */

static void free_waiting(waiting_predict *w)
{
    if (!w)
        return;
    free(w->text);
    free(w->id);
    free(w->source);
    free(w);
}

static bool copy(const char *text, size_t length, const char **ret_text, char **ret_owned)
{
    *ret_text = NULL;
    if (!text)
        return true;
    *ret_text = *ret_owned = mem_copy_string(text, length);
    return *ret_text != NULL;
}

static waiting_predict *new_waiting(backend *b, http_exchange *x, const ticket_request *ticket)
{
    waiting_predict *w = mem_new_zeroed(1, sizeof *w);
    if (!w)
        return NULL;
    w->backend = b;
    w->exchange = x;
    w->ticket = *ticket;
    if (copy(ticket->text, ticket->length, &w->ticket.text, &w->text) &&
        copy(ticket->id, ticket->id_length, &w->ticket.id, &w->id) &&
        copy(ticket->source, ticket->source_length, &w->ticket.source, &w->source))
        return w;
    free_waiting(w);
    return NULL;
}

static void refuse_without_inference(http_exchange *x, const char *reason)
{
    http_set_header(x, "Retry-After", "1");
    http_problem(x, 503, NULL, "no inference server answers: %s", reason);
}

/* The answer's explanations: each field's members as a string of JSON. False if out of memory. */
static bool take_explanations(engine_thread *t, const upstream_answer *answer)
{
    json_value *all = NULL;
    if (json_parse(t->parser, answer->explanations, answer->explanations_length, &all, NULL) !=
        TRIAGE_OK)
        return false;
    const prediction_view *view = t->prediction.view;
    bool is_whole = json_length(all) == view->n_fields;
    for (size_t f = 0; is_whole && f < view->n_fields; f++) {
        const char *text;
        size_t length;
        is_whole = json_string(json_element(all, f), &text, &length);
        buffer_clear(&t->explanations[f]);
        if (is_whole)
            buffer_append(&t->explanations[f], text, length);
        is_whole = is_whole && !t->explanations[f].failed;
    }
    json_free(all);
    t->prediction.explanations = is_whole ? t->explanations : NULL;
    return is_whole;
}

static void answer_with(const waiting_predict *w, engine_thread *t, const prediction_view *view,
                        const upstream_answer *given)
{
    triage_error err;
    triage_status status = engine_take(t, view, given->probabilities, given->n_words,
                                       given->n_known_words, w->ticket.top, &err);
    if (status != TRIAGE_OK)
        http_problem_status(w->exchange, status, &err);
    else if (given->explanations && !take_explanations(t, given))
        refuse_without_inference(w->exchange, "its explanation cannot be read");
    else
        answer(w->backend, w->exchange, t, &w->ticket);
}

static void take_answer(void *context, const upstream_answer *given, const char *reason)
{
    waiting_predict *w = context;
    triage_error err;
    engine_thread *t;
    if (!given) {
        refuse_without_inference(w->exchange, reason);
        free_waiting(w);
        return;
    }
    triage_status status = engine_join(w->backend->options.engine, &t, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(w->exchange, status, &err);
        free_waiting(w);
        return;
    }
    const prediction_view *view = NULL;
    version_views *views = w->backend->options.views;
    status = version_views_acquire(views, given->model_version, &view, &err);
    if (status != TRIAGE_OK)
        refuse_without_inference(w->exchange, err.message);
    else if (view->n_labels != given->n_probabilities)
        refuse_without_inference(w->exchange, "its model has other labels than that version here");
    else
        answer_with(w, t, view, given);
    if (view)
        version_views_release(views, view);
    free_waiting(w);
}

static void predict_there(backend *b, http_exchange *x, const ticket_request *ticket)
{
    waiting_predict *w = new_waiting(b, x, ticket);
    if (!w) {
        http_problem(x, 503, NULL, "out of memory");
        return;
    }
    http_defer(x);
    if (!upstream_ask(b->options.upstream, ticket->text, ticket->length, ticket->wants_explanation,
                      take_answer, w)) {
        char reason[256];
        upstream_is_up(b->options.upstream, reason, sizeof reason);
        refuse_without_inference(x, *reason ? reason : "too many requests wait");
        free_waiting(w);
    }
}

void predict_post(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    engine_thread *t;
    const json_flat *body;
    ticket_request ticket;
    request_fault fault;
    note_of(x)->action = "predict";
    if (!http_body_flat(x, &body))
        return;
    triage_status status = engine_join(b->options.engine, &t, &err);
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    else if (!ticket_request_read(body, &t->joined, &ticket, &fault))
        http_problem(x, 422, fault.pointer, "%s", fault.message);
    else if (b->options.upstream)
        predict_there(b, x, &ticket);
    else
        predict_here(b, x, t, &ticket);
}
