/* SPDX-License-Identifier: MIT */
/* The fields and labels of the live model, and which labels are retired. */
#include "base/mem.h"
#include "services/backend/backend.h"
#include "services/note.h"
#include "services/retired.h"

#include <stdlib.h>
#include <string.h>

static void write_label(json_writer *w, const prediction_view *view, size_t f, size_t k)
{
    float threshold = policy_threshold(view->policy, f, k);
    json_begin_object(w);
    json_write_key(w, "label");
    json_write_text(w, triage_model_label_name(view->model, f, k));
    json_write_key(w, "threshold");
    if (threshold > 1)
        json_write_null(w);
    else
        json_write_float(w, threshold);
    json_write_key(w, "prior");
    json_write_float(w, triage_model_prior(view->model, f, k));
    json_write_key(w, "retired");
    json_write_bool(w, policy_is_retired(view->policy, f, k));
    json_end_object(w);
}

static void write_fields(json_writer *w, const prediction_view *view)
{
    json_begin_object(w);
    json_write_key(w, "model_version");
    json_write_text(w, view->version);
    json_write_key(w, "target_precision");
    json_write_double(w, policy_target_precision(view->policy));
    json_write_key(w, "fields");
    json_begin_array(w);
    for (size_t f = 0; f < view->n_fields; f++) {
        json_begin_object(w);
        json_write_key(w, "name");
        json_write_text(w, view->fields[f].name);
        json_write_key(w, "labels");
        json_begin_array(w);
        for (size_t k = 0; k < view->fields[f].n_labels; k++)
            write_label(w, view, f, k);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

void fields_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    engine_thread *t;
    const live_model *live;
    triage_status status = engine_join(b->options.engine, &t, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return;
    }
    const prediction_view *view = engine_acquire(t, &live);
    if (view) {
        buffer *out = http_scratch(x);
        json_writer w = {.out = out};
        buffer_clear(out);
        write_fields(&w, view);
        http_reply_json(x, 200, out);
    } else {
        http_problem(x, 503, NULL, "no model is live yet");
    }
    engine_release(t);
}

/* One label of one field, as a body or a row of the setting names it. */
typedef struct label_name {
    const char *field, *label;
    size_t field_length, label_length;
} label_name;

static bool read_label_name(const json_value *object, label_name *ret_name, request_fault *fault)
{
    static const char *const names[] = {"field", "label", NULL};
    if (!request_has_only(object, names, fault) ||
        !request_string(object, "field", 1024, &ret_name->field, &ret_name->field_length, fault) ||
        !request_string(object, "label", 1024, &ret_name->label, &ret_name->label_length, fault))
        return false;
    if (!ret_name->field || !ret_name->label)
        return request_fault_set(fault, ret_name->field ? "label" : "field",
                                 "'field' and 'label' are both needed");
    return true;
}

static bool is_same(const label_name *a, const label_name *b)
{
    return a->field_length == b->field_length && a->label_length == b->label_length &&
           memcmp(a->field, b->field, a->field_length) == 0 &&
           memcmp(a->label, b->label, a->label_length) == 0;
}

static void write_name(json_writer *w, const label_name *name)
{
    json_begin_object(w);
    json_write_key(w, "field");
    json_write_string(w, name->field, name->field_length);
    json_write_key(w, "label");
    json_write_string(w, name->label, name->label_length);
    json_end_object(w);
}

/* The setting without the label, and with it at its end if it becomes retired. */
static void change_setting(const json_value *rows, const label_name *changed, bool is_retired,
                           buffer *out)
{
    json_writer w = {.out = out};
    json_begin_array(&w);
    for (size_t i = 0; i < json_length(rows); i++) {
        label_name row;
        request_fault fault;
        if (read_label_name(json_element(rows, i), &row, &fault) && !is_same(&row, changed))
            write_name(&w, &row);
    }
    if (is_retired)
        write_name(&w, changed);
    json_end_array(&w);
}

static triage_status set_retired(backend *b, http_exchange *x, const label_name *name,
                                 bool is_retired, triage_error *err)
{
    char *old = NULL;
    buffer changed = {0};
    json_value *rows = NULL;
    json_parser *parser = json_parser_new();
    triage_status status = store_get(b->options.store, RETIRED_SETTING, &old, err);
    /* A setting that is no JSON any more is replaced. */
    if (status == TRIAGE_OK && old && parser)
        (void)!json_parse(parser, old, strlen(old), &rows, NULL);
    if (status == TRIAGE_OK) {
        change_setting(rows, name, is_retired, &changed);
        const char *text = buffer_string(&changed);
        status = text ? store_set(b->options.store, RETIRED_SETTING, text, backend_caller(x), err)
                      : TRIAGE_ERROR_MEMORY;
    }
    json_free(rows);
    json_parser_free(parser);
    buffer_free(&changed);
    free(old);
    return status;
}

static void change(backend *b, http_exchange *x, bool is_retired)
{
    triage_error err = {0};
    const json_value *body;
    label_name name;
    request_fault fault;
    note_of(x)->action = is_retired ? "label-retire" : "label-restore";
    if (!http_body_json(x, &body))
        return;
    if (!read_label_name(body, &name, &fault)) {
        http_problem(x, 422, fault.pointer, "%s", fault.message);
        return;
    }
    triage_status status = set_retired(b, x, &name, is_retired, &err);
    if (status == TRIAGE_OK)
        status = backend_apply_policy(b, &err);
    if (status == TRIAGE_OK)
        http_reply_empty(x, 204);
    else
        http_problem_status(x, status, &err);
}

void fields_retire(void *service, http_exchange *x)
{
    change(service, x, true);
}

void fields_restore(void *service, http_exchange *x)
{
    change(service, x, false);
}
