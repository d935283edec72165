/* SPDX-License-Identifier: MIT */
/* GET and PUT /settings: what may be changed while everything runs. */
#include "base/number.h"
#include "services/backend/backend.h"
#include "services/note.h"

#include <string.h>

/* The target that was set, or that of the live model; 0 if there is none. */
static triage_status read_target(backend *b, double *ret_target, triage_error *err)
{
    engine_thread *t;
    const live_model *live;
    triage_status status = backend_target_precision(b, ret_target, err);
    if (status != TRIAGE_OK || *ret_target > 0)
        return status;
    status = engine_join(b->options.engine, &t, err);
    if (status != TRIAGE_OK)
        return status;
    const prediction_view *view = engine_acquire(t, &live);
    if (view)
        *ret_target = policy_target_precision(view->policy);
    engine_release(t);
    return TRIAGE_OK;
}

static void answer(backend *b, http_exchange *x)
{
    triage_error err;
    double target;
    triage_status status = read_target(b, &target, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return;
    }
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "target_precision");
    if (target > 0)
        json_write_double(&w, target);
    else
        json_write_null(&w);
    json_write_key(&w, "retrain_after");
    json_write_uint(&w, b->options.retrain_after);
    json_write_key(&w, "retention_days");
    json_write_int(&w, b->options.retention_days);
    json_write_key(&w, "prediction_log");
    json_write_bool(&w, b->log != NULL);
    json_end_object(&w);
    http_reply_json(x, 200, out);
}

void settings_get(void *service, http_exchange *x)
{
    answer(service, x);
}

void settings_put(void *service, http_exchange *x)
{
    static const char *const names[] = {"target_precision", NULL};
    backend *b = service;
    triage_error err;
    const json_flat *body;
    request_fault fault;
    double target = 0;
    char text[NUMBER_TEXT_SIZE];
    note_of(x)->action = "settings";
    if (!http_body_flat(x, &body))
        return;
    if (!request_has_only(body, names, &fault)) {
        http_problem(x, 422, fault.pointer, "%s", fault.message);
        return;
    }
    const json_flat_member *value = json_flat_find(body, "target_precision");
    bool is_null = value && value->kind == JSON_NULL;
    if (!is_null && (!json_flat_double(value, &target) || target <= 0 || target >= 1)) {
        http_problem(x, 422, "/target_precision",
                     "'target_precision' must be a number between 0 and 1, or null for that of "
                     "the options");
        return;
    }
    if (!is_null)
        number_format_double(target, text);
    triage_status status =
        store_set(b->options.store, TARGET_SETTING, is_null ? NULL : text, backend_caller(x), &err);
    if (status == TRIAGE_OK)
        status = backend_apply_policy(b, &err);
    if (status == TRIAGE_OK)
        answer(b, x);
    else
        http_problem_status(x, status, &err);
}
