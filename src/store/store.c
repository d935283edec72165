/* SPDX-License-Identifier: MIT */
/* Opening by address, and what is neither a table's nor one database's: health, waiting, the lock.
 */
#include "store/database.h"

#include "base/error.h"
#include "store/migrations.h"

#include <string.h>
#include <time.h>

/* How often a database that does not tell is asked for changes. */
#define LOOK_MS 200

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

triage_status store_open(const char *address, store **ret_store, triage_error *err)
{
    store *s = NULL;
    size_t n = 0;
    const migration *migrations = migrations_all(&n);
    bool is_postgres = begins_with(address, "postgresql://") || begins_with(address, "postgres://");
    triage_status status =
        is_postgres ? postgres_open(address, &s, err) : sqlite_open(address, &s, err);
    if (status != TRIAGE_OK)
        return status;
    status = migrations_apply(s, migrations, n, err);
    if (status != TRIAGE_OK) {
        store_close(s);
        return status;
    }
    *ret_store = s;
    return TRIAGE_OK;
}

void store_close(store *s)
{
    if (s)
        s->kind->close(s);
}

const char *store_kind(const store *s)
{
    return s->kind->name;
}

/* --- health --------------------------------------------------------------------------------- */

static triage_status check_read(connection *c, void *context, triage_error *err)
{
    return connection_number(c, "SELECT checked_at FROM pulse", NULL, 0, 0, context, err);
}

static triage_status check_write(connection *c, void *context, triage_error *err)
{
    (void)context;
    sql_value now = value_int(database_now());
    return connection_run(c, "UPDATE pulse SET checked_at = $1", &now, 1, NULL, err);
}

triage_status store_check(store *s, bool writes, triage_error *err)
{
    int64_t checked_at = 0;
    triage_status status = s->kind->check ? s->kind->check(s, err) : TRIAGE_OK;
    if (status == TRIAGE_OK)
        status = database_read(s, check_read, &checked_at, err);
    if (status == TRIAGE_OK && writes)
        status = database_write(s, check_write, NULL, err);
    return status;
}

/* --- waiting -------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Under change_lock: until something is signalled or the time is `until`. */
static void wait_until(store *s, int64_t until)
{
    struct timespec moment = {.tv_sec = (time_t)(until / 1000),
                              .tv_nsec = (long)(until % 1000) * 1000000};
    pthread_cond_timedwait(&s->changed, &s->change_lock, &moment);
}

void store_wait(store *s, uint64_t *io_seen, int timeout_ms)
{
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
    if (s->kind->listen)
        s->kind->listen(s);
    for (;;) {
        if (s->kind->look)
            s->kind->look(s);
        int64_t now = now_ms();
        int64_t until = deadline - now > LOOK_MS ? now + LOOK_MS : deadline;
        pthread_mutex_lock(&s->change_lock);
        uint64_t seen = s->n_changes + s->n_wakes;
        if (seen == *io_seen && now < deadline)
            wait_until(s, until);
        seen = s->n_changes + s->n_wakes;
        pthread_mutex_unlock(&s->change_lock);
        if (seen != *io_seen || now >= deadline) {
            *io_seen = seen;
            return;
        }
    }
}

void store_wake(store *s)
{
    pthread_mutex_lock(&s->change_lock);
    s->n_wakes++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->change_lock);
}

/* --- the one retrainer ---------------------------------------------------------------------- */

triage_status store_lock_retrainer(store *s, bool *ret_held, triage_error *err)
{
    return s->kind->lock_retrainer(s, ret_held, err);
}

bool store_lock_is_held(store *s)
{
    return s->kind->lock_is_held(s);
}

void store_unlock_retrainer(store *s)
{
    s->kind->unlock_retrainer(s);
}
