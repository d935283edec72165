/* SPDX-License-Identifier: MIT */
/* Connections to PostgreSQL: made when needed, kept for the next call, dropped when they break. */
#include "store/postgres.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/*
 * What a session is set to. Durable also where the server's default is not to be, and read
 * committed, which the locks are made for. A statement that takes longer is given up; a longer
 * transfer of rows is cut into statements.
 */
static const char session_sql[] = "SET statement_timeout = '60s'; SET client_encoding = 'UTF8';"
                                  " SET default_transaction_isolation = 'read committed';"
                                  " SELECT set_config('synchronous_commit', 'on', false)"
                                  " WHERE current_setting('synchronous_commit') = 'off'";

/* A notice is for a person at a terminal, and libpq would print it there. */
static void ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* The defaults before the address may be changed in it: libpq lets the later one count. Keepalives
 * and the user timeout find out that the other side is gone without a word. */
static PGconn *connect_handle(const postgres_store *s)
{
    static const char *const keywords[] = {"connect_timeout",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "fallback_application_name",
                                           "dbname",
                                           NULL};
    const char *const values[] = {"5", "30", "10", "3", "30000", "triage", s->address, NULL};
    return s->pq.PQconnectdbParams(keywords, values, 1);
}

static triage_status open_session(postgres_connection *c, triage_error *err)
{
    if (c->pq->PQstatus(c->handle) != CONNECTION_OK) {
        const char *message = c->pq->PQerrorMessage(c->handle);
        return error_set(err, TRIAGE_ERROR_IO, "cannot reach PostgreSQL: %.*s",
                         (int)strcspn(message, "\n"), message);
    }
    c->pq->PQsetNoticeProcessor(c->handle, ignore_notice, NULL);
    return postgres_script(&c->base, session_sql, err);
}

triage_status postgres_connect(postgres_store *s, postgres_connection **ret_c, triage_error *err)
{
    postgres_connection *c = mem_new_zeroed(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->base.store = &s->base;
    c->pq = &s->pq;
    c->handle = connect_handle(s);
    triage_status status = c->handle ? open_session(c, err) : error_memory(err);
    if (status != TRIAGE_OK) {
        postgres_disconnect(c);
        return status;
    }
    *ret_c = c;
    return TRIAGE_OK;
}

void postgres_disconnect(postgres_connection *c)
{
    if (!c)
        return;
    c->pq->PQfinish(c->handle);
    for (size_t i = 0; i < DATABASE_N_STATEMENTS; i++)
        free(c->statements[i].sql);
    free(c);
}

triage_status postgres_take(store *base, bool writes, connection **ret_c, triage_error *err)
{
    (void)writes;
    postgres_store *s = (postgres_store *)base;
    postgres_connection *c = NULL;
    pthread_mutex_lock(&s->lock);
    while (s->n_idle == 0 && s->n_open == POSTGRES_MAX_CONNECTIONS)
        pthread_cond_wait(&s->freed, &s->lock);
    if (s->n_idle > 0)
        c = s->idle[--s->n_idle];
    else
        s->n_open++;
    pthread_mutex_unlock(&s->lock);
    triage_status status = c ? TRIAGE_OK : postgres_connect(s, &c, err);
    if (status == TRIAGE_OK) {
        *ret_c = &c->base;
        return TRIAGE_OK;
    }
    pthread_mutex_lock(&s->lock);
    s->n_open--;
    pthread_cond_signal(&s->freed);
    pthread_mutex_unlock(&s->lock);
    return status;
}

void postgres_close_idle(postgres_store *s)
{
    postgres_connection *idle[POSTGRES_MAX_CONNECTIONS];
    pthread_mutex_lock(&s->lock);
    unsigned n = s->n_idle;
    memcpy(idle, s->idle, n * sizeof *idle);
    s->n_idle = 0;
    s->n_open -= n;
    pthread_cond_broadcast(&s->freed);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < n; i++)
        postgres_disconnect(idle[i]);
}

/* Where one connection has ended, the idle ones have probably, too: the call is done anew on one
 * that is new. */
void postgres_give(connection *base)
{
    postgres_store *s = (postgres_store *)base->store;
    postgres_connection *c = (postgres_connection *)base;
    bool is_broken = base->is_broken;
    if (is_broken) {
        postgres_disconnect(c);
        postgres_close_idle(s);
    }
    pthread_mutex_lock(&s->lock);
    if (is_broken)
        s->n_open--;
    else
        s->idle[s->n_idle++] = c;
    pthread_cond_signal(&s->freed);
    pthread_mutex_unlock(&s->lock);
}
