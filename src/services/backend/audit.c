/* SPDX-License-Identifier: MIT */
/* GET /audit: who changed what. */
#include "services/backend/backend.h"
#include "services/backend/page.h"

#include <stdio.h>

static bool add_row(void *context, const store_audit *a)
{
    page *list = context;
    char sequence[STORE_ID_SIZE];
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)a->sequence);
    json_writer *w = page_row(list, sequence);
    if (!w)
        return false;
    json_begin_object(w);
    json_write_key(w, "at");
    backend_write_time(w, a->at);
    json_write_key(w, "who");
    backend_write_text(w, a->who);
    json_write_key(w, "action");
    backend_write_text(w, a->action);
    json_write_key(w, "target");
    backend_write_text(w, a->target);
    json_write_key(w, "old");
    backend_write_text(w, a->old_value);
    json_write_key(w, "new");
    backend_write_text(w, a->new_value);
    json_end_object(w);
    return true;
}

void audit_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    page list;
    uint64_t before;
    if (!http_query_uint(x, "before", 1, UINT64_MAX / 2, 0, &before) ||
        !page_begin(&list, x, "audit", b->options.spool_folder))
        return;
    page_end(&list,
             store_each_audit(b->options.store, before, page_rows(&list), add_row, &list, &err),
             &err);
}
