/* SPDX-License-Identifier: MIT */
/* GET /retrains: what was trained when, why, and what became of it. */
#include "services/backend/backend.h"
#include "services/backend/page.h"

static bool add_row(void *context, const store_retrain *r)
{
    page *list = context;
    json_writer *w = page_row(list, NULL);
    if (!w)
        return false;
    json_begin_object(w);
    json_write_key(w, "retrain_id");
    json_write_uint(w, r->id);
    json_write_key(w, "trigger");
    backend_write_text(w, r->trigger);
    json_write_key(w, "who");
    backend_write_text(w, r->who);
    json_write_key(w, "state");
    backend_write_text(w, r->state);
    json_write_key(w, "result");
    backend_write_text(w, r->result);
    json_write_key(w, "reason");
    backend_write_text(w, r->reason);
    json_write_key(w, "champion");
    backend_write_text(w, r->champion);
    json_write_key(w, "candidate");
    backend_write_text(w, r->candidate);
    json_write_key(w, "requested_at");
    backend_write_time(w, r->requested_at);
    json_write_key(w, "started_at");
    backend_write_time(w, r->started_at);
    json_write_key(w, "finished_at");
    backend_write_time(w, r->finished_at);
    json_end_object(w);
    return true;
}

void retrains_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    page list;
    if (!page_begin(&list, x, "retrains", b->options.spool_folder))
        return;
    page_end(&list, store_each_retrain(b->options.store, page_rows(&list), add_row, &list, &err),
             &err);
}
