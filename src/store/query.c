/* SPDX-License-Identifier: MIT */
/* SQL from fixed parts and numbered values. */
#include "store/query.h"

#include "base/error.h"
#include "store/id.h"

#include <assert.h>

/* From this many rows on a query is read piece by piece. */
#define LONG_LIMIT 2000

void query_free(query *q)
{
    buffer_free(&q->sql);
}

void query_add(query *q, const char *sql)
{
    buffer_append_text(&q->sql, sql);
}

void query_add_value(query *q, sql_value v)
{
    assert(q->n_values < DATABASE_MAX_VALUES);
    q->values[q->n_values++] = v;
    buffer_printf(&q->sql, "$%zu", q->n_values);
}

static void begin_condition(query *q)
{
    query_add(q, q->has_condition ? " AND " : " WHERE ");
    q->has_condition = true;
}

void query_where(query *q, const char *sql, sql_value v)
{
    begin_condition(q);
    query_add(q, sql);
    query_add_value(q, v);
}

void query_where_pair(query *q, const char *sql, sql_value a, sql_value b)
{
    begin_condition(q);
    query_add(q, sql);
    query_add(q, "(");
    query_add_value(q, a);
    query_add(q, ", ");
    query_add_value(q, b);
    query_add(q, ")");
}

void query_where_text(query *q, const char *sql, const char *text)
{
    if (text)
        query_where(q, sql, value_text(text));
}

triage_status query_where_older(query *q, connection *c, const char *table, const char *id,
                                triage_error *err)
{
    sql_value key = value_text(id);
    int64_t created_at = 0;
    buffer sql = {0};
    buffer_printf(&sql, "SELECT created_at FROM %s WHERE id = $1", table);
    triage_status status =
        buffer_string(&sql) ? connection_number(c, sql.data, &key, 1, id_time(id), &created_at, err)
                            : error_memory(err);
    buffer_free(&sql);
    if (status == TRIAGE_OK)
        query_where_pair(q, "(created_at, id) < ", value_int(created_at), key);
    return status;
}

void query_limit(query *q, uint32_t limit)
{
    q->is_long = limit == 0 || limit > LONG_LIMIT;
    if (limit == 0)
        return;
    query_add(q, " LIMIT ");
    query_add_value(q, value_int(limit));
}

triage_status query_each(query *q, connection *c, database_visit visit, void *context,
                         triage_error *err)
{
    const char *sql = buffer_string(&q->sql);
    if (!sql)
        return error_memory(err);
    return connection_each(c, sql, q->values, q->n_values, q->is_long, visit, context, err);
}

triage_status query_run(query *q, connection *c, uint64_t *ret_n_changed, triage_error *err)
{
    const char *sql = buffer_string(&q->sql);
    if (!sql)
        return error_memory(err);
    return connection_run(c, sql, q->values, q->n_values, ret_n_changed, err);
}
