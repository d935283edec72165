/* SPDX-License-Identifier: MIT */
/* Predictions: added in batches, found, listed, counted, and deleted when they are old. */
#include "store/predictions.h"

#include "base/error.h"
#include "base/mem.h"
#include "store/clusters.h"

#include <stdlib.h>
#include <string.h>

static const field prediction_fields[] = {
    FIELD(store_prediction, FIELD_ID, id),
    FIELD(store_prediction, FIELD_INT, created_at),
    FIELD(store_prediction, FIELD_TEXT, source),
    FIELD(store_prediction, FIELD_TEXT, ticket_id),
    FIELD(store_prediction, FIELD_UINT, text_hash),
    FIELD(store_prediction, FIELD_UINT, cluster),
    FIELD(store_prediction, FIELD_TEXT, model_version),
    FIELD(store_prediction, FIELD_TEXT, label),
    FIELD(store_prediction, FIELD_TEXT, decision),
    FIELD(store_prediction, FIELD_REAL, confidence),
    FIELD(store_prediction, FIELD_BOOL, is_review),
    FIELD(store_prediction, FIELD_REAL, uncertainty),
    FIELD(store_prediction, FIELD_BOOL, is_answered),
    FIELD(store_prediction, FIELD_TEXT, text),
    FIELD(store_prediction, FIELD_TEXT, outcomes),
};
enum { PREDICTION_CLUSTER = 5, PREDICTION_DECISION = 8, PREDICTION_TEXT = 13 };

const record prediction_record = {"predictions", prediction_fields,
                                  sizeof prediction_fields / sizeof *prediction_fields};

bool prediction_visit_row(void *context, const connection *c)
{
    const prediction_visit *work = context;
    store_prediction prediction = {0};
    record_read(&prediction_record, c, 0, &prediction);
    return work->visit(work->context, &prediction);
}

/* --- adding --------------------------------------------------------------------------------- */

typedef struct adding {
    const store_prediction *predictions;
    size_t n;
    cluster_growth *growth; /* room for n */
} adding;

/* Without a cluster, a prediction's near-copies are those with the same text. */
static uint64_t cluster_of(const store_prediction *p)
{
    return p->cluster != 0 ? p->cluster : p->text_hash;
}

static triage_status bind_prediction(void *context, size_t i, sql_value *values, triage_error *err)
{
    (void)err;
    const store_prediction *p = &((adding *)context)->predictions[i];
    record_values(&prediction_record, p, values);
    values[PREDICTION_CLUSTER] = value_uint(cluster_of(p));
    if (!p->decision.data)
        values[PREDICTION_DECISION] = value_text(p->is_review ? "review" : "auto");
    if (!p->text.data)
        values[PREDICTION_TEXT] = value_text("");
    return TRIAGE_OK;
}

static triage_status add_predictions(connection *c, void *context, triage_error *err)
{
    adding *work = context;
    query insert = {0};
    record_insert(&prediction_record, &insert);
    batch b = {.sql = buffer_string(&insert.sql),
               .n_values = prediction_record.n_fields,
               .n_rows = work->n,
               .bind = bind_prediction,
               .context = work};
    triage_status status = b.sql ? connection_run_batch(c, &b, err) : error_memory(err);
    query_free(&insert);
    size_t n_growth = 0;
    for (size_t i = 0; i < work->n; i++) {
        const store_prediction *p = &work->predictions[i];
        if (p->is_review && !p->is_answered)
            work->growth[n_growth++] = (cluster_growth){cluster_of(p), 1, p->uncertainty, p->id};
    }
    return status == TRIAGE_OK ? clusters_grow(c, work->growth, n_growth, err) : status;
}

triage_status store_add_predictions(store *s, const store_prediction *predictions, size_t n,
                                    triage_error *err)
{
    if (n == 0)
        return TRIAGE_OK;
    adding work = {predictions, n, mem_new(n, sizeof(cluster_growth))};
    if (!work.growth)
        return error_memory(err);
    triage_status status = database_write(s, add_predictions, &work, err);
    free(work.growth);
    return status;
}

/* --- finding and listing -------------------------------------------------------------------- */

static void select_predictions(query *q)
{
    query_add(q, "SELECT ");
    record_columns(&prediction_record, "", q);
    query_add(q, " FROM predictions");
}

typedef struct finding {
    const char *id;
    prediction_visit visit;
    bool is_found;
} finding;

static bool visit_found(void *context, const connection *c)
{
    finding *work = context;
    work->is_found = true;
    prediction_visit_row(&work->visit, c);
    return false;
}

static triage_status find_prediction(connection *c, void *context, triage_error *err)
{
    finding *work = context;
    query q = {0};
    select_predictions(&q);
    query_where(&q, "id = ", value_text(work->id));
    triage_status status = query_each(&q, c, visit_found, work, err);
    query_free(&q);
    return status;
}

triage_status store_find_prediction(store *s, const char *id, store_visit_prediction visit,
                                    void *context, bool *ret_found, triage_error *err)
{
    finding work = {.id = id, .visit = {visit, context}};
    triage_status status = database_read(s, find_prediction, &work, err);
    if (status == TRIAGE_OK)
        *ret_found = work.is_found;
    return status;
}

typedef struct listing {
    const store_prediction_filter *filter;
    prediction_visit visit;
} listing;

static triage_status each_prediction(connection *c, void *context, triage_error *err)
{
    listing *work = context;
    const store_prediction_filter *f = work->filter;
    triage_status status = TRIAGE_OK;
    query q = {0};
    select_predictions(&q);
    if (f->since != 0)
        query_where(&q, "created_at >= ", value_int(f->since));
    if (f->until != 0)
        query_where(&q, "created_at < ", value_int(f->until));
    query_where_text(&q, "label = ", f->label);
    query_where_text(&q, "decision = ", f->decision);
    query_where_text(&q, "model_version = ", f->model_version);
    query_where_text(&q, "source = ", f->source);
    if (f->before)
        status = query_where_older(&q, c, "predictions", f->before, err);
    query_add(&q, " ORDER BY created_at DESC, id DESC");
    query_limit(&q, f->limit);
    if (status == TRIAGE_OK)
        status = query_each(&q, c, prediction_visit_row, &work->visit, err);
    query_free(&q);
    return status;
}

triage_status store_each_prediction(store *s, const store_prediction_filter *filter,
                                    store_visit_prediction visit, void *context, triage_error *err)
{
    listing work = {filter, {visit, context}};
    return database_read(s, each_prediction, &work, err);
}

/* --- counting ------------------------------------------------------------------------------- */

typedef struct counting {
    int64_t since, until;
    bool (*visit)(void *, const store_prediction_count *);
    void *context;
} counting;

static bool visit_count(void *context, const connection *c)
{
    const counting *work = context;
    store_prediction_count count = {.hour = column_int(c, 0),
                                    .model_version = column_bytes(c, 1),
                                    .label = column_bytes(c, 2),
                                    .decision = column_bytes(c, 3),
                                    .n = (uint64_t)column_int(c, 4),
                                    .sum_confidence = column_real(c, 5)};
    return work->visit(work->context, &count);
}

static triage_status each_count(connection *c, void *context, triage_error *err)
{
    counting *work = context;
    query q = {.is_long = true};
    query_add(&q,
              "SELECT created_at - created_at % 3600000 AS hour, model_version, label, decision,"
              " count(*), sum(confidence) FROM predictions");
    if (work->since != 0)
        query_where(&q, "created_at >= ", value_int(work->since));
    if (work->until != 0)
        query_where(&q, "created_at < ", value_int(work->until));
    query_add(&q, " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4");
    triage_status status = query_each(&q, c, visit_count, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_prediction_count(store *s, int64_t since, int64_t until,
                                          bool (*visit)(void *, const store_prediction_count *),
                                          void *context, triage_error *err)
{
    counting work = {since, until, visit, context};
    return database_read(s, each_count, &work, err);
}

/* --- deleting ------------------------------------------------------------------------------- */

typedef struct deleting {
    int64_t before;
    uint32_t limit;
    uint64_t n;
    cluster_list shrunk;
} deleting;

static bool note_deleted(void *context, const connection *c)
{
    deleting *work = context;
    work->n++;
    if (column_int(c, 1) != 0 && column_int(c, 2) == 0)
        cluster_list_add(&work->shrunk, (uint64_t)column_int(c, 0));
    return true;
}

static triage_status delete_predictions(connection *c, void *context, triage_error *err)
{
    deleting *work = context;
    work->n = 0;
    work->shrunk.n = 0;
    sql_value values[] = {value_int(work->before), value_int(work->limit)};
    triage_status status = connection_each(
        c,
        "DELETE FROM predictions WHERE id IN (SELECT id FROM predictions WHERE created_at < $1"
        " ORDER BY created_at, id LIMIT $2) RETURNING cluster, is_review, is_answered",
        values, 2, false, note_deleted, work, err);
    return status == TRIAGE_OK ? clusters_refresh(c, &work->shrunk, err) : status;
}

triage_status store_delete_predictions(store *s, int64_t before, uint32_t limit, uint64_t *ret_n,
                                       triage_error *err)
{
    deleting work = {.before = before, .limit = limit};
    triage_status status = database_write(s, delete_predictions, &work, err);
    cluster_list_free(&work.shrunk);
    if (status == TRIAGE_OK)
        *ret_n = work.n;
    return status;
}
