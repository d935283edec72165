/* SPDX-License-Identifier: MIT */
/* Corrections by people: added once each, in an order that readers can rely on. */
#include "store/feedback.h"

#include "base/error.h"
#include "store/clusters.h"

#include <string.h>

/* How long an idempotency key is known. */
#define IDEMPOTENCY_MS ((int64_t)7 * 24 * 3600 * 1000)

static const field feedback_fields[] = {
    FIELD(store_feedback, FIELD_ID, id),
    FIELD(store_feedback, FIELD_UINT, sequence),
    FIELD(store_feedback, FIELD_INT, created_at),
    FIELD(store_feedback, FIELD_TEXT, text),
    FIELD(store_feedback, FIELD_UINT, text_hash),
    FIELD(store_feedback, FIELD_TEXT, field),
    FIELD(store_feedback, FIELD_TEXT, label),
    FIELD(store_feedback, FIELD_TEXT, predicted),
    FIELD(store_feedback, FIELD_REAL, confidence),
    FIELD(store_feedback, FIELD_TEXT, model_version),
    FIELD(store_feedback, FIELD_TEXT, prediction_id),
    FIELD(store_feedback, FIELD_REAL, surprise),
    FIELD(store_feedback, FIELD_TEXT, source),
    FIELD(store_feedback, FIELD_TEXT, comment),
    FIELD(store_feedback, FIELD_TEXT, key_id),
    FIELD(store_feedback, FIELD_STATUS, status),
    FIELD(store_feedback, FIELD_TEXT, reason),
};

const record feedback_record = {"feedback", feedback_fields,
                                sizeof feedback_fields / sizeof *feedback_fields};

static const char *const status_names[] = {"accepted", "held", "rejected", "superseded"};
#define N_STATUS (sizeof status_names / sizeof *status_names)

const char *store_feedback_status_name(store_feedback_status status)
{
    return (size_t)status < N_STATUS ? status_names[status] : "unknown";
}

bool store_feedback_status_parse(const char *name, store_feedback_status *ret_status)
{
    for (size_t i = 0; i < N_STATUS; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            *ret_status = (store_feedback_status)i;
            return true;
        }
    }
    return false;
}

triage_status feedback_next_sequence(connection *c, int64_t *ret_sequence, triage_error *err)
{
    triage_status status = connection_lock(c, err);
    if (status != TRIAGE_OK)
        return status;
    return connection_number(c, "SELECT COALESCE(max(sequence), 0) + 1 FROM feedback", NULL, 0, 0,
                             ret_sequence, err);
}

triage_status feedback_supersede(connection *c, uint64_t text_hash, store_text field_name,
                                 const char *id, triage_error *err)
{
    sql_value values[] = {value_int(STORE_FEEDBACK_SUPERSEDED), value_uint(text_hash),
                          value_bytes(field_name), value_int(STORE_FEEDBACK_ACCEPTED),
                          value_text(id)};
    return connection_run(c,
                          "UPDATE feedback SET status = $1 WHERE text_hash = $2 AND field = $3"
                          " AND status = $4 AND id <> $5",
                          values, 5, NULL, err);
}

static sql_value present(sql_value v)
{
    return v.bytes.data ? v : value_text("");
}

void feedback_values(const store_feedback *feedback, sql_value *ret_values)
{
    record_values(&feedback_record, feedback, ret_values);
    for (size_t i = FEEDBACK_TEXT; i < FEEDBACK_TEXT + 4; i++)
        if (ret_values[i].kind == VALUE_BYTES)
            ret_values[i] = present(ret_values[i]);
}

/* --- adding --------------------------------------------------------------------------------- */

typedef struct adding {
    const store_feedback *feedback;
    const char *idempotency_key;
    uint64_t request_hash, cluster;
    store_feedback_result result;
    bool is_known;
    cluster_list shrunk;
} adding;

static bool take_known(void *context, const connection *c)
{
    adding *work = context;
    store_feedback_result *result = &work->result;
    work->is_known = true;
    result->is_key_reused = (uint64_t)column_int(c, 0) != work->request_hash;
    result->is_repeated = !result->is_key_reused;
    if (result->is_key_reused)
        return false;
    record_set_id(result->id, column_bytes(c, 1));
    result->status = (store_feedback_status)column_int(c, 2);
    result->n_answered = (uint64_t)column_int(c, 3);
    return false;
}

static sql_value key_owner(const adding *work)
{
    return present(value_bytes(work->feedback->key_id));
}

static triage_status look_up_key(connection *c, adding *work, triage_error *err)
{
    sql_value values[] = {key_owner(work), value_text(work->idempotency_key)};
    if (!work->idempotency_key)
        return TRIAGE_OK;
    return connection_each(c,
                           "SELECT request_hash, feedback_id, status, n_answered FROM idempotency"
                           " WHERE key_id = $1 AND idempotency_key = $2",
                           values, 2, false, take_known, work, err);
}

static triage_status remember_key(connection *c, const adding *work, triage_error *err)
{
    int64_t now = database_now();
    sql_value oldest = value_int(now - IDEMPOTENCY_MS);
    sql_value values[] = {key_owner(work),
                          value_text(work->idempotency_key),
                          value_uint(work->request_hash),
                          value_text(work->result.id),
                          value_int(work->result.status),
                          value_uint(work->result.n_answered),
                          value_int(now)};
    if (!work->idempotency_key)
        return TRIAGE_OK;
    triage_status status =
        connection_run(c, "DELETE FROM idempotency WHERE created_at < $1", &oldest, 1, NULL, err);
    if (status != TRIAGE_OK)
        return status;
    return connection_run(c,
                          "INSERT INTO idempotency (key_id, idempotency_key, request_hash,"
                          " feedback_id, status, n_answered, created_at)"
                          " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                          values, 7, NULL, err);
}

static triage_status insert_feedback(connection *c, adding *work, int64_t sequence,
                                     triage_error *err)
{
    query q = {0};
    record_insert(&feedback_record, &q);
    feedback_values(work->feedback, q.values);
    q.values[FEEDBACK_ID] = value_text(work->result.id);
    q.values[FEEDBACK_SEQUENCE] = value_int(sequence);
    q.n_values = feedback_record.n_fields;
    triage_status status = query_run(&q, c, NULL, err);
    query_free(&q);
    return status;
}

static bool note_answered(void *context, const connection *c)
{
    adding *work = context;
    work->result.n_answered++;
    cluster_list_add(&work->shrunk, (uint64_t)column_int(c, 0));
    return true;
}

#define ANSWER_WAITING                                                                             \
    "UPDATE predictions SET is_answered = 1 WHERE is_review = 1 AND is_answered = 0 AND "

/* The queue loses the near-copies and the copies of the text; the prediction itself is answered
 * even if it was never in the queue. */
static triage_status answer_predictions(connection *c, adding *work, triage_error *err)
{
    const store_feedback *feedback = work->feedback;
    sql_value cluster = value_uint(work->cluster), text_hash = value_uint(feedback->text_hash);
    sql_value id = value_bytes(feedback->prediction_id);
    triage_status status = TRIAGE_OK;
    if (work->cluster != 0)
        status = connection_each(c, ANSWER_WAITING "cluster = $1 RETURNING cluster", &cluster, 1,
                                 false, note_answered, work, err);
    if (status == TRIAGE_OK)
        status = connection_each(c, ANSWER_WAITING "text_hash = $1 RETURNING cluster", &text_hash,
                                 1, false, note_answered, work, err);
    if (status == TRIAGE_OK && id.bytes.data)
        status = connection_each(c, ANSWER_WAITING "id = $1 RETURNING cluster", &id, 1, false,
                                 note_answered, work, err);
    if (status == TRIAGE_OK && id.bytes.data)
        status = connection_run(
            c, "UPDATE predictions SET is_answered = 1 WHERE id = $1 AND is_answered = 0", &id, 1,
            NULL, err);
    return status == TRIAGE_OK ? clusters_refresh(c, &work->shrunk, err) : status;
}

static triage_status add_feedback(connection *c, void *context, triage_error *err)
{
    adding *work = context;
    const store_feedback *feedback = work->feedback;
    int64_t sequence = 0;
    work->is_known = false;
    work->shrunk.n = 0;
    work->result = (store_feedback_result){.status = feedback->status};
    triage_status status = feedback_next_sequence(c, &sequence, err);
    if (status == TRIAGE_OK)
        status = look_up_key(c, work, err);
    if (status != TRIAGE_OK || work->is_known)
        return status;
    store_new_id(work->result.id);
    status = insert_feedback(c, work, sequence, err);
    if (status == TRIAGE_OK && feedback->status == STORE_FEEDBACK_ACCEPTED)
        status =
            feedback_supersede(c, feedback->text_hash, present(value_bytes(feedback->field)).bytes,
                               work->result.id, err);
    if (status == TRIAGE_OK)
        status = answer_predictions(c, work, err);
    if (status == TRIAGE_OK)
        status = remember_key(c, work, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_add_feedback(store *s, const store_feedback *feedback,
                                 const char *idempotency_key, uint64_t request_hash,
                                 uint64_t cluster, store_feedback_result *ret_result,
                                 triage_error *err)
{
    adding work = {.feedback = feedback,
                   .idempotency_key = idempotency_key,
                   .request_hash = request_hash,
                   .cluster = cluster};
    triage_status status = database_write(s, add_feedback, &work, err);
    cluster_list_free(&work.shrunk);
    if (status == TRIAGE_OK)
        *ret_result = work.result;
    return status;
}

/* --- listing -------------------------------------------------------------------------------- */

typedef struct listing {
    const store_feedback_filter *filter;
    store_visit_feedback visit;
    void *context;
} listing;

static bool visit_feedback(void *context, const connection *c)
{
    const listing *work = context;
    store_feedback feedback = {0};
    record_read(&feedback_record, c, 0, &feedback);
    return work->visit(work->context, &feedback);
}

static void add_conditions(query *q, const store_feedback_filter *f)
{
    if (f->since != 0)
        query_where(q, "created_at >= ", value_int(f->since));
    if (f->until != 0)
        query_where(q, "created_at < ", value_int(f->until));
    query_where_text(q, "field = ", f->field);
    query_where_text(q, "label = ", f->label);
    query_where_text(q, "source = ", f->source);
    query_where_text(q, "key_id = ", f->key_id);
    if (f->has_status)
        query_where(q, "status = ", value_int(f->status));
    if (f->has_text)
        query_where(q, "text_hash = ", value_uint(f->text_hash));
    if (f->after_sequence != 0)
        query_where(q, "sequence > ", value_uint(f->after_sequence));
}

static triage_status each_feedback(connection *c, void *context, triage_error *err)
{
    listing *work = context;
    const store_feedback_filter *f = work->filter;
    triage_status status = TRIAGE_OK;
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&feedback_record, "", &q);
    query_add(&q, " FROM feedback");
    add_conditions(&q, f);
    if (f->before)
        status = query_where_older(&q, c, "feedback", f->before, err);
    query_add(&q, f->is_oldest_first ? " ORDER BY sequence" : " ORDER BY created_at DESC, id DESC");
    query_limit(&q, f->limit);
    if (status == TRIAGE_OK)
        status = query_each(&q, c, visit_feedback, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_feedback(store *s, const store_feedback_filter *filter,
                                  store_visit_feedback visit, void *context, triage_error *err)
{
    listing work = {filter, visit, context};
    return database_read(s, each_feedback, &work, err);
}

typedef struct pending {
    uint64_t after, n, last_sequence;
} pending;

static bool take_pending(void *context, const connection *c)
{
    pending *work = context;
    work->n = (uint64_t)column_int(c, 0);
    work->last_sequence = (uint64_t)column_int(c, 1);
    return false;
}

static triage_status count_pending(connection *c, void *context, triage_error *err)
{
    pending *work = context;
    sql_value after = value_uint(work->after);
    return connection_each(c,
                           "SELECT (SELECT count(*) FROM feedback WHERE status = 0"
                           " AND sequence > $1), (SELECT max(sequence) FROM feedback)",
                           &after, 1, false, take_pending, work, err);
}

triage_status store_count_pending(store *s, uint64_t after, uint64_t *ret_n,
                                  uint64_t *ret_last_sequence, triage_error *err)
{
    pending work = {.after = after};
    triage_status status = database_read(s, count_pending, &work, err);
    if (status != TRIAGE_OK)
        return status;
    *ret_n = work.n;
    *ret_last_sequence = work.last_sequence;
    return TRIAGE_OK;
}
