/* SPDX-License-Identifier: MIT */
/* Tensors in, tensors out. */
#include "services/inference/infer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "services/note.h"
#include "services/prediction/view_meters.h"
#include "triage/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_NAME "triage"

/* The tensors of one field, in the order in which they are written. */
enum { TENSOR_LABEL, TENSOR_SCORE, TENSOR_DECISION, TENSOR_SCORES, TENSOR_LABELS, N_TENSORS };

static const struct {
    const char *name, *datatype;
} tensors[N_TENSORS] = {
    [TENSOR_LABEL] = {"label", "BYTES"},       [TENSOR_SCORE] = {"score", "FP32"},
    [TENSOR_DECISION] = {"decision", "BYTES"}, [TENSOR_SCORES] = {"scores", "FP32"},
    [TENSOR_LABELS] = {"labels", "BYTES"},
};

/* One request on its way. */
typedef struct inference {
    http_exchange *exchange;
    engine_thread *thread;
    const live_model *live;
    const prediction_view *view;
    infer_request request;
    buffer *columns; /* owned: of each field's tensors but `labels`, then words, then explanation */
    size_t n_columns;
} inference;

static void refuse(http_exchange *x, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(http_exchange *x, unsigned status, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "error");
    json_write_text(&w, message);
    json_end_object(&w);
    http_reply_json(x, status, out);
}

/* --- metadata and health --------------------------------------------------------------------- */

static void server_metadata(void *service, http_exchange *x)
{
    (void)service;
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "name");
    json_write_text(&w, MODEL_NAME);
    json_write_key(&w, "version");
    json_write_text(&w, triage_version());
    json_write_key(&w, "extensions");
    json_begin_array(&w);
    json_end_array(&w);
    json_end_object(&w);
    http_reply_json(x, 200, out);
}

/* {"KEY":true}, for health checks; "live" and "ready" both, as the protocol's text shows either. */
static void answer_health(http_exchange *x, bool is_well, bool names_model)
{
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    if (names_model) {
        json_write_key(&w, "name");
        json_write_text(&w, MODEL_NAME);
    } else {
        json_write_key(&w, "live");
        json_write_bool(&w, is_well);
    }
    json_write_key(&w, "ready");
    json_write_bool(&w, is_well);
    json_end_object(&w);
    http_reply_json(x, is_well ? 200 : 503, out);
}

static void health_live(void *service, http_exchange *x)
{
    (void)service;
    answer_health(x, true, false);
}

/* Whether the path names the model, and its live version if it names one. Answers 404 if not; the
 * view is acquired (and must be released) in any case in which the thread is set. */
static const prediction_view *acquire_named(engine *e, http_exchange *x, engine_thread **ret_thread,
                                            const live_model **ret_live)
{
    triage_error err;
    const char *name = http_path_value(x, "name"), *version = http_path_value(x, "v");
    *ret_thread = NULL;
    if (name && strcmp(name, MODEL_NAME) != 0) {
        refuse(x, 404, "there is no model '%.60s'; there is '%s'", name, MODEL_NAME);
        return NULL;
    }
    if (engine_join(e, ret_thread, &err) != TRIAGE_OK) {
        refuse(x, 503, "%s", err.message);
        return NULL;
    }
    const prediction_view *view = engine_acquire(*ret_thread, ret_live);
    if (!view)
        refuse(x, 503, "no model is live yet");
    else if (version && strcmp(version, view->version) != 0) {
        refuse(x, 404, "version '%.60s' is not live; '%s' is", version, view->version);
        return NULL;
    }
    return view;
}

static void release_named(engine_thread *t)
{
    if (t)
        engine_release(t);
}

static void health_ready(void *service, http_exchange *x)
{
    engine_thread *t;
    const live_model *live;
    if (acquire_named(service, x, &t, &live))
        answer_health(x, true, http_path_value(x, "name") != NULL);
    release_named(t);
}

static void begin_tensor(json_writer *w, const char *prefix, const char *name, const char *datatype,
                         int64_t rows, int64_t columns)
{
    buffer full = {0};
    json_begin_object(w);
    json_write_key(w, "name");
    if (*prefix)
        buffer_printf(&full, "%s.", prefix);
    buffer_append_text(&full, name);
    json_write_string(w, full.data, full.length);
    buffer_free(&full);
    json_write_key(w, "datatype");
    json_write_text(w, datatype);
    json_write_key(w, "shape");
    json_begin_array(w);
    json_write_int(w, rows);
    if (columns != 0)
        json_write_int(w, columns);
    json_end_array(w);
}

static void write_tensor(json_writer *w, const char *prefix, const char *name, const char *datatype,
                         int64_t rows, int64_t columns)
{
    begin_tensor(w, prefix, name, datatype, rows, columns);
    json_end_object(w);
}

/* The name that the tensors of a field have in front: none for the first. */
static const char *prefix_of(const prediction_view *view, size_t f)
{
    return f == 0 ? "" : view->fields[f].name;
}

static void write_outputs_metadata(json_writer *w, const prediction_view *view)
{
    for (size_t f = 0; f < view->n_fields; f++) {
        int64_t n_labels = (int64_t)view->fields[f].n_labels;
        for (size_t k = 0; k < N_TENSORS; k++)
            write_tensor(w, prefix_of(view, f), tensors[k].name, tensors[k].datatype,
                         k == TENSOR_LABELS ? n_labels : -1, k == TENSOR_SCORES ? n_labels : 0);
    }
    write_tensor(w, "", "words", "INT64", -1, 2);
    write_tensor(w, "", "explanation", "BYTES", -1, 0);
}

static void model_metadata(void *service, http_exchange *x)
{
    engine_thread *t;
    const live_model *live;
    const prediction_view *view = acquire_named(service, x, &t, &live);
    if (view) {
        buffer *out = http_scratch(x);
        json_writer w = {.out = out};
        buffer_clear(out);
        json_begin_object(&w);
        json_write_key(&w, "name");
        json_write_text(&w, MODEL_NAME);
        json_write_key(&w, "versions");
        json_begin_array(&w);
        json_write_text(&w, view->version);
        json_end_array(&w);
        json_write_key(&w, "platform");
        json_write_text(&w, "triage");
        json_write_key(&w, "inputs");
        json_begin_array(&w);
        write_tensor(&w, "", "text", "BYTES", -1, 0);
        json_end_array(&w);
        json_write_key(&w, "outputs");
        json_begin_array(&w);
        write_outputs_metadata(&w, view);
        json_end_array(&w);
        json_end_object(&w);
        http_reply_json(x, 200, out);
    }
    release_named(t);
}

/* --- infer: answering ------------------------------------------------------------------------ */

/* Whether the tensor is wanted. */
static bool is_wanted(const inference *i, const char *prefix, const char *name)
{
    size_t prefix_length = strlen(prefix);
    for (size_t k = 0; k < json_length(i->request.outputs); k++) {
        const json_value *value;
        const char *text;
        size_t length;
        if (!json_member(json_element(i->request.outputs, k), "name", &value) ||
            !json_string(value, &text, &length))
            continue;
        if (prefix_length > 0) {
            if (strncmp(text, prefix, prefix_length) != 0 || text[prefix_length] != '.')
                continue;
            text += prefix_length + 1;
        }
        if (strcmp(text, name) == 0)
            return true;
    }
    return json_length(i->request.outputs) == 0;
}

static void append_value(buffer *column, bool is_first)
{
    if (!is_first)
        buffer_append_char(column, ',');
}

/* The values of one text, a column a tensor. */
static void add_field(inference *i, size_t f, bool is_first)
{
    const prediction *p = &i->thread->prediction;
    const view_field *field = &i->view->fields[f];
    const triage_outcome *o = &p->outcomes[f];
    buffer *columns = i->columns + f * N_TENSORS;
    append_value(&columns[TENSOR_LABEL], is_first);
    buffer_append(&columns[TENSOR_LABEL], field->labels[o->label].data,
                  field->labels[o->label].length);
    append_value(&columns[TENSOR_SCORE], is_first);
    json_write_float(&(json_writer){.out = &columns[TENSOR_SCORE]}, o->confidence);
    append_value(&columns[TENSOR_DECISION], is_first);
    buffer_append_text(&columns[TENSOR_DECISION],
                       o->decision == TRIAGE_AUTO ? "\"auto\"" : "\"review\"");
    for (size_t k = 0; k < field->n_labels; k++) {
        append_value(&columns[TENSOR_SCORES], is_first && k == 0);
        json_write_float(&(json_writer){.out = &columns[TENSOR_SCORES]},
                         p->probabilities[field->first + k]);
    }
}

/* The members of each field's explanation, as an array of strings, as a string. */
static void add_explanation(inference *i, buffer *column, bool is_first)
{
    const prediction *p = &i->thread->prediction;
    buffer all = {0};
    json_writer w = {.out = &all};
    json_begin_array(&w);
    for (size_t f = 0; p->explanations && f < i->view->n_fields; f++)
        json_write_string(&w, p->explanations[f].data, p->explanations[f].length);
    json_end_array(&w);
    append_value(column, is_first);
    json_write_string(&(json_writer){.out = column}, all.data, all.length);
    column->failed |= all.failed;
    buffer_free(&all);
}

static triage_status predict_all(inference *i, triage_error *err)
{
    buffer *words = &i->columns[i->view->n_fields * N_TENSORS], *explanation = words + 1;
    int64_t now_ms = clock_unix_ms();
    for (size_t k = 0; k < i->request.n; k++) {
        ticket_request ticket = {.top = 1, .wants_explanation = i->request.wants_explanation};
        (void)json_string(json_element(i->request.texts, k), &ticket.text, &ticket.length);
        triage_status status = engine_predict(i->thread, i->live, &ticket, err);
        if (status != TRIAGE_OK)
            return status;
        const prediction *p = &i->thread->prediction;
        view_meters_count(p, now_ms);
        for (size_t f = 0; f < i->view->n_fields; f++)
            add_field(i, f, k == 0);
        append_value(words, k == 0);
        buffer_printf(words, "%u,%u", p->n_words, p->n_known_words);
        if (i->request.wants_explanation)
            add_explanation(i, explanation, k == 0);
    }
    return TRIAGE_OK;
}

static void write_output(inference *i, json_writer *w, const char *prefix, size_t tensor, size_t f)
{
    const view_field *field = &i->view->fields[f];
    const buffer *column = &i->columns[f * N_TENSORS + tensor];
    bool is_labels = tensor == TENSOR_LABELS;
    begin_tensor(w, prefix, tensors[tensor].name, tensors[tensor].datatype,
                 is_labels ? (int64_t)field->n_labels : (int64_t)i->request.n,
                 tensor == TENSOR_SCORES ? (int64_t)field->n_labels : 0);
    json_write_key(w, "data");
    json_begin_array(w);
    for (size_t k = 0; is_labels && k < field->n_labels; k++)
        json_write_raw(w, field->labels[k].data, field->labels[k].length);
    if (!is_labels)
        json_write_raw(w, column->data, column->length);
    json_end_array(w);
    json_end_object(w);
}

static void write_common(inference *i, json_writer *w)
{
    const buffer *words = &i->columns[i->view->n_fields * N_TENSORS], *explanation = words + 1;
    if (is_wanted(i, "", "words")) {
        begin_tensor(w, "", "words", "INT64", (int64_t)i->request.n, 2);
        json_write_key(w, "data");
        json_begin_array(w);
        json_write_raw(w, words->data, words->length);
        json_end_array(w);
        json_end_object(w);
    }
    if (i->request.wants_explanation) {
        begin_tensor(w, "", "explanation", "BYTES", (int64_t)i->request.n, 0);
        json_write_key(w, "data");
        json_begin_array(w);
        json_write_raw(w, explanation->data, explanation->length);
        json_end_array(w);
        json_end_object(w);
    }
}

static void write_response(inference *i, buffer *out)
{
    json_writer w = {.out = out};
    json_begin_object(&w);
    json_write_key(&w, "model_name");
    json_write_text(&w, MODEL_NAME);
    json_write_key(&w, "model_version");
    json_write_text(&w, i->view->version);
    if (i->request.id) {
        json_write_key(&w, "id");
        json_write_string(&w, i->request.id, i->request.id_length);
    }
    json_write_key(&w, "outputs");
    json_begin_array(&w);
    for (size_t f = 0; f < i->view->n_fields; f++)
        for (size_t k = 0; k < N_TENSORS; k++)
            if (is_wanted(i, prefix_of(i->view, f), tensors[k].name))
                write_output(i, &w, prefix_of(i->view, f), k, f);
    write_common(i, &w);
    json_end_array(&w);
    json_end_object(&w);
}

static bool has_failed(const inference *i)
{
    for (size_t k = 0; k < i->n_columns; k++)
        if (i->columns[k].failed)
            return true;
    return false;
}

static void answer(inference *i)
{
    triage_error err = {TRIAGE_OK, ""};
    i->n_columns = i->view->n_fields * N_TENSORS + 2;
    i->columns = mem_new_zeroed(i->n_columns, sizeof *i->columns);
    triage_status status = i->columns ? predict_all(i, &err) : TRIAGE_ERROR_MEMORY;
    if (status == TRIAGE_OK && has_failed(i))
        status = TRIAGE_ERROR_MEMORY;
    if (status == TRIAGE_OK) {
        buffer *out = http_scratch(i->exchange);
        buffer_clear(out);
        write_response(i, out);
        http_reply_json(i->exchange, 200, out);
    } else {
        refuse(i->exchange, status == TRIAGE_ERROR_MEMORY ? 503 : 400, "%s",
               err.message[0] ? err.message : triage_status_text(status));
    }
    for (size_t k = 0; i->columns && k < i->n_columns; k++)
        buffer_free(&i->columns[k]);
    free(i->columns);
}

static void infer(void *service, http_exchange *x)
{
    inference i = {.exchange = x};
    triage_error err;
    char fault[256];
    json_value *body = NULL;
    size_t length;
    const char *bytes = http_body(x, &length);
    note_of(x)->action = "predict";
    i.view = acquire_named(service, x, &i.thread, &i.live);
    if (i.view) {
        if (json_parse(i.thread->parser, bytes, length, &body, &err) != TRIAGE_OK)
            refuse(x, 400, "%s", err.message);
        else if (!infer_request_read(body, &i.request, fault, sizeof fault))
            refuse(x, 400, "%s", fault);
        else
            answer(&i);
    }
    json_free(body);
    release_named(i.thread);
}

#define V2_GET(PATH, HANDLER)                                                                      \
    HTTP_ROUTE("GET", PATH, HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, HANDLER)

const http_route infer_routes[] = {
    V2_GET("/v2", server_metadata),
    V2_GET("/v2/health/live", health_live),
    V2_GET("/v2/health/ready", health_ready),
    V2_GET("/v2/models/{name}/ready", health_ready),
    V2_GET("/v2/models/{name}/versions/{v}/ready", health_ready),
    V2_GET("/v2/models/{name}", model_metadata),
    V2_GET("/v2/models/{name}/versions/{v}", model_metadata),
    HTTP_ROUTE("POST", "/v2/models/{name}/infer", HTTP_ROLE_PREDICT, INFER_BODY_BYTES,
               HTTP_RATE_PREDICT, HTTP_INLINE, infer),
    HTTP_ROUTE("POST", "/v2/models/{name}/versions/{v}/infer", HTTP_ROLE_PREDICT, INFER_BODY_BYTES,
               HTTP_RATE_PREDICT, HTTP_INLINE, infer),
};
const size_t n_infer_routes = sizeof infer_routes / sizeof *infer_routes;
