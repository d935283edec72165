/* SPDX-License-Identifier: MIT */
/* Feedback that comes otherwise than one by one: imported, or held and then decided on. */
#include "store/feedback.h"

#include "base/error.h"

/* --- importing ------------------------------------------------------------------------------ */

typedef struct import {
    const store_feedback *feedback;
    size_t n;
    int64_t first_sequence;
    char id[STORE_ID_SIZE]; /* of the row that is being bound */
    uint64_t n_added;
} import;

/* The values $1 to $17 are the columns in their order; some are asked for once more. */
static const char no_same_sql[] =
    " WHERE NOT EXISTS (SELECT 1 FROM feedback WHERE text_hash = $5 AND field = $6 AND label = $7"
    " AND source IS NOT DISTINCT FROM $13) RETURNING sequence";

/* Of several accepted ones of a text and field the latest stays. */
static const char supersede_all_sql[] =
    "UPDATE feedback SET status = $1 WHERE status = 0 AND EXISTS (SELECT 1 FROM feedback later"
    " WHERE later.text_hash = feedback.text_hash AND later.field = feedback.field"
    " AND later.status = 0"
    " AND (later.created_at, later.sequence) > (feedback.created_at, feedback.sequence))";

static triage_status bind_feedback(void *context, size_t i, sql_value *values, triage_error *err)
{
    (void)err;
    import *work = context;
    store_new_id(work->id);
    feedback_values(&work->feedback[i], values);
    values[FEEDBACK_ID] = value_text(work->id);
    values[FEEDBACK_SEQUENCE] = value_int(work->first_sequence + (int64_t)i);
    return TRIAGE_OK;
}

static void count_added(void *context, size_t i, connection *c)
{
    (void)i;
    (void)c;
    ((import *)context)->n_added++;
}

static triage_status import_rows(connection *c, import *work, triage_error *err)
{
    query q = {0};
    query_add(&q, "INSERT INTO feedback (");
    record_columns(&feedback_record, "", &q);
    query_add(&q, ") SELECT ");
    for (size_t i = 0; i < feedback_record.n_fields; i++)
        buffer_printf(&q.sql, i > 0 ? ", $%zu" : "$%zu", i + 1);
    query_add(&q, no_same_sql);
    batch b = {.sql = buffer_string(&q.sql),
               .n_values = feedback_record.n_fields,
               .n_rows = work->n,
               .bind = bind_feedback,
               .visit = count_added,
               .context = work};
    triage_status status = b.sql ? connection_run_batch(c, &b, err) : error_memory(err);
    query_free(&q);
    return status;
}

static triage_status import_feedback(connection *c, void *context, triage_error *err)
{
    import *work = context;
    sql_value superseded = value_int(STORE_FEEDBACK_SUPERSEDED);
    work->n_added = 0;
    triage_status status = feedback_next_sequence(c, &work->first_sequence, err);
    if (status == TRIAGE_OK)
        status = import_rows(c, work, err);
    if (status != TRIAGE_OK || work->n_added == 0)
        return status;
    status = connection_run(c, supersede_all_sql, &superseded, 1, NULL, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_import_feedback(store *s, const store_feedback *feedback, size_t n,
                                    store_import_counts *counts, triage_error *err)
{
import work = {.feedback = feedback, .n = n };
    triage_status status = database_write(s, import_feedback, &work, err);
    if (status != TRIAGE_OK)
        return status;
    counts->added += work.n_added;
    counts->unchanged += n - work.n_added;
    return TRIAGE_OK;
}

/* --- deciding ------------------------------------------------------------------------------- */

typedef struct decision {
    const char *id, *reason;
    store_feedback_status status;
    bool is_found;
    uint64_t text_hash;
    buffer field;
} decision;

static bool take_decided(void *context, const connection *c)
{
    decision *work = context;
    store_text name = column_bytes(c, 1);
    work->is_found = true;
    work->text_hash = (uint64_t)column_int(c, 0);
    buffer_clear(&work->field);
    buffer_append(&work->field, name.data, name.length);
    return true;
}

/* A rejected one keeps its sequence; an accepted one counts as new. */
static triage_status decide(connection *c, void *context, triage_error *err)
{
    decision *work = context;
    int64_t sequence = 0;
    work->is_found = false;
    triage_status status = feedback_next_sequence(c, &sequence, err);
    if (status != TRIAGE_OK)
        return status;
    sql_value values[] = {value_int(work->status), value_text(work->reason), value_text(work->id),
                          value_int(STORE_FEEDBACK_HELD), value_int(sequence)};
    status = connection_each(c,
                             "UPDATE feedback SET status = $1, reason = $2 WHERE id = $3"
                             " AND status = $4 RETURNING text_hash, field",
                             values, 4, false, take_decided, work, err);
    if (status != TRIAGE_OK || !work->is_found)
        return status;
    if (!buffer_string(&work->field))
        return error_memory(err);
    if (work->status == STORE_FEEDBACK_ACCEPTED) {
        sql_value number[] = {value_int(sequence), value_text(work->id)};
        status = connection_run(c, "UPDATE feedback SET sequence = $1 WHERE id = $2", number, 2,
                                NULL, err);
        if (status == TRIAGE_OK)
            status = feedback_supersede(c, work->text_hash,
                                        (store_text){work->field.data, work->field.length},
                                        work->id, err);
    }
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_decide_feedback(store *s, const char *id, store_feedback_status status,
                                    const char *reason, bool *ret_found, triage_error *err)
{
    if (status != STORE_FEEDBACK_ACCEPTED && status != STORE_FEEDBACK_REJECTED)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a decision is accepted or rejected");
    decision work = {.id = id, .reason = reason, .status = status};
    triage_status result = database_write(s, decide, &work, err);
    if (result == TRIAGE_OK)
        *ret_found = work.is_found;
    buffer_free(&work.field);
    return result;
}
