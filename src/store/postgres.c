/* SPDX-License-Identifier: MIT */
/*
 * The store that several processes share: PostgreSQL. Advisory locks carry the schema's name, so
 * that two installations may live in two schemas of a database.
 */
#include "store/postgres.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LOCK_NAME(what) "hashtextextended('triage " what " ' || current_schema()::text, 0)"

/* Advisory locks of a transaction end behind its becoming visible, so numbers that are given out
 * under it are seen in their order. */
static triage_status postgres_lock(connection *base, triage_error *err)
{
    return connection_run(base, "SELECT pg_advisory_xact_lock(" LOCK_NAME("numbers") ")", NULL, 0,
                          NULL, err);
}

static triage_status postgres_announce(connection *base, triage_error *err)
{
    sql_value instance = value_text(((postgres_store *)base->store)->instance);
    return connection_run(base, "SELECT pg_notify('triage', encode($1, 'escape'))", &instance, 1,
                          NULL, err);
}

/* --- the one retrainer ---------------------------------------------------------------------- */

static void drop_retrainer(postgres_store *s)
{
    postgres_disconnect(s->retrainer);
    s->retrainer = NULL;
}

/* The lock belongs to the session: it is held as long as the connection answers. */
static bool retrainer_answers(postgres_store *s)
{
    if (s->retrainer && postgres_script(&s->retrainer->base, "SELECT 1", NULL) != TRIAGE_OK)
        drop_retrainer(s);
    return s->retrainer;
}

static triage_status try_lock(postgres_store *s, bool *ret_held, triage_error *err)
{
    int64_t is_held = 0;
    triage_status status = postgres_connect(s, &s->retrainer, err);
    if (status != TRIAGE_OK)
        return status;
    status = connection_number(&s->retrainer->base,
                               "SELECT pg_try_advisory_lock(" LOCK_NAME("retrainer") ")", NULL, 0,
                               0, &is_held, err);
    if (status != TRIAGE_OK || !is_held)
        drop_retrainer(s);
    if (status == TRIAGE_OK)
        *ret_held = is_held;
    return status;
}

static triage_status postgres_lock_retrainer(store *base, bool *ret_held, triage_error *err)
{
    postgres_store *s = (postgres_store *)base;
    triage_status status = TRIAGE_OK;
    pthread_mutex_lock(&s->retrainer_lock);
    if (retrainer_answers(s))
        *ret_held = true;
    else
        status = try_lock(s, ret_held, err);
    pthread_mutex_unlock(&s->retrainer_lock);
    return status;
}

static bool postgres_lock_is_held(store *base)
{
    postgres_store *s = (postgres_store *)base;
    pthread_mutex_lock(&s->retrainer_lock);
    bool is_held = retrainer_answers(s);
    pthread_mutex_unlock(&s->retrainer_lock);
    return is_held;
}

static void postgres_unlock_retrainer(store *base)
{
    postgres_store *s = (postgres_store *)base;
    pthread_mutex_lock(&s->retrainer_lock);
    drop_retrainer(s);
    pthread_mutex_unlock(&s->retrainer_lock);
}

/* --- opening and closing -------------------------------------------------------------------- */

static void postgres_close(store *base)
{
    postgres_store *s = (postgres_store *)base;
    postgres_stop_listening(s);
    postgres_close_idle(s);
    drop_retrainer(s);
    pthread_mutex_destroy(&s->listener.lock);
    pthread_mutex_destroy(&s->retrainer_lock);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->freed);
    database_destroy(base);
    pq_library_unload(&s->pq);
    free(s->address);
    free(s);
}

static const char *const postgres_words[][2] = {
    {"{bytes}", "BYTEA"},   {"{int}", "BIGINT"},
    {"{bool}", "SMALLINT"}, {"{real}", "DOUBLE PRECISION"},
    {"{strict}", ""},       {"{patient}", "SET LOCAL statement_timeout = 0;"},
    {NULL, NULL},
};

static const database_kind postgres_kind = {
    .name = "postgresql",
    .words = postgres_words,
    .count_tables = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
                    " AND tablename = convert_from($1, 'UTF8')",
    .close = postgres_close,
    .take = postgres_take,
    .give = postgres_give,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .script = postgres_script,
    .start = postgres_start,
    .next = postgres_next,
    .end = postgres_end,
    .n_changed = postgres_n_changed,
    .run_batch = postgres_run_batch,
    .get_int = postgres_get_int,
    .get_real = postgres_get_real,
    .get_bytes = postgres_get_bytes,
    .lock = postgres_lock,
    .announce = postgres_announce,
    .listen = postgres_listen,
    .lock_retrainer = postgres_lock_retrainer,
    .lock_is_held = postgres_lock_is_held,
    .unlock_retrainer = postgres_unlock_retrainer,
};

/*
 * A password with an @ or / in it that is not written as %40 or %2F makes libpq take a part of the
 * password for the host, the port or the database, and say so in its messages. Neither of them has
 * an @ in it otherwise.
 */
static bool may_show_password(const char *address)
{
    const char *rest = strstr(address, "//") + 2;
    size_t length = strcspn(rest, "@/");
    if (rest[length] == '@')
        rest += length + 1;
    return memchr(rest, '@', strcspn(rest, "?")) != NULL;
}

/* Of "postgresql://USER:PASSWORD" without a host, the password is the port. */
static bool is_port_a_number(const PQconninfoOption *option)
{
    while (option->keyword && strcmp(option->keyword, "port") != 0)
        option++;
    return !option->val || strspn(option->val, "0123456789,") == strlen(option->val);
}

/* libpq's own message about a bad address has the address in it, and with it the password. */
static triage_status check_address(const postgres_store *s, triage_error *err)
{
    if (may_show_password(s->address))
        return error_set(
            err, TRIAGE_ERROR_ARGUMENT,
            "the address of the PostgreSQL database has an @ in the wrong place; write "
            "%%40 for @ and %%2F for / in a password");
    char *message = NULL;
    PQconninfoOption *options = s->pq.PQconninfoParse(s->address, &message);
    s->pq.PQfreemem(message);
    bool is_good = options && is_port_a_number(options);
    s->pq.PQconninfoFree(options);
    if (!is_good)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "the address of the PostgreSQL database is not of the form "
                         "postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
    return TRIAGE_OK;
}

static triage_status open_first(postgres_store *s, const char *address, triage_error *err)
{
    connection *c = NULL;
    s->address = mem_copy_string(address, strlen(address));
    if (!s->address)
        return error_memory(err);
    triage_status status = pq_library_load(&s->pq, err);
    if (status == TRIAGE_OK)
        status = check_address(s, err);
    if (status == TRIAGE_OK)
        status = postgres_take(&s->base, false, &c, err);
    if (status == TRIAGE_OK)
        postgres_give(c);
    return status;
}

triage_status postgres_open(const char *address, store **ret_store, triage_error *err)
{
    postgres_store *s = mem_new_zeroed(1, sizeof *s);
    if (!s)
        return error_memory(err);
    triage_status status = database_init(&s->base, &postgres_kind, err);
    if (status != TRIAGE_OK) {
        free(s);
        return status;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->retrainer_lock, NULL);
    pthread_mutex_init(&s->listener.lock, NULL);
    pthread_cond_init(&s->freed, NULL);
    store_new_id(s->instance);
    status = open_first(s, address, err);
    if (status != TRIAGE_OK) {
        postgres_close(&s->base);
        return status;
    }
    *ret_store = &s->base;
    return TRIAGE_OK;
}
