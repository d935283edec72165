/* SPDX-License-Identifier: MIT */
/* The corrections that there are, and an admin's decision on those that are held. */
#include "base/error.h"
#include "services/backend/backend.h"
#include "services/backend/page.h"
#include "services/note.h"

#include <string.h>

static void write_number_or_null(json_writer *w, double value)
{
    if (value < 0)
        json_write_null(w);
    else
        json_write_float(w, (float)value);
}

/* The members of feedback.jsonl, of the file format of the same name. */
static void write_file_members(json_writer *w, const store_feedback *f)
{
    json_write_key(w, "text");
    json_write_string(w, f->text.data, f->text.length);
    json_write_key(w, "field");
    backend_write_text(w, f->field);
    json_write_key(w, "label");
    backend_write_text(w, f->label);
    json_write_key(w, "predicted");
    backend_write_text(w, f->predicted);
    json_write_key(w, "confidence");
    write_number_or_null(w, f->confidence);
    json_write_key(w, "model_version");
    backend_write_text(w, f->model_version);
    json_write_key(w, "source");
    backend_write_text(w, f->source);
    json_write_key(w, "created_at");
    backend_write_time(w, f->created_at);
}

static void write_further_members(json_writer *w, const store_feedback *f)
{
    json_write_key(w, "feedback_id");
    json_write_text(w, f->id);
    json_write_key(w, "status");
    json_write_text(w, store_feedback_status_name(f->status));
    json_write_key(w, "reason");
    backend_write_text(w, f->reason);
    json_write_key(w, "prediction_id");
    backend_write_text(w, f->prediction_id);
    json_write_key(w, "comment");
    backend_write_text(w, f->comment);
    json_write_key(w, "key_id");
    backend_write_text(w, f->key_id);
}

static bool add_row(void *context, const store_feedback *f)
{
    page *list = context;
    json_writer *w = page_row(list, f->id);
    if (!w)
        return false;
    json_begin_object(w);
    write_file_members(w, f);
    if (!list->is_export)
        write_further_members(w, f);
    json_end_object(w);
    return true;
}

void feedback_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    page list;
    const char *status_name = http_query(x, "status");
    store_feedback_filter filter = {.field = http_query(x, "field"),
                                    .label = http_query(x, "label"),
                                    .source = http_query(x, "source"),
                                    .key_id = http_query(x, "key_id"),
                                    .has_status = status_name != NULL};
    if (status_name && !store_feedback_status_parse(status_name, &filter.status)) {
        http_problem(x, 400, NULL, "'status' must be accepted, held, rejected or superseded");
        return;
    }
    if (!backend_query_time(x, "since", &filter.since) ||
        !backend_query_time(x, "until", &filter.until) ||
        !backend_query_id(x, "before", &filter.before) ||
        !page_begin(&list, x, "feedback", b->options.spool_folder))
        return;
    filter.limit = page_rows(&list);
    page_end(&list, store_each_feedback(b->options.store, &filter, add_row, &list, &err), &err);
}

/* Writes who decided what into the audit, and answers. */
static void decide(backend *b, http_exchange *x, store_feedback_status decision)
{
    triage_error err;
    bool is_found = false;
    const char *id = http_path_value(x, "id"), *who = backend_caller(x);
    const char *name = store_feedback_status_name(decision), *reason;
    note_of(x)->action = "feedback";
    if (!backend_read_reason(x, &reason))
        return;
    if (!reason && decision == STORE_FEEDBACK_REJECTED)
        reason = "rejected by an admin";
    triage_status status =
        store_decide_feedback(b->options.store, id, decision, reason, &is_found, &err);
    if (status == TRIAGE_OK && is_found) {
        store_audit entry = {.who = {who, strlen(who)},
                             .action = {"feedback-decision", strlen("feedback-decision")},
                             .target = {id, strlen(id)},
                             .old_value = {"held", strlen("held")},
                             .new_value = {name, strlen(name)}};
        status = backend_audit(b, &entry, &err);
    }
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    else if (!is_found)
        http_problem(x, 404, NULL, "no correction with this id is held");
    else {
        buffer *out = http_scratch(x);
        json_writer w = {.out = out};
        buffer_clear(out);
        json_begin_object(&w);
        json_write_key(&w, "feedback_id");
        json_write_text(&w, id);
        json_write_key(&w, "status");
        json_write_text(&w, name);
        json_end_object(&w);
        event_hub_publish(b->events, "feedback", out->data, out->length);
        http_reply_json(x, 200, out);
    }
}

void feedback_accept(void *service, http_exchange *x)
{
    decide(service, x, STORE_FEEDBACK_ACCEPTED);
}

void feedback_reject(void *service, http_exchange *x)
{
    decide(service, x, STORE_FEEDBACK_REJECTED);
}
