/* SPDX-License-Identifier: MIT */
/* The parts of an answer that never change, rendered once. */
#include "services/prediction/view.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "services/prediction/view_meters.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Appends a rendered text and notes where it is; offsets become pointers in settle(). */
static void render_text(buffer *memory, const char *text, view_text *ret_text)
{
    json_writer json = {.out = memory};
    size_t start = memory->length;
    json_write_text(&json, text);
    ret_text->length = memory->length - start;
}

static void render_threshold(buffer *memory, float threshold, view_text *ret_text)
{
    json_writer json = {.out = memory};
    size_t start = memory->length;
    if (threshold > 1)
        json_write_null(&json);
    else
        json_write_float(&json, threshold);
    ret_text->length = memory->length - start;
}

static void render(prediction_view *view)
{
    buffer *memory = &view->memory;
    for (size_t f = 0; f < view->n_fields; f++)
        render_text(memory, view->fields[f].name, &view->fields[f].json_name);
    for (size_t f = 0; f < view->n_fields; f++)
        for (size_t k = 0; k < view->fields[f].n_labels; k++) {
            size_t i = view->fields[f].first + k;
            render_text(memory, triage_model_label_name(view->model, f, k), &view->texts[i]);
        }
    for (size_t f = 0; f < view->n_fields; f++)
        for (size_t k = 0; k < view->fields[f].n_labels; k++) {
            size_t i = view->n_labels + view->fields[f].first + k;
            render_threshold(memory, policy_threshold(view->policy, f, k), &view->texts[i]);
        }
}

/* The memory no longer moves: texts stand in it in the order in which they were rendered. */
static void settle(prediction_view *view)
{
    const char *at = view->memory.data;
    for (size_t f = 0; f < view->n_fields; f++) {
        view->fields[f].json_name.data = at;
        at += view->fields[f].json_name.length;
    }
    for (size_t i = 0; i < 2 * view->n_labels; i++) {
        view->texts[i].data = at;
        at += view->texts[i].length;
    }
    for (size_t f = 0; f < view->n_fields; f++) {
        view->fields[f].labels = view->texts + view->fields[f].first;
        view->fields[f].thresholds = view->texts + view->n_labels + view->fields[f].first;
    }
}

static triage_status build(prediction_view *view, const policy_options *options, triage_error *err)
{
    view->fields = mem_new_zeroed(view->n_fields, sizeof *view->fields);
    if (!view->fields)
        return error_memory(err);
    for (size_t f = 0; f < view->n_fields; f++) {
        view->fields[f].name = triage_model_field_name(view->model, f);
        view->fields[f].n_labels = triage_model_n_labels(view->model, f);
        view->fields[f].first = view->n_labels;
        view->n_labels += view->fields[f].n_labels;
    }
    view->texts = mem_new_zeroed(view->n_labels, 2 * sizeof *view->texts);
    if (!view->texts)
        return error_memory(err);
    triage_status status = policy_new(view->model, options, &view->policy, err);
    if (status != TRIAGE_OK)
        return status;
    render(view);
    if (view->memory.failed)
        return error_memory(err);
    settle(view);
    return TRIAGE_OK;
}

triage_status prediction_view_new(const triage_model *model, const char *version,
                                  const policy_options *options, prediction_view **ret_view,
                                  triage_error *err)
{
    prediction_view *view = mem_new_zeroed(1, sizeof *view);
    if (!view)
        return error_memory(err);
    view->model = model;
    view->version = version;
    view->n_fields = triage_model_n_fields(model);
    triage_status status = build(view, options, err);
    if (status == TRIAGE_OK)
        *ret_view = view;
    else
        prediction_view_free(view);
    return status;
}

void prediction_view_free(prediction_view *view)
{
    if (!view)
        return;
    view_meters_free(view->meters);
    policy_free(view->policy);
    free(view->fields);
    free(view->texts);
    buffer_free(&view->memory);
    free(view);
}

static bool is_name(const char *name, const char *wanted, size_t length)
{
    return strlen(name) == length && memcmp(name, wanted, length) == 0;
}

bool prediction_view_find_field(const prediction_view *view, const char *name, size_t length,
                                size_t *ret_field)
{
    for (size_t f = 0; f < view->n_fields; f++)
        if (is_name(view->fields[f].name, name, length)) {
            *ret_field = f;
            return true;
        }
    return false;
}

bool prediction_view_find_label(const prediction_view *view, size_t field, const char *name,
                                size_t length, size_t *ret_label)
{
    for (size_t k = 0; k < view->fields[field].n_labels; k++)
        if (is_name(triage_model_label_name(view->model, field, k), name, length)) {
            *ret_label = k;
            return true;
        }
    return false;
}

bool prediction_view_find_label_in_any_case(const prediction_view *view, size_t field,
                                            const char *name, size_t length, size_t *ret_label)
{
    if (prediction_view_find_label(view, field, name, length, ret_label))
        return true;
    for (size_t k = 0; k < view->fields[field].n_labels; k++) {
        const char *label = triage_model_label_name(view->model, field, k);
        if (strlen(label) == length && strncasecmp(label, name, length) == 0) {
            *ret_label = k;
            return true;
        }
    }
    return false;
}
