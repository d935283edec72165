/* SPDX-License-Identifier: MIT */
/*
 * GET /review: the tickets that are most worth a person's look. Each comes as it was predicted, and
 * with what the live model says now: alternatives to choose from.
 */
#include "base/number.h"
#include "services/backend/backend.h"
#include "services/backend/page.h"

#include <stdio.h>
#include <string.h>

/* Labels of each field that a reviewer is offered. */
#define OFFERED 9

typedef struct review {
    page page;
    engine_thread *thread;
    const live_model *live;
} review;

/* What the live model says now: the members of an answer. */
static void write_now(review *r, json_writer *w, const store_prediction *p)
{
    ticket_request ticket = {
        .text = p->text.data ? p->text.data : "", .length = p->text.length, .top = OFFERED};
    json_write_key(w, "now");
    if (!r->live || engine_predict(r->thread, r->live, &ticket, NULL) != TRIAGE_OK) {
        json_write_null(w);
        return;
    }
    buffer_clear(&r->thread->answer);
    answer_append(&r->thread->prediction, &r->thread->answer);
    json_write_raw(w, r->thread->answer.data, r->thread->answer.length);
}

static bool add_row(void *context, const store_prediction *p)
{
    review *r = context;
    json_writer *w = page_row(&r->page, NULL);
    if (!w)
        return false;
    json_begin_object(w);
    json_write_key(w, "prediction_id");
    json_write_text(w, p->id);
    json_write_key(w, "created_at");
    backend_write_time(w, p->created_at);
    json_write_key(w, "text");
    json_write_string(w, p->text.data, p->text.length);
    json_write_key(w, "model_version");
    backend_write_text(w, p->model_version);
    json_write_key(w, "uncertainty");
    json_write_float(w, (float)p->uncertainty);
    json_write_key(w, "similar");
    json_write_uint(w, p->n_similar);
    json_write_key(w, "fields");
    json_write_raw(w, p->outcomes.data, p->outcomes.length);
    write_now(r, w, p);
    json_end_object(w);
    return true;
}

/* "SCORE_ID", as it was given out. False with a problem sent. */
static bool read_cursor(http_exchange *x, store_review_cursor *ret_cursor)
{
    const char *text = http_query(x, "after");
    const char *separator = text ? strchr(text, '_') : NULL;
    *ret_cursor = (store_review_cursor){0};
    if (!text)
        return true;
    if (!separator || strlen(separator + 1) != STORE_ID_SIZE - 1 ||
        !number_parse_real(text, (size_t)(separator - text), 0, 1e9, &ret_cursor->score)) {
        http_problem(x, 400, NULL, "'after' is not a cursor that was given out");
        return false;
    }
    ret_cursor->is_started = true;
    memcpy(ret_cursor->id, separator + 1, STORE_ID_SIZE);
    return true;
}

static void write_rest(json_writer *w, const page *p, const store_review_cursor *cursor,
                       uint64_t n_clusters, uint64_t n_tickets)
{
    char score[NUMBER_TEXT_SIZE], next[NUMBER_TEXT_SIZE + STORE_ID_SIZE + 1];
    json_end_array(w);
    json_write_key(w, "next");
    if (p->n == p->limit && cursor->is_started) {
        number_format_double(cursor->score, score);
        snprintf(next, sizeof next, "%s_%s", score, cursor->id);
        json_write_text(w, next);
    } else {
        json_write_null(w);
    }
    json_write_key(w, "waiting");
    json_begin_object(w);
    json_write_key(w, "tickets");
    json_write_uint(w, n_tickets);
    json_write_key(w, "groups");
    json_write_uint(w, n_clusters);
    json_end_object(w);
}

void review_list(void *service, http_exchange *x)
{
    backend *b = service;
    review r = {0};
    triage_error err;
    store_review_cursor cursor;
    uint64_t n_clusters = 0, n_tickets = 0;
    if (!read_cursor(x, &cursor) || !page_begin(&r.page, x, "tickets", b->options.spool_folder))
        return;
    triage_status status = engine_join(b->options.engine, &r.thread, &err);
    if (status == TRIAGE_OK) {
        engine_acquire(r.thread, &r.live);
        status = store_each_review(b->options.store, r.page.limit, &cursor, add_row, &r, &err);
        engine_release(r.thread);
    }
    if (status == TRIAGE_OK)
        status = store_count_review(b->options.store, &n_clusters, &n_tickets, &err);
    if (status == TRIAGE_OK && !r.page.is_export)
        write_rest(&r.page.json, &r.page, &cursor, n_clusters, n_tickets);
    page_end(&r.page, status, &err);
}
