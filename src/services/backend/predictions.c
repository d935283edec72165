/* SPDX-License-Identifier: MIT */
/* GET /predictions: what was predicted, newest first. */
#include "services/backend/backend.h"
#include "services/backend/page.h"

#include <string.h>

static void write_prediction(json_writer *w, const store_prediction *p)
{
    json_begin_object(w);
    json_write_key(w, "prediction_id");
    json_write_text(w, p->id);
    json_write_key(w, "created_at");
    backend_write_time(w, p->created_at);
    json_write_key(w, "source");
    backend_write_text(w, p->source);
    json_write_key(w, "id");
    backend_write_text(w, p->ticket_id);
    json_write_key(w, "text");
    json_write_string(w, p->text.data, p->text.length);
    json_write_key(w, "model_version");
    backend_write_text(w, p->model_version);
    json_write_key(w, "category");
    backend_write_text(w, p->label);
    json_write_key(w, "confidence");
    json_write_float(w, (float)p->confidence);
    json_write_key(w, "decision");
    backend_write_text(w, p->decision);
    json_write_key(w, "answered");
    json_write_bool(w, p->is_answered);
    json_write_key(w, "fields");
    json_write_raw(w, p->outcomes.data, p->outcomes.length);
    json_end_object(w);
}

static bool add_row(void *context, const store_prediction *p)
{
    page *list = context;
    json_writer *w = page_row(list, p->id);
    if (w)
        write_prediction(w, p);
    return w != NULL;
}

void predictions_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    page list;
    store_prediction_filter filter = {.label = http_query(x, "label"),
                                      .decision = http_query(x, "decision"),
                                      .model_version = http_query(x, "model_version"),
                                      .source = http_query(x, "source")};
    if (filter.decision && strcmp(filter.decision, "auto") != 0 &&
        strcmp(filter.decision, "review") != 0) {
        http_problem(x, 400, NULL, "'decision' must be auto or review");
        return;
    }
    if (!backend_query_time(x, "since", &filter.since) ||
        !backend_query_time(x, "until", &filter.until) ||
        !backend_query_id(x, "before", &filter.before) ||
        !page_begin(&list, x, "predictions", b->options.spool_folder))
        return;
    filter.limit = page_rows(&list);
    page_end(&list, store_each_prediction(b->options.store, &filter, add_row, &list, &err), &err);
}

static bool write_one(void *context, const store_prediction *p)
{
    json_writer w = {.out = context};
    write_prediction(&w, p);
    return true;
}

void predictions_get(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    bool is_found = false;
    buffer *out = http_scratch(x);
    buffer_clear(out);
    triage_status status = store_find_prediction(b->options.store, http_path_value(x, "id"),
                                                 write_one, out, &is_found, &err);
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    else if (!is_found)
        http_problem(x, 404, NULL, "no prediction has this id");
    else
        http_reply_json(x, 200, out);
}
