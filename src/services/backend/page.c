/* SPDX-License-Identifier: MIT */
/* A list as JSON or NDJSON, in constant memory. */
#include "services/backend/page.h"

#include <string.h>

#define NDJSON "application/x-ndjson"

bool page_begin(page *p, http_exchange *x, const char *name, const char *spool_folder)
{
    uint64_t limit;
    *p = (page){.exchange = x,
                .is_export = http_accepts(x, NDJSON),
                .spool = {.folder = spool_folder, .fd = -1}};
    if (!http_query_uint(x, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit))
        return false;
    p->limit = (uint32_t)limit;
    p->json.out = &p->spool.memory;
    if (!p->is_export) {
        json_begin_object(&p->json);
        json_write_key(&p->json, name);
        json_begin_array(&p->json);
    }
    return true;
}

uint32_t page_rows(const page *p)
{
    return p->is_export ? 0 : p->limit + 1;
}

void page_show_all(page *p)
{
    p->limit = UINT32_MAX;
}

json_writer *page_row(page *p, const char *id)
{
    if (p->is_export) {
        if (p->n++ > 0)
            buffer_append_char(&p->spool.memory, '\n');
        spool_settle(&p->spool);
        p->json = (json_writer){.out = &p->spool.memory};
        return p->spool.fault ? NULL : &p->json;
    }
    if (p->n == p->limit) {
        p->has_more = true;
        return NULL;
    }
    p->n++;
    spool_settle(&p->spool);
    if (id && strlen(id) < sizeof p->next)
        memcpy(p->next, id, strlen(id) + 1);
    return &p->json;
}

json_writer *page_members(page *p)
{
    if (p->is_export)
        return NULL;
    json_end_array(&p->json);
    json_write_key(&p->json, "next");
    json_write_text(&p->json, p->has_more && p->next[0] ? p->next : NULL);
    return &p->json;
}

void page_end(page *p, triage_status status, const triage_error *err)
{
    if (status != TRIAGE_OK) {
        http_problem_status(p->exchange, status, err);
    } else if (p->is_export) {
        if (p->n > 0)
            buffer_append_char(&p->spool.memory, '\n');
        spool_reply(&p->spool, p->exchange, NDJSON);
    } else {
        if (p->json.depth == 2)
            page_members(p);
        json_end_object(&p->json);
        spool_reply(&p->spool, p->exchange, "application/json");
    }
    spool_free(&p->spool);
}
