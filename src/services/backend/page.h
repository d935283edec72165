/* SPDX-License-Identifier: MIT */
/*
 * Lists as answers: a page as {"NAME":[...],"next":CURSOR}, or, if the caller accepts NDJSON, all
 * rows as lines. Rows are written one by one; the page asks the store for one row more than it
 * shows, so that it knows whether another follows.
 */
#ifndef SERVICES_BACKEND_PAGE_H
#define SERVICES_BACKEND_PAGE_H

#include "services/backend/spool.h"
#include "store/store.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     1000

typedef struct page {
    http_exchange *exchange;
    bool is_export; /* NDJSON: everything */
    uint32_t limit; /* rows shown */
    uint32_t n;     /* rows written */
    bool has_more;
    spool spool;
    json_writer json;
    char next[STORE_ID_SIZE]; /* the id of the last row shown */
} page;

/* Reads "limit" and the Accept header. False with a problem sent. `name`: of the array. */
bool page_begin(page *p, http_exchange *x, const char *name, const char *spool_folder);

/* What to ask the store for; 0: all. */
uint32_t page_rows(const page *p);

/* A list that is short and has no cursor comes whole: for after page_begin(). */
void page_show_all(page *p);

/* The writer for the next row, whose id is `id` (may be NULL); NULL if the page is full: stop then.
 */
json_writer *page_row(page *p, const char *id);

/* Answers with the page, or with the problem of the store's `status`. */
void page_end(page *p, triage_status status, const triage_error *err);

/* The same, but the writer is handed out before the object is closed, for further members. */
json_writer *page_members(page *p);

#endif
