/* SPDX-License-Identifier: MIT */
/* What both databases share: transactions that are tried again, rows, and the waiting for changes.
 */
#include "store/database.h"

#include "base/error.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* How often a call is done anew: after a lost connection once, after a deadlock a few times. */
#define MAX_ATTEMPTS 4

sql_value value_text(const char *text)
{
    return value_bytes((store_text){text, text ? strlen(text) : 0});
}

int64_t database_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

triage_status database_init(store *s, const database_kind *kind, triage_error *err)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return error_memory(err);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&s->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed)
        return error_memory(err);
    pthread_mutex_init(&s->change_lock, NULL);
    s->kind = kind;
    return TRIAGE_OK;
}

void database_destroy(store *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->change_lock);
}

void database_add_change(store *s)
{
    pthread_mutex_lock(&s->change_lock);
    s->n_changes++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->change_lock);
}

void database_reach_change(store *s, uint64_t n_changes)
{
    pthread_mutex_lock(&s->change_lock);
    if (n_changes > s->n_changes) {
        s->n_changes = n_changes;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->change_lock);
}

/* --- transactions --------------------------------------------------------------------------- */

static triage_status run_transaction(connection *c, database_work work, void *context,
                                     triage_error *err)
{
    const database_kind *kind = c->store->kind;
    triage_status status = kind->begin(c, err);
    if (status != TRIAGE_OK)
        return status;
    status = work(c, context, err);
    if (status != TRIAGE_OK) {
        kind->rollback(c);
        return status;
    }
    return kind->commit(c, err);
}

static triage_status attempt(store *s, bool writes, database_work work, void *context,
                             bool *ret_can_retry, triage_error *err)
{
    connection *c = NULL;
    triage_status status = s->kind->take(s, writes, &c, err);
    *ret_can_retry = false;
    if (status != TRIAGE_OK)
        return status;
    c->is_broken = c->can_retry = c->has_delivered = c->is_announced = false;
    status = writes ? run_transaction(c, work, context, err) : work(c, context, err);
    /* Rows that were read inside a transaction that is gone do not matter; a visitor's do. */
    *ret_can_retry = status != TRIAGE_OK && c->can_retry && (writes || !c->has_delivered);
    s->kind->give(c);
    return status;
}

static triage_status attempts(store *s, bool writes, database_work work, void *context,
                              triage_error *err)
{
    triage_status status = TRIAGE_OK;
    bool can_retry = true;
    for (int i = 0; i < MAX_ATTEMPTS && can_retry; i++)
        status = attempt(s, writes, work, context, &can_retry, err);
    return status;
}

triage_status database_read(store *s, database_work work, void *context, triage_error *err)
{
    return attempts(s, false, work, context, err);
}

triage_status database_write(store *s, database_work work, void *context, triage_error *err)
{
    return attempts(s, true, work, context, err);
}

/* --- statements ----------------------------------------------------------------------------- */

int64_t column_int(const connection *c, int column)
{
    return c->store->kind->get_int(c, column);
}

double column_real(const connection *c, int column)
{
    return c->store->kind->get_real(c, column);
}

store_text column_bytes(const connection *c, int column)
{
    return c->store->kind->get_bytes(c, column);
}

triage_status database_check_values(const sql_value *values, size_t n, triage_error *err)
{
    assert(n <= DATABASE_MAX_VALUES);
    for (size_t i = 0; i < n; i++) {
        if (values[i].kind == VALUE_BYTES && values[i].bytes.length > DATABASE_MAX_BYTES)
            return error_set(err, TRIAGE_ERROR_ARGUMENT,
                             "a text of %zu bytes is too long for the database",
                             values[i].bytes.length);
        if (values[i].kind == VALUE_REAL && !isfinite(values[i].real))
            return error_set(err, TRIAGE_ERROR_ARGUMENT,
                             "a number is infinite or none, which the database does not take");
    }
    return TRIAGE_OK;
}

triage_status connection_each(connection *c, const char *sql, const sql_value *values, size_t n,
                              bool is_long, database_visit visit, void *context, triage_error *err)
{
    const database_kind *kind = c->store->kind;
    bool has_row = false, stopped = false;
    triage_status status = database_check_values(values, n, err);
    if (status != TRIAGE_OK)
        return status;
    status = kind->start(c, sql, values, n, is_long, err);
    if (status != TRIAGE_OK)
        return status;
    while (!stopped && (status = kind->next(c, &has_row, err)) == TRIAGE_OK && has_row) {
        c->has_delivered = true;
        stopped = !visit(context, c);
    }
    kind->end(c);
    return status;
}

static bool ignore_row(void *context, const connection *c)
{
    (void)context;
    (void)c;
    return true;
}

triage_status connection_run(connection *c, const char *sql, const sql_value *values, size_t n,
                             uint64_t *ret_n_changed, triage_error *err)
{
    triage_status status = connection_each(c, sql, values, n, false, ignore_row, NULL, err);
    if (status == TRIAGE_OK && ret_n_changed)
        *ret_n_changed = c->store->kind->n_changed(c);
    return status;
}

static bool take_number(void *context, const connection *c)
{
    *(int64_t *)context = column_int(c, 0);
    return false;
}

triage_status connection_number(connection *c, const char *sql, const sql_value *values, size_t n,
                                int64_t otherwise, int64_t *ret_number, triage_error *err)
{
    int64_t number = otherwise;
    bool had_delivered = c->has_delivered;
    triage_status status = connection_each(c, sql, values, n, false, take_number, &number, err);
    /* A number delivers nothing to the caller's visitor: the call may still be done anew. */
    c->has_delivered = had_delivered;
    if (status == TRIAGE_OK)
        *ret_number = number;
    return status;
}

triage_status connection_script(connection *c, const char *sql, triage_error *err)
{
    return c->store->kind->script(c, sql, err);
}

triage_status connection_run_batch(connection *c, const batch *b, triage_error *err)
{
    return b->n_rows == 0 ? TRIAGE_OK : c->store->kind->run_batch(c, b, err);
}

triage_status connection_lock(connection *c, triage_error *err)
{
    return c->store->kind->lock(c, err);
}

triage_status connection_announce(connection *c, triage_error *err)
{
    triage_status status = c->store->kind->announce(c, err);
    c->is_announced |= status == TRIAGE_OK;
    return status;
}
