/* SPDX-License-Identifier: MIT */
/* The fields and labels of the live model, and which labels are retired. */
#include "base/error.h"
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

static bool read_label_name(const json_flat *object, label_name *ret_name, request_fault *fault)
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

/* What the live model knows of a name. */
typedef enum name_result { NAME_KNOWN, NAME_NO_FIELD, NAME_NO_LABEL, NAME_NO_MODEL } name_result;

/* Looks the name up; one that is known becomes what the model spells, whose label is in `own`. */
static triage_status spell(backend *b, label_name *name, buffer *own, name_result *ret_result,
                           triage_error *err)
{
    engine_thread *t;
    const live_model *live;
    size_t f, k;
    triage_status status = engine_join(b->options.engine, &t, err);
    if (status != TRIAGE_OK)
        return status;
    const prediction_view *view = engine_acquire(t, &live);
    if (!view)
        *ret_result = NAME_NO_MODEL;
    else if (!prediction_view_find_field(view, name->field, name->field_length, &f))
        *ret_result = NAME_NO_FIELD;
    else if (!prediction_view_find_label_in_any_case(view, f, name->label, name->label_length, &k))
        *ret_result = NAME_NO_LABEL;
    else {
        *ret_result = NAME_KNOWN;
        buffer_append_text(own, triage_model_label_name(view->model, f, k));
        name->label = own->data;
        name->label_length = own->length;
    }
    engine_release(t);
    return own->failed ? error_memory(err) : TRIAGE_OK;
}

static void refuse_name(http_exchange *x, name_result result, const label_name *name)
{
    switch (result) {
    case NAME_KNOWN: break;
    case NAME_NO_MODEL: http_problem(x, 503, NULL, "no model is live yet"); break;
    case NAME_NO_FIELD:
        http_problem(x, 422, "/field", "there is no field '%.60s'", name->field);
        break;
    case NAME_NO_LABEL:
        http_problem(x, 422, "/label", "the model has no label '%.60s'", name->label);
        break;
    }
}

/* The setting without the label, and with it at its end if it becomes retired; `*ret_was_there`
 * says whether it had it. */
static void change_setting(const json_value *rows, const label_name *changed, bool is_retired,
                           buffer *out, bool *ret_was_there)
{
    json_writer w = {.out = out};
    *ret_was_there = false;
    json_begin_array(&w);
    for (size_t i = 0; i < json_length(rows); i++) {
        label_name row;
        request_fault fault;
        const char *sentence;
        json_flat object = {0};
        if (!json_flat_take(&object, json_element(rows, i), &sentence) ||
            !read_label_name(&object, &row, &fault))
            continue;
        if (is_same(&row, changed))
            *ret_was_there = true;
        else
            write_name(&w, &row);
    }
    if (is_retired)
        write_name(&w, changed);
    json_end_array(&w);
}

/* Changes the setting, unless that would change nothing: `*ret_was_there` is whether the label was
 * retired. */
static triage_status set_retired(backend *b, http_exchange *x, const label_name *name,
                                 bool is_retired, bool *ret_was_there, triage_error *err)
{
    char *old = NULL;
    buffer changed = {0};
    json_value *rows = NULL;
    json_parser *parser = json_parser_new();
    triage_status status =
        parser ? store_get(b->options.store, RETIRED_SETTING, &old, err) : error_memory(err);
    /* A setting that is no JSON any more is replaced. */
    if (status == TRIAGE_OK && old)
        (void)!json_parse(parser, old, strlen(old), &rows, NULL);
    if (status == TRIAGE_OK) {
        change_setting(rows, name, is_retired, &changed, ret_was_there);
        if (!buffer_string(&changed))
            status = error_memory(err);
    }
    if (status == TRIAGE_OK && *ret_was_there != is_retired)
        status = store_set(b->options.store, RETIRED_SETTING, changed.data, backend_caller(x), err);
    json_free(rows);
    json_parser_free(parser);
    buffer_free(&changed);
    free(old);
    return status;
}

/* The same, with nobody else of this process between reading and writing. */
static triage_status set_retired_alone(backend *b, http_exchange *x, const label_name *name,
                                       bool is_retired, bool *ret_was_there, triage_error *err)
{
    pthread_mutex_lock(&b->settings);
    triage_status status = set_retired(b, x, name, is_retired, ret_was_there, err);
    pthread_mutex_unlock(&b->settings);
    return status;
}

/* A label that is retired may be restored although the live model does not know it. */
static void change(backend *b, http_exchange *x, bool is_retired)
{
    triage_error err;
    const json_flat *body;
    label_name name;
    request_fault fault;
    name_result result = NAME_NO_MODEL;
    bool was_there = false;
    buffer own = {0};
    note_of(x)->action = is_retired ? "label-retire" : "label-restore";
    if (!http_body_flat(x, &body))
        return;
    if (!read_label_name(body, &name, &fault)) {
        http_problem(x, 422, fault.pointer, "%s", fault.message);
        return;
    }
    triage_status status = spell(b, &name, &own, &result, &err);
    bool is_refused = is_retired && result != NAME_KNOWN;
    if (status == TRIAGE_OK && !is_refused)
        status = set_retired_alone(b, x, &name, is_retired, &was_there, &err);
    is_refused = is_refused || (result != NAME_KNOWN && !was_there);
    if (status == TRIAGE_OK && !is_refused)
        status = backend_apply_policy(b, &err);
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    else if (is_refused)
        refuse_name(x, result, &name);
    else
        http_reply_empty(x, 204);
    buffer_free(&own);
}

void fields_retire(void *service, http_exchange *x)
{
    change(service, x, true);
}

void fields_restore(void *service, http_exchange *x)
{
    change(service, x, false);
}
