/* SPDX-License-Identifier: MIT */
/* POST /feedback: a person's correction, answered only once it is durable. */
#include "base/clock.h"
#include "base/hash.h"
#include "services/backend/backend.h"
#include "services/backend/suspicion.h"
#include "services/note.h"
#include "text/similar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LABEL   1024
#define MAX_COMMENT 4096
#define MAX_KEY     255

/* How long a prediction may take to reach the store before feedback on it is refused. */
#define FLUSH_MS 2000

/* One correction on its way: what was sent, and what became known of it. Strings of the body are
 * borrowed from the exchange. */
typedef struct correction {
    backend *backend;
    http_exchange *exchange;
    engine_thread *thread;
    const char *prediction_id, *text, *label, *field, *comment, *source;
    size_t prediction_id_length, text_length, label_length, field_length, comment_length,
        source_length;
    buffer own_text, outcomes, version, predicted, known_label, field_name, reason; /* owned */
    double confidence, rank;
    uint64_t text_hash, cluster;
    bool is_found; /* the prediction */
    store_feedback_status status;
    triage_error err;
} correction;

static void free_correction(correction *c)
{
    buffer *const owned[] = {&c->own_text,    &c->outcomes,   &c->version, &c->predicted,
                             &c->known_label, &c->field_name, &c->reason};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        buffer_free(owned[i]);
}

static bool read_body(correction *c, request_fault *fault)
{
    static const char *const names[] = {"prediction_id", "text",   "label", "field",
                                        "comment",       "source", NULL};
    const json_flat *body;
    if (!http_body_flat(c->exchange, &body)) {
        fault->message[0] = '\0'; /* told already */
        return false;
    }
    if (!request_has_only(body, names, fault) ||
        !request_string(body, "prediction_id", STORE_ID_SIZE - 1, &c->prediction_id,
                        &c->prediction_id_length, fault) ||
        !request_string(body, "text", SIZE_MAX, &c->text, &c->text_length, fault) ||
        !request_string(body, "label", MAX_LABEL, &c->label, &c->label_length, fault) ||
        !request_string(body, "field", MAX_LABEL, &c->field, &c->field_length, fault) ||
        !request_string(body, "comment", MAX_COMMENT, &c->comment, &c->comment_length, fault) ||
        !request_string(body, "source", TICKET_MAX_NAME, &c->source, &c->source_length, fault))
        return false;
    if (!c->prediction_id == !c->text)
        return request_fault_set(fault, "prediction_id",
                                 "either 'prediction_id' or 'text' must be given");
    if (!c->label)
        return request_fault_set(fault, "label", "'label' is missing");
    return true;
}

/* Labels are trimmed, as they are in files; an empty one is none. */
static bool trim_label(correction *c, request_fault *fault)
{
    while (c->label_length > 0 && strchr(" \t\r\n", c->label[0])) {
        c->label++;
        c->label_length--;
    }
    while (c->label_length > 0 && strchr(" \t\r\n", c->label[c->label_length - 1]))
        c->label_length--;
    if (c->label_length == 0)
        return request_fault_set(fault, "label", "'label' is empty");
    if (memchr(c->label, '\0', c->label_length))
        return request_fault_set(fault, "label", "'label' holds a NUL character");
    return true;
}

static bool take_prediction(void *context, const store_prediction *p)
{
    correction *c = context;
    buffer_append(&c->own_text, p->text.data, p->text.length);
    buffer_append(&c->outcomes, p->outcomes.data, p->outcomes.length);
    buffer_append(&c->version, p->model_version.data, p->model_version.length);
    c->cluster = p->cluster;
    return true;
}

/* The text that the prediction was about. False, with a problem sent, if there is none. */
static bool find_prediction(correction *c)
{
    char id[STORE_ID_SIZE];
    triage_status status = TRIAGE_OK;
    bool is_written = !c->backend->log || prediction_log_flush(c->backend->log, FLUSH_MS);
    memcpy(id, c->prediction_id, c->prediction_id_length);
    id[c->prediction_id_length] = '\0';
    status = store_find_prediction(c->backend->options.store, id, take_prediction, c, &c->is_found,
                                   &c->err);
    if (status != TRIAGE_OK)
        http_problem_status(c->exchange, status, &c->err);
    else if (!c->is_found && !is_written)
        http_problem(c->exchange, 503, NULL,
                     "the database cannot be written, and the prediction may be among those that "
                     "wait for it: try again later");
    else if (!c->is_found)
        http_problem(c->exchange, 404, "/prediction_id",
                     "no prediction has this id (it may be too old, or was not kept); send the "
                     "'text' instead");
    c->text = c->own_text.data ? c->own_text.data : "";
    c->text_length = c->own_text.length;
    return status == TRIAGE_OK && c->is_found;
}

/* What was predicted for the field when the ticket came in: `c->predicted` and the confidence. */
static void read_outcome(correction *c)
{
    json_value *outcomes = NULL;
    const json_value *outcome, *value;
    const char *label;
    size_t length;
    if (c->outcomes.length == 0 || json_parse(c->thread->parser, c->outcomes.data,
                                              c->outcomes.length, &outcomes, NULL) != TRIAGE_OK)
        return;
    if (json_member(outcomes, buffer_string(&c->field_name), &outcome)) {
        if (json_member(outcome, "label", &value) && json_string(value, &label, &length))
            buffer_append(&c->predicted, label, length);
        if (json_member(outcome, "confidence", &value))
            (void)json_double(value, &c->confidence);
    }
    json_free(outcomes);
}

/* What the live model predicts for a text that came without a prediction. */
static void take_outcome(correction *c, const prediction *p, size_t field)
{
    if (c->prediction_id)
        return;
    buffer_append_text(&c->version, p->view->version);
    buffer_append_text(&c->predicted,
                       triage_model_label_name(p->view->model, field, p->outcomes[field].label));
    c->confidence = (double)p->outcomes[field].confidence;
}

/* The label as the model spells it, and how odd it is here. False, with a problem sent, if it is
 * retired. */
static bool take_label(correction *c, const prediction *p, size_t field)
{
    size_t label;
    if (!prediction_view_find_label_in_any_case(p->view, field, c->label, c->label_length, &label))
        return true;
    if (policy_is_retired(p->view->policy, field, label)) {
        http_problem(c->exchange, 422, "/label", "the label '%.*s' is retired",
                     (int)c->label_length, c->label);
        return false;
    }
    buffer_append_text(&c->known_label, triage_model_label_name(p->view->model, field, label));
    c->rank = suspicion_rank(p, field, label);
    return true;
}

/* Looks at text, field and label with the live model. False, with a problem sent, for what cannot
 * be. */
static bool judge(correction *c, const prediction_view *view, const live_model *live)
{
    size_t field = 0;
    ticket_request ticket = {.text = c->text, .length = c->text_length, .top = 1};
    if (c->field && !prediction_view_find_field(view, c->field, c->field_length, &field)) {
        http_problem(c->exchange, 422, "/field", "there is no field '%.60s'", c->field);
        return false;
    }
    buffer_append_text(&c->field_name, view->fields[field].name);
    triage_status status = engine_predict(c->thread, live, &ticket, &c->err);
    if (status != TRIAGE_OK) {
        http_problem_status(c->exchange, status, &c->err);
        return false;
    }
    const prediction *p = &c->thread->prediction;
    take_outcome(c, p, field);
    return take_label(c, p, field);
}

static bool judge_live(correction *c)
{
    const live_model *live;
    const prediction_view *view = engine_acquire(c->thread, &live);
    bool is_good = true;
    if (view)
        is_good = judge(c, view, live);
    else /* without a model everything is taken as it is, but waits for an admin */
        buffer_append(&c->field_name, c->field ? c->field : "category",
                      c->field ? c->field_length : strlen("category"));
    engine_release(c->thread);
    if (c->prediction_id)
        read_outcome(c);
    return is_good;
}

/* Held because of `reason`, to which `value` (may be "") is added in quotes. The first one is
 * enough. */
static void hold(correction *c, const char *reason, const char *value)
{
    if (c->status == STORE_FEEDBACK_HELD)
        return;
    c->status = STORE_FEEDBACK_HELD;
    buffer_append_text(&c->reason, reason);
    if (*value)
        buffer_printf(&c->reason, " '%s'", value);
}

static const char *key_id(const correction *c)
{
    return http_caller(c->exchange)->id;
}

/* Whether it is accepted, or held and why. */
static triage_status decide(correction *c)
{
    store *s = c->backend->options.store;
    bool contradicts = false, is_outlier = false;
    buffer other = {0};
    c->status = STORE_FEEDBACK_ACCEPTED;
    if (c->known_label.length == 0) {
        if (http_caller(c->exchange)->role < HTTP_ROLE_ADMIN)
            hold(c, "the model does not know this label", "");
        buffer_append(&c->known_label, c->label, c->label_length);
    }
    triage_status status =
        suspicion_contradicts(s, c->text_hash, buffer_string(&c->field_name), c->known_label.data,
                              c->known_label.length, &other, &contradicts, &c->err);
    if (status == TRIAGE_OK && contradicts)
        hold(c, "the text has been corrected before, to", buffer_string(&other));
    if (status == TRIAGE_OK)
        status = suspicion_of_key(s, key_id(c), c->rank, &is_outlier, &c->err);
    if (status == TRIAGE_OK && is_outlier)
        hold(c, "the latest corrections of this key are unlike those of people", "");
    buffer_free(&other);
    return status;
}

static store_text text_of(const buffer *b)
{
    return (store_text){b->length ? b->data : NULL, b->length};
}

static triage_status keep(correction *c, const char *idempotency_key,
                          store_feedback_result *ret_result)
{
    size_t body_length;
    const char *body = http_body(c->exchange, &body_length);
    store_feedback row = {.created_at = clock_unix_ms(),
                          .text = {c->text, c->text_length},
                          .text_hash = c->text_hash,
                          .field = text_of(&c->field_name),
                          .label = text_of(&c->known_label),
                          .predicted = text_of(&c->predicted),
                          .confidence = c->confidence,
                          .model_version = text_of(&c->version),
                          .prediction_id = {c->prediction_id, c->prediction_id_length},
                          .surprise = c->rank,
                          .source = {c->source, c->source_length},
                          .comment = {c->comment, c->comment_length},
                          .key_id = {key_id(c), strlen(key_id(c))},
                          .status = c->status,
                          .reason = text_of(&c->reason)};
    return store_add_feedback(c->backend->options.store, &row, idempotency_key,
                              hash_bytes(body, body_length), c->cluster, ret_result, &c->err);
}

/* Corrections that the live model has not learnt. */
static triage_status count_pending(correction *c, uint64_t *ret_n)
{
    uint64_t last;
    return store_count_pending(c->backend->options.store, backend_learnt_sequence(c->backend),
                               ret_n, &last, &c->err);
}

static void write_result(const correction *c, const store_feedback_result *r, uint64_t n_pending,
                         buffer *out)
{
    json_writer w = {.out = out};
    json_begin_object(&w);
    json_write_key(&w, "feedback_id");
    json_write_text(&w, r->id);
    json_write_key(&w, "status");
    json_write_text(&w, store_feedback_status_name(r->status));
    if (r->status == STORE_FEEDBACK_HELD && !r->is_repeated) {
        json_write_key(&w, "reason");
        json_write_string(&w, c->reason.data, c->reason.length);
    }
    json_write_key(&w, "answered");
    json_write_uint(&w, r->n_answered);
    json_write_key(&w, "pending");
    json_write_uint(&w, n_pending);
    json_write_key(&w, "retrain_at");
    json_write_uint(&w, c->backend->options.retrain_after);
    json_end_object(&w);
}

static void tell(const correction *c, const store_feedback_result *r, const buffer *result)
{
    observer *o = c->backend->options.observer;
    const char *outcome = store_feedback_status_name(r->status);
    const char *field = c->field_name.data ? c->field_name.data : "category";
    metric_add(OBSERVER_AT(o, METER_FEEDBACK, field, outcome), 1);
    log_line *line = log_begin(o->log, LOG_INFO, "feedback", "a correction was stored");
    log_text(line, "triage.feedback.id", r->id);
    log_text(line, "triage.feedback.outcome", outcome);
    log_text(line, "triage.feedback.field", field);
    log_text_n(line, "triage.feedback.predicted", c->predicted.data, c->predicted.length);
    log_text_n(line, "triage.feedback.corrected", c->known_label.data, c->known_label.length);
    log_text(line, "user.id", backend_caller(c->exchange));
    log_end(line);
    event_hub_publish(c->backend->events, "feedback", result->data, result->length);
}

/* From what is known to what is durable. */
static void settle(correction *c, const char *idempotency_key)
{
    store_feedback_result result;
    uint64_t n_pending = 0;
    buffer *out = http_scratch(c->exchange);
    c->text_hash = similar_text_hash(c->text, c->text_length);
    triage_status status = decide(c);
    if (status == TRIAGE_OK)
        status = keep(c, idempotency_key, &result);
    if (status == TRIAGE_OK && result.is_key_reused) {
        http_problem(c->exchange, 422, NULL, "this Idempotency-Key was used for another request");
        return;
    }
    if (status == TRIAGE_OK)
        status = count_pending(c, &n_pending);
    if (status != TRIAGE_OK) {
        http_problem_status(c->exchange, status, &c->err);
        return;
    }
    if (result.is_repeated)
        http_set_header(c->exchange, "Idempotency-Replayed", "true");
    buffer_clear(out);
    write_result(c, &result, n_pending, out);
    if (!result.is_repeated && !out->failed)
        tell(c, &result, out);
    http_reply_json(c->exchange, 201, out);
}

void feedback_post(void *service, http_exchange *x)
{
    correction c = {.backend = service, .exchange = x, .confidence = -1, .rank = -1};
    request_fault fault = {0};
    const char *idempotency_key = http_header(x, "Idempotency-Key");
    note_of(x)->action = "feedback";
    triage_status status = engine_join(c.backend->options.engine, &c.thread, &c.err);
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &c.err);
    else if (idempotency_key && (!*idempotency_key || strlen(idempotency_key) > MAX_KEY))
        http_problem(x, 400, NULL, "the Idempotency-Key must have 1 to %d characters", MAX_KEY);
    else if (!read_body(&c, &fault) || !trim_label(&c, &fault)) {
        if (fault.message[0])
            http_problem(x, 422, fault.pointer, "%s", fault.message);
    } else if ((!c.prediction_id || find_prediction(&c)) && judge_live(&c))
        settle(&c, idempotency_key);
    free_correction(&c);
}
