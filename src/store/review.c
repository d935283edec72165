/* SPDX-License-Identifier: MIT */
/* The review queue as it is read: its pages, its size, and the texts that wait in it. */
#include "store/predictions.h"

typedef struct review {
    uint32_t limit;
    store_review_cursor cursor;
    prediction_visit visit;
} review;

static bool visit_review(void *context, const connection *c)
{
    review *work = context;
    int n = (int)prediction_record.n_fields;
    store_prediction prediction = {0};
    record_read(&prediction_record, c, 0, &prediction);
    prediction.n_similar = (uint64_t)column_int(c, n);
    work->cursor.is_started = true;
    work->cursor.score = -column_real(c, n + 1);
    record_set_id(work->cursor.id, column_bytes(c, 0));
    return work->visit.visit(work->visit.context, &prediction);
}

static triage_status each_review(connection *c, void *context, triage_error *err)
{
    review *work = context;
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&prediction_record, "p.", &q);
    query_add(&q, ", c.n_waiting, c.place FROM clusters c JOIN predictions p ON p.id = c.best_id");
    if (work->cursor.is_started)
        query_where_pair(&q, "(c.place, c.best_id) > ", value_real(-work->cursor.score),
                         value_text(work->cursor.id));
    query_add(&q, " ORDER BY c.place, c.best_id");
    query_limit(&q, work->limit);
    triage_status status = query_each(&q, c, visit_review, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_review(store *s, uint32_t limit, store_review_cursor *cursor,
                                store_visit_prediction visit, void *context, triage_error *err)
{
    if (limit == 0)
        return TRIAGE_OK;
    review work = {limit, *cursor, {visit, context}};
    triage_status status = database_read(s, each_review, &work, err);
    if (status == TRIAGE_OK)
        *cursor = work.cursor;
    return status;
}

typedef struct review_counts {
    uint64_t n_clusters, n_tickets;
} review_counts;

static bool take_counts(void *context, const connection *c)
{
    *(review_counts *)context =
        (review_counts){(uint64_t)column_int(c, 0), (uint64_t)column_int(c, 1)};
    return false;
}

static triage_status count_review(connection *c, void *context, triage_error *err)
{
    return connection_each(c, "SELECT count(*), CAST(sum(n_waiting) AS BIGINT) FROM clusters", NULL,
                           0, false, take_counts, context, err);
}

triage_status store_count_review(store *s, uint64_t *ret_clusters, uint64_t *ret_tickets,
                                 triage_error *err)
{
    review_counts counts = {0};
    triage_status status = database_read(s, count_review, &counts, err);
    if (status != TRIAGE_OK)
        return status;
    *ret_clusters = counts.n_clusters;
    *ret_tickets = counts.n_tickets;
    return TRIAGE_OK;
}

static triage_status each_waiting(connection *c, void *context, triage_error *err)
{
    review *work = context;
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&prediction_record, "", &q);
    query_add(&q, " FROM predictions WHERE is_review = 1 AND is_answered = 0"
                  " ORDER BY created_at DESC, id DESC");
    query_limit(&q, work->limit);
    triage_status status = query_each(&q, c, prediction_visit_row, &work->visit, err);
    query_free(&q);
    return status;
}

triage_status store_each_waiting(store *s, uint32_t limit, store_visit_prediction visit,
                                 void *context, triage_error *err)
{
    review work = {.limit = limit, .visit = {visit, context}};
    return limit == 0 ? TRIAGE_OK : database_read(s, each_waiting, &work, err);
}
