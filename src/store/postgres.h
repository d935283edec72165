/* SPDX-License-Identifier: MIT */
/* Inside of the PostgreSQL store: a pool of connections, one that listens, one that holds the lock.
 */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include "store/database.h"
#include "store/pq_library.h"

#define POSTGRES_MAX_CONNECTIONS 8

typedef struct postgres_statement {
    uint64_t hash; /* of its SQL */
    char *sql;     /* owned; NULL: the place is free */
} postgres_statement;

typedef struct postgres_store postgres_store;

typedef struct postgres_connection {
    connection base;
    const pq_library *pq; /* the store's */
    PGconn *handle;
    /* Place i is prepared on the server under the name "s" + i. */
    postgres_statement statements[DATABASE_N_STATEMENTS];
    unsigned next_evicted;

    PGresult *result; /* of the open query; NULL */
    int row, n_rows;  /* row: the next one is row + 1 */
    bool has_cursor;  /* the rows come piece by piece */
    uint64_t n_changed;
} postgres_connection;

typedef struct postgres_listener {
    pthread_mutex_t lock; /* of is_started */
    bool is_started;
    pthread_t thread;
    int stop[2]; /* a pipe: closing its second end stops the thread */
} postgres_listener;

struct postgres_store {
    store base;
    pq_library pq;
    char *address;                /* with the password: never in a message */
    char instance[STORE_ID_SIZE]; /* tells notifications of our own from others' */

    pthread_mutex_t lock; /* of the pool */
    pthread_cond_t freed;
    postgres_connection *idle[POSTGRES_MAX_CONNECTIONS];
    unsigned n_idle, n_open; /* n_open: those that are taken, too */

    pthread_mutex_t retrainer_lock;
    postgres_connection *retrainer; /* holds the advisory lock; NULL */

    postgres_listener listener;
};

/* postgres_pool.c */
triage_status postgres_connect(postgres_store *s, postgres_connection **ret_c,
                               triage_error *err) TRIAGE_CHECKED;
void postgres_disconnect(postgres_connection *c); /* NULL is fine */
triage_status postgres_take(store *base, bool writes, connection **ret_c, triage_error *err);
void postgres_give(connection *base);
void postgres_close_idle(postgres_store *s);

/* postgres_connection.c: the functions of database_kind with these names. */
triage_status postgres_begin(connection *base, triage_error *err);
triage_status postgres_commit(connection *base, triage_error *err);
void postgres_rollback(connection *base);
triage_status postgres_script(connection *base, const char *sql, triage_error *err);
triage_status postgres_start(connection *base, const char *sql, const sql_value *values, size_t n,
                             bool is_long, triage_error *err);
triage_status postgres_next(connection *base, bool *ret_has_row, triage_error *err);
void postgres_end(connection *base);
uint64_t postgres_n_changed(const connection *base);
triage_status postgres_run_batch(connection *base, const batch *b, triage_error *err);
int64_t postgres_get_int(const connection *base, int column);
double postgres_get_real(const connection *base, int column);
store_text postgres_get_bytes(const connection *base, int column);

/* postgres_listener.c */
void postgres_listen(store *base); /* starts the thread, once */
void postgres_stop_listening(postgres_store *s);

#endif
