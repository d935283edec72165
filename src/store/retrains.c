/* SPDX-License-Identifier: MIT */
/* Retrains: asked for, run by whoever holds the retrainer's lock, and how they ended. */
#include "store/record.h"

#include "base/error.h"

static const field retrain_fields[] = {
    FIELD(store_retrain, FIELD_UINT, id),        FIELD(store_retrain, FIELD_TEXT, trigger),
    FIELD(store_retrain, FIELD_TEXT, who),       FIELD(store_retrain, FIELD_TEXT, state),
    FIELD(store_retrain, FIELD_TEXT, result),    FIELD(store_retrain, FIELD_TEXT, reason),
    FIELD(store_retrain, FIELD_TEXT, champion),  FIELD(store_retrain, FIELD_TEXT, candidate),
    FIELD(store_retrain, FIELD_TEXT, details),   FIELD(store_retrain, FIELD_INT, requested_at),
    FIELD(store_retrain, FIELD_INT, started_at), FIELD(store_retrain, FIELD_INT, finished_at),
};

static const record retrain_record = {"retrains", retrain_fields,
                                      sizeof retrain_fields / sizeof *retrain_fields};

typedef struct retrain_work {
    const char *trigger, *who;
    const store_retrain *retrain;
    int64_t id;
} retrain_work;

static triage_status request_retrain(connection *c, void *context, triage_error *err)
{
    retrain_work *work = context;
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = connection_number(c, "SELECT COALESCE(max(id), 0) + 1 FROM retrains", NULL, 0, 0,
                                   &work->id, err);
    if (status != TRIAGE_OK)
        return status;
    sql_value values[] = {value_int(work->id), value_text(work->trigger), value_text(work->who),
                          value_text("requested"), value_int(database_now())};
    status = connection_run(c,
                            "INSERT INTO retrains (id, trigger, who, state, requested_at,"
                            " started_at, finished_at, run) VALUES ($1, $2, $3, $4, $5, 0, 0, 0)",
                            values, 5, NULL, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_request_retrain(store *s, const char *trigger, const char *who,
                                    uint64_t *ret_id, triage_error *err)
{
    retrain_work work = {.trigger = trigger, .who = who};
    triage_status status = database_write(s, request_retrain, &work, err);
    if (status == TRIAGE_OK)
        *ret_id = (uint64_t)work.id;
    return status;
}

/* All requested ones run as one: `run` is the oldest one's id, and finishing it finishes all. */
static triage_status take_retrain(connection *c, void *context, triage_error *err)
{
    retrain_work *work = context;
    sql_value requested = value_text("requested");
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = connection_number(c, "SELECT COALESCE(min(id), 0) FROM retrains WHERE state = $1",
                                   &requested, 1, 0, &work->id, err);
    if (status != TRIAGE_OK || work->id == 0)
        return status;
    sql_value values[] = {value_text("running"), value_int(database_now()), value_int(work->id),
                          requested};
    status = connection_run(
        c, "UPDATE retrains SET state = $1, started_at = $2, run = $3 WHERE state = $4", values, 4,
        NULL, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_take_retrain(store *s, uint64_t *ret_id, bool *ret_found, triage_error *err)
{
    retrain_work work = {0};
    triage_status status = database_write(s, take_retrain, &work, err);
    if (status != TRIAGE_OK)
        return status;
    *ret_found = work.id != 0;
    if (work.id != 0)
        *ret_id = (uint64_t)work.id;
    return TRIAGE_OK;
}

static triage_status finish_retrain(connection *c, void *context, triage_error *err)
{
    const store_retrain *r = ((retrain_work *)context)->retrain;
    uint64_t n_changed = 0;
    sql_value values[] = {
        value_text("done"),
        value_bytes(r->result),
        value_bytes(r->reason),
        value_bytes(r->champion),
        value_bytes(r->candidate),
        value_bytes(r->details),
        value_int(r->finished_at != 0 ? r->finished_at : database_now()),
        value_uint(r->id),
    };
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = connection_run(c,
                                "UPDATE retrains SET state = $1, result = $2, reason = $3,"
                                " champion = $4, candidate = $5, details = $6, finished_at = $7"
                                " WHERE run = $8",
                                values, 8, &n_changed, err);
    if (status == TRIAGE_OK && n_changed == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "no retrain %llu has been started",
                         (unsigned long long)r->id);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_finish_retrain(store *s, const store_retrain *retrain, triage_error *err)
{
    retrain_work work = {.retrain = retrain};
    if (retrain->id == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a retrain without an id");
    return database_write(s, finish_retrain, &work, err);
}

static triage_status fail_interrupted(connection *c, void *context, triage_error *err)
{
    (void)context;
    uint64_t n_changed = 0;
    sql_value values[] = {value_text("done"), value_text("failed"),
                          value_text("the retrainer ended before the run did"),
                          value_int(database_now()), value_text("running")};
    triage_status status =
        connection_run(c,
                       "UPDATE retrains SET state = $1, result = $2, reason = $3, finished_at = $4"
                       " WHERE state = $5",
                       values, 5, &n_changed, err);
    return status == TRIAGE_OK && n_changed > 0 ? connection_announce(c, err) : status;
}

triage_status store_fail_interrupted_retrains(store *s, triage_error *err)
{
    return database_write(s, fail_interrupted, NULL, err);
}

typedef struct retrain_listing {
    uint32_t limit;
    bool (*visit)(void *, const store_retrain *);
    void *context;
} retrain_listing;

static bool visit_retrain(void *context, const connection *c)
{
    const retrain_listing *work = context;
    store_retrain retrain = {0};
    record_read(&retrain_record, c, 0, &retrain);
    return work->visit(work->context, &retrain);
}

static triage_status each_retrain(connection *c, void *context, triage_error *err)
{
    retrain_listing *work = context;
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&retrain_record, "", &q);
    query_add(&q, " FROM retrains ORDER BY id DESC");
    query_limit(&q, work->limit);
    triage_status status = query_each(&q, c, visit_retrain, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_retrain(store *s, uint32_t limit,
                                 bool (*visit)(void *, const store_retrain *), void *context,
                                 triage_error *err)
{
    retrain_listing work = {limit, visit, context};
    return database_read(s, each_retrain, &work, err);
}
