/* SPDX-License-Identifier: MIT */
/* Labelled tickets that were imported: the base of the training data. */
#include "store/record.h"

#include "base/error.h"

static const field ticket_fields[] = {
    FIELD(store_ticket, FIELD_TEXT, source), FIELD(store_ticket, FIELD_TEXT, id),
    FIELD(store_ticket, FIELD_TEXT, text),   FIELD(store_ticket, FIELD_UINT, text_hash),
    FIELD(store_ticket, FIELD_TEXT, labels), FIELD(store_ticket, FIELD_INT, created_at),
};
enum { TICKET_SOURCE, TICKET_ID, TICKET_TEXT, TICKET_TEXT_HASH, TICKET_LABELS };

static const record ticket_record = {"tickets", ticket_fields,
                                     sizeof ticket_fields / sizeof *ticket_fields};

/* A ticket keeps the time at which it first came. One that is as it was is no row of the result. */
static const char import_sql[] =
    "INSERT INTO tickets (source, id, text, text_hash, labels, created_at, revision)"
    " VALUES ($1, $2, $3, $4, $5, $6, 1)"
    " ON CONFLICT (source, id) DO UPDATE SET text = excluded.text,"
    " text_hash = excluded.text_hash, labels = excluded.labels, revision = tickets.revision + 1"
    " WHERE tickets.text <> excluded.text OR tickets.labels <> excluded.labels"
    " OR tickets.text_hash <> excluded.text_hash"
    " RETURNING revision";

typedef struct import {
    const store_ticket *tickets;
    size_t n;
    uint64_t n_added, n_updated;
} import;

/* NULL is not equal to itself in SQL: what has no source or no id has an empty one. */
static sql_value present(sql_value v)
{
    return v.bytes.data ? v : value_text("");
}

static triage_status bind_ticket(void *context, size_t i, sql_value *values, triage_error *err)
{
    (void)err;
    import *work = context;
    record_values(&ticket_record, &work->tickets[i], values);
    values[TICKET_SOURCE] = present(values[TICKET_SOURCE]);
    values[TICKET_ID] = present(values[TICKET_ID]);
    values[TICKET_TEXT] = present(values[TICKET_TEXT]);
    values[TICKET_LABELS] = present(values[TICKET_LABELS]);
    return TRIAGE_OK;
}

static void count_revision(void *context, size_t i, connection *c)
{
    (void)i;
    import *work = context;
    if (column_int(c, 0) == 1)
        work->n_added++;
    else
        work->n_updated++;
}

static triage_status import_tickets(connection *c, void *context, triage_error *err)
{
    import *work = context;
    work->n_added = work->n_updated = 0;
    batch b = {.sql = import_sql,
               .n_values = ticket_record.n_fields,
               .n_rows = work->n,
               .bind = bind_ticket,
               .visit = count_revision,
               .context = work};
    return connection_run_batch(c, &b, err);
}

triage_status store_import_tickets(store *s, const store_ticket *tickets, size_t n,
                                   store_import_counts *counts, triage_error *err)
{
import work = {.tickets = tickets, .n = n };
    triage_status status = database_write(s, import_tickets, &work, err);
    if (status != TRIAGE_OK)
        return status;
    counts->added += work.n_added;
    counts->updated += work.n_updated;
    counts->unchanged += n - work.n_added - work.n_updated;
    return TRIAGE_OK;
}

static triage_status count_tickets(connection *c, void *context, triage_error *err)
{
    return connection_number(c, "SELECT count(*) FROM tickets", NULL, 0, 0, context, err);
}

triage_status store_count_tickets(store *s, uint64_t *ret_n, triage_error *err)
{
    int64_t n = 0;
    triage_status status = database_read(s, count_tickets, &n, err);
    if (status == TRIAGE_OK)
        *ret_n = (uint64_t)n;
    return status;
}

typedef struct ticket_visit {
    bool (*visit)(void *context, const store_ticket *ticket);
    void *context;
    bool is_stopped;
} ticket_visit;

static bool visit_ticket(void *context, const connection *c)
{
    ticket_visit *work = context;
    store_ticket ticket;
    record_read(&ticket_record, c, 0, &ticket);
    work->is_stopped = !work->visit(work->context, &ticket);
    return !work->is_stopped;
}

static triage_status each_ticket(connection *c, void *context, triage_error *err)
{
    ticket_visit *work = context;
    query q = {.is_long = true};
    query_add(&q, "SELECT ");
    record_columns(&ticket_record, "", &q);
    query_add(&q, " FROM tickets ORDER BY source, id");
    triage_status status = query_each(&q, c, visit_ticket, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_ticket(store *s, bool (*visit)(void *context, const store_ticket *ticket),
                                void *context, triage_error *err)
{
    ticket_visit work = {.visit = visit, .context = context};
    triage_status status = database_read(s, each_ticket, &work, err);
    if (status == TRIAGE_OK && work.is_stopped)
        return error_set(err, TRIAGE_ERROR_CANCELLED, "cancelled");
    return status;
}
