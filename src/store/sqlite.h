/* SPDX-License-Identifier: MIT */
/* Inside of the SQLite store: one writer, some readers, and the connection that watches. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/database.h"

#include <sqlite3.h>
#include <sys/types.h>

#define SQLITE_MAX_READERS 8

typedef struct sqlite_statement {
    uint64_t hash; /* of its SQL */
    sqlite3_stmt *handle;
} sqlite_statement;

typedef struct sqlite_connection {
    connection base;
    sqlite3 *db;
    const char *path; /* the store's */
    sqlite_statement statements[DATABASE_N_STATEMENTS];
    unsigned next_evicted;
    sqlite3_stmt *current; /* the open query, one of `statements`; NULL */
    uint64_t change;       /* what this transaction announces */
} sqlite_connection;

typedef struct sqlite_store {
    store base;
    char *path;                 /* never ":memory:" nor a URI */
    pthread_mutex_t write_lock; /* held while `writer` is taken */
    sqlite_connection *writer;

    pthread_mutex_t read_lock; /* of the readers' list */
    pthread_cond_t reader_freed;
    sqlite_connection *idle[SQLITE_MAX_READERS];
    unsigned n_idle, n_readers; /* n_readers: those that are taken, too */

    pthread_mutex_t watch_lock;
    sqlite_connection *watcher; /* NULL until first needed */
    int64_t data_version;       /* that it saw last */

    pthread_mutex_t retrainer_lock;
    int retrainer_fd; /* of the lock file; -1: not held */
} sqlite_store;

triage_status sqlite_connect(sqlite_store *s, bool writes, sqlite_connection **ret_c,
                             triage_error *err) TRIAGE_CHECKED;
void sqlite_disconnect(sqlite_connection *c); /* NULL is fine */

/* The functions of database_kind with these names. */
triage_status sqlite_begin(connection *base, triage_error *err);
triage_status sqlite_commit(connection *base, triage_error *err);
void sqlite_rollback(connection *base);
triage_status sqlite_script(connection *base, const char *sql, triage_error *err);
triage_status sqlite_start(connection *base, const char *sql, const sql_value *values, size_t n,
                           bool is_long, triage_error *err);
triage_status sqlite_next(connection *base, bool *ret_has_row, triage_error *err);
void sqlite_end(connection *base);
uint64_t sqlite_n_changed(const connection *base);
triage_status sqlite_run_batch(connection *base, const batch *b, triage_error *err);
int64_t sqlite_get_int(const connection *base, int column);
double sqlite_get_real(const connection *base, int column);
store_text sqlite_get_bytes(const connection *base, int column);
triage_status sqlite_announce(connection *base, triage_error *err);

#endif
