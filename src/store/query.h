/* SPDX-License-Identifier: MIT */
/*
 * SQL that is put together from fixed parts, with its values beside it: a value becomes the next
 * $n, so that nothing from outside is ever part of the text. Zero-initialise; query_free().
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "base/buffer.h"
#include "store/database.h"

typedef struct query {
    buffer sql;
    sql_value values[DATABASE_MAX_VALUES];
    size_t n_values;
    bool has_condition;
    bool is_long; /* see connection_each() */
} query;

void query_free(query *q);
void query_add(query *q, const char *sql);
void query_add_value(query *q, sql_value v);
/* " WHERE " or " AND ", `sql`, and the value; such as "label = ". */
void query_where(query *q, const char *sql, sql_value v);
/* The same for "(a, b) < " or its like, with two values in brackets. */
void query_where_pair(query *q, const char *sql, sql_value a, sql_value b);
/* The same for a text, if it is not NULL. */
void query_where_text(query *q, const char *sql, const char *text);
/* Rows behind the row `id` of `table` in the order of created_at and id, newest first. If that row
 * was deleted, the time in the id stands for its own. */
triage_status query_where_older(query *q, connection *c, const char *table, const char *id,
                                triage_error *err) TRIAGE_CHECKED;
/* " LIMIT n", or for 0 nothing: then the query is long. */
void query_limit(query *q, uint32_t limit);

triage_status query_each(query *q, connection *c, database_visit visit, void *context,
                         triage_error *err) TRIAGE_CHECKED;
/* See connection_run(). */
triage_status query_run(query *q, connection *c, uint64_t *ret_n_changed,
                        triage_error *err) TRIAGE_CHECKED;

#endif
