/* SPDX-License-Identifier: MIT */
/*
 * POST /predict/batch: many tickets, as a JSON array or as NDJSON, answered in their order. Each
 * ticket is predicted while the next ones arrive; the answers wait in a spool until the body has
 * been read, because libmicrohttpd answers after the whole body. Batches are predicted in this
 * process, also where single tickets go to inference servers.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/media_type.h"
#include "services/backend/backend.h"
#include "services/backend/json_splitter.h"
#include "services/backend/spool.h"
#include "services/note.h"
#include "services/prediction/view_meters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NDJSON "application/x-ndjson"

typedef struct batch {
    backend *backend;
    json_splitter splitter;
    spool spool;
    bool is_dry; /* nothing is kept of the predictions */
    uint64_t n_tickets;
} batch;

/* NDJSON, or JSON, which is also taken if there is no type. False with a problem sent. */
static bool read_type(http_exchange *x, bool *ret_is_lines)
{
    const char *type = http_header(x, "Content-Type");
    size_t length = type ? strcspn(type, "; \t") : 0;
    *ret_is_lines = length == sizeof NDJSON - 1 && strncasecmp(type, NDJSON, length) == 0;
    if (!type || *ret_is_lines || media_type_is_json(type))
        return true;
    http_problem(x, 415, NULL, "the body's Content-Type must be application/json or " NDJSON);
    return false;
}

/* False with a problem sent. */
static bool read_dry_run(http_exchange *x, bool *ret_is_dry)
{
    const char *text = http_query(x, "dry_run");
    *ret_is_dry = text && strcmp(text, "true") == 0;
    if (!text || *ret_is_dry || strcmp(text, "false") == 0)
        return true;
    http_problem(x, 400, NULL, "'dry_run' must be true or false");
    return false;
}

/* The element's problem in its place. */
static void append_fault(batch *b, unsigned status, const request_fault *fault)
{
    json_writer w = {.out = &b->spool.memory};
    json_begin_object(&w);
    json_write_key(&w, "error");
    json_begin_object(&w);
    json_write_key(&w, "status");
    json_write_uint(&w, status);
    json_write_key(&w, "ticket");
    json_write_uint(&w, b->n_tickets);
    json_write_key(&w, "pointer");
    json_write_text(&w, fault->pointer);
    json_write_key(&w, "detail");
    json_write_text(&w, fault->message);
    json_end_object(&w);
    json_end_object(&w);
}

static void append_prediction(batch *b, engine_thread *t, const ticket_request *ticket)
{
    char id[STORE_ID_SIZE];
    if (b->is_dry) {
        view_meters_count(&t->prediction, clock_unix_ms());
    } else {
        store_new_id(id);
        predict_keep(b->backend, ticket, &t->prediction, id);
    }
    answer_append(&t->prediction, &b->spool.memory);
}

/* The members of the element into the thread's flat object. False with the fault and its status. */
static bool read_object(engine_thread *t, split_element element, json_value **ret_value,
                        unsigned *ret_status, request_fault *fault)
{
    triage_error err;
    const char *sentence;
    if (json_flat_read(&t->flat, element.text, element.length))
        return true;
    if (json_parse(t->parser, element.text, element.length, ret_value, &err) != TRIAGE_OK) {
        *ret_status = 400;
        return request_fault_set(fault, NULL, "%.200s", err.message);
    }
    return json_flat_take(&t->flat, *ret_value, &sentence) ||
           request_fault_set(fault, NULL, "%s", sentence);
}

/* One element: parsed, predicted, answered. */
static void take_element(batch *b, engine_thread *t, const live_model *live, split_element element)
{
    triage_error err;
    json_value *value = NULL;
    ticket_request ticket;
    request_fault fault = {0};
    unsigned status = 422;
    bool is_good = false;
    if (!b->splitter.is_lines && b->n_tickets > 0)
        buffer_append_char(&b->spool.memory, ',');
    if (element.is_too_long) {
        status = 413;
        request_fault_set(&fault, NULL, "a ticket of more than %zu bytes", b->splitter.limit);
    } else if (!read_object(t, element, &value, &status, &fault)) {
        is_good = false;
    } else if (ticket_request_read(&t->flat, &t->joined, &ticket, &fault)) {
        is_good = engine_predict(t, live, &ticket, &err) == TRIAGE_OK;
        if (!is_good)
            request_fault_set(&fault, NULL, "%.200s", err.message);
    }
    if (is_good)
        append_prediction(b, t, &ticket);
    else
        append_fault(b, status, &fault);
    json_free(value);
    b->n_tickets++;
    if (b->splitter.is_lines)
        buffer_append_char(&b->spool.memory, '\n');
    spool_settle(&b->spool);
}

static void *begin_batch(void *service, http_exchange *x)
{
    backend *b = service;
    bool is_lines, is_dry;
    note_of(x)->action = "predict-batch";
    if (!read_type(x, &is_lines) || !read_dry_run(x, &is_dry))
        return NULL;
    batch *state = mem_new_zeroed(1, sizeof *state);
    if (!state) {
        http_problem(x, 503, NULL, "out of memory");
        return NULL;
    }
    state->backend = b;
    state->is_dry = is_dry;
    state->splitter = (json_splitter){.is_lines = is_lines, .limit = BATCH_TICKET_BYTES};
    state->spool = (spool){.folder = b->options.spool_folder, .fd = -1};
    if (!state->splitter.is_lines)
        buffer_append_char(&state->spool.memory, '[');
    return state;
}

/* Predicts what is whole of the piece; `bytes` NULL: the end of the body. */
static bool take_piece(batch *b, const char *bytes, size_t length)
{
    triage_error err;
    engine_thread *t;
    const live_model *live;
    split_element element;
    if (engine_join(b->backend->options.engine, &t, &err) != TRIAGE_OK) {
        b->spool.memory.failed = true;
        return true;
    }
    bool has_model = engine_acquire(t, &live) != NULL;
    while (has_model && bytes && json_splitter_next(&b->splitter, &bytes, &length, &element))
        take_element(b, t, live, element);
    if (has_model && !bytes && json_splitter_last(&b->splitter, &element))
        take_element(b, t, live, element);
    engine_release(t);
    return has_model;
}

static void take_data(void *service, http_exchange *x, void *state, const char *bytes,
                      size_t length)
{
    batch *b = state;
    (void)service;
    (void)x;
    if (!b->splitter.fault && !take_piece(b, bytes, length))
        b->splitter.fault = "no model is live yet";
}

static void end_batch(void *service, http_exchange *x, void *state)
{
    batch *b = state;
    (void)service;
    bool has_model = take_piece(b, NULL, 0);
    const char *fault = json_splitter_fault(&b->splitter);
    if (!has_model) {
        http_set_header(x, "Retry-After", "1");
        http_problem(x, 503, NULL, "no model is live yet");
    } else if (fault) {
        http_problem(x, 400, NULL, "%s (behind %llu whole tickets)", fault,
                     (unsigned long long)b->n_tickets);
    } else {
        if (!b->splitter.is_lines)
            buffer_append_char(&b->spool.memory, ']');
        spool_reply(&b->spool, x, b->splitter.is_lines ? NDJSON : "application/json");
    }
}

static void free_batch(void *state)
{
    batch *b = state;
    json_splitter_free(&b->splitter);
    spool_free(&b->spool);
    free(b);
}

const http_upload batch_upload = {begin_batch, take_data, end_batch, free_batch};
