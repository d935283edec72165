/* SPDX-License-Identifier: MIT */
/*
 * The layer under the store: connections that run SQL with bound values and read rows. What the
 * tables hold is written once, in the files that are named after them; SQLite and PostgreSQL differ
 * below this header only.
 *
 * SQL that both understand: parameters are $1, $2, ... numbered in the order in which they first
 * occur (SQLite counts them so); values are integers, reals and bytes. All strings are bytes, BLOB
 * and BYTEA: both databases then hold any bytes, NUL and broken UTF-8 too, and compare and order
 * them byte by byte, whatever their locale.
 *
 * A connection belongs to one thread while it is taken, and has at most one open query.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include "store/store.h"

#include <pthread.h>

/* More than any statement needs. */
#define DATABASE_MAX_VALUES 32

/* Statements that a connection keeps prepared. */
#define DATABASE_N_STATEMENTS 64

/* What a single value may have: PostgreSQL's own limit. */
#define DATABASE_MAX_BYTES ((size_t)1 << 30)

typedef enum value_kind { VALUE_INT, VALUE_REAL, VALUE_BYTES } value_kind;

typedef struct sql_value {
    value_kind kind;
    int64_t integer;
    double real;
    store_text bytes; /* borrowed; data NULL is SQL's NULL */
} sql_value;

static inline sql_value value_int(int64_t integer)
{
    return (sql_value){.kind = VALUE_INT, .integer = integer};
}

/* The same 64 bits: neither database has unsigned integers. */
static inline sql_value value_uint(uint64_t integer)
{
    return value_int((int64_t)integer);
}

static inline sql_value value_real(double real)
{
    return (sql_value){.kind = VALUE_REAL, .real = real};
}

static inline sql_value value_bytes(store_text bytes)
{
    return (sql_value){.kind = VALUE_BYTES, .bytes = bytes};
}

sql_value value_text(const char *text); /* NULL is SQL's NULL */

typedef struct connection {
    store *store;
    bool is_broken;     /* the server is gone: not to be used again */
    bool can_retry;     /* what failed has changed nothing and may succeed if done once more */
    bool has_delivered; /* a row was read since the connection was taken */
    bool is_announced;  /* this transaction changes what others wait for */
} connection;

/* One statement for many rows of values, which is what makes imports fast. */
typedef struct batch {
    const char *sql;
    size_t n_values, n_rows;
    /* Fills in the values of row `i`, which are used before the next call. */
    triage_status (*bind)(void *context, size_t i, sql_value *values, triage_error *err);
    /* The statement's first row for row `i`, if it returned one. NULL: not of interest. */
    void (*visit)(void *context, size_t i, connection *c);
    void *context;
} batch;

/* What a database must do; the only place where the two are told apart. */
typedef struct database_kind {
    const char *name;
    const char *const (*words)[2]; /* of migrations: {"{bytes}", "BLOB"}, ...; ends with NULL */
    const char *count_tables;      /* SQL: how many tables are called $1 */

    void (*close)(store *s);
    /* A connection for the calling thread; waits for one. */
    triage_status (*take)(store *s, bool writes, connection **ret_c, triage_error *err);
    void (*give)(connection *c);
    triage_status (*begin)(connection *c, triage_error *err);
    triage_status (*commit)(connection *c, triage_error *err);
    void (*rollback)(connection *c);

    triage_status (*script)(connection *c, const char *sql, triage_error *err);
    triage_status (*start)(connection *c, const char *sql, const sql_value *values, size_t n,
                           bool is_long, triage_error *err);
    triage_status (*next)(connection *c, bool *ret_has_row, triage_error *err);
    void (*end)(connection *c);
    uint64_t (*n_changed)(const connection *c);
    triage_status (*run_batch)(connection *c, const batch *b, triage_error *err);

    int64_t (*get_int)(const connection *c, int column);
    double (*get_real)(const connection *c, int column);
    store_text (*get_bytes)(const connection *c, int column);

    /* Until the transaction ends no other that calls this gets further. */
    triage_status (*lock)(connection *c, triage_error *err);
    /* With the commit, wakes all processes in store_wait(). */
    triage_status (*announce)(connection *c, triage_error *err);
    void (*listen)(store *s); /* store_wait() begins; NULL */
    void (*look)(store *s);   /* has another process changed anything? NULL: it is told */

    triage_status (*check)(store *s, triage_error *err); /* beyond a trivial read; NULL */
    triage_status (*lock_retrainer)(store *s, bool *ret_held, triage_error *err);
    bool (*lock_is_held)(store *s);
    void (*unlock_retrainer)(store *s);
} database_kind;

/* The beginning of each database's own struct. */
struct store {
    const database_kind *kind;
    pthread_mutex_t change_lock; /* of all below */
    pthread_cond_t changed;      /* counts CLOCK_MONOTONIC */
    uint64_t n_changes, n_wakes; /* what store_wait() looks at is their sum */
};

triage_status database_init(store *s, const database_kind *kind, triage_error *err) TRIAGE_CHECKED;
void database_destroy(store *s);
/* Wakes the waiters. */
void database_add_change(store *s);
void database_reach_change(store *s, uint64_t n_changes); /* if it is not there yet */

triage_status sqlite_open(const char *path, store **ret_store, triage_error *err) TRIAGE_CHECKED;
triage_status postgres_open(const char *address, store **ret_store,
                            triage_error *err) TRIAGE_CHECKED;

/*
 * What a call does on a connection. It may be run a second time from its beginning, on another
 * connection, when the first was lost and nothing was changed or delivered: so it sets what is in
 * its context anew and never adds to it.
 */
typedef triage_status (*database_work)(connection *c, void *context, triage_error *err);

triage_status database_read(store *s, database_work work, void *context,
                            triage_error *err) TRIAGE_CHECKED;
/* The same as one transaction: done wholly and durably, or not at all. */
triage_status database_write(store *s, database_work work, void *context,
                             triage_error *err) TRIAGE_CHECKED;

/* For the columns of the row that a visit is given; columns count from 0. NULL is 0 or no text. */
int64_t column_int(const connection *c, int column);
double column_real(const connection *c, int column);
store_text column_bytes(const connection *c, int column);

/*
 * Runs `sql` and visits its rows until `visit` returns false. `is_long`: there may be very many,
 * and memory must not grow with them.
 */
typedef bool (*database_visit)(void *context, const connection *c);
triage_status connection_each(connection *c, const char *sql, const sql_value *values, size_t n,
                              bool is_long, database_visit visit, void *context,
                              triage_error *err) TRIAGE_CHECKED;

/* Without rows of interest; `ret_n_changed` may be NULL. */
triage_status connection_run(connection *c, const char *sql, const sql_value *values, size_t n,
                             uint64_t *ret_n_changed, triage_error *err) TRIAGE_CHECKED;

/* The integer in the first column of the first row; `otherwise` if there is no row. */
triage_status connection_number(connection *c, const char *sql, const sql_value *values, size_t n,
                                int64_t otherwise, int64_t *ret_number,
                                triage_error *err) TRIAGE_CHECKED;

triage_status connection_script(connection *c, const char *sql, triage_error *err) TRIAGE_CHECKED;
triage_status connection_run_batch(connection *c, const batch *b, triage_error *err) TRIAGE_CHECKED;

/* Before a number is given out that must count up in the order of the commits. */
triage_status connection_lock(connection *c, triage_error *err) TRIAGE_CHECKED;
triage_status connection_announce(connection *c, triage_error *err) TRIAGE_CHECKED;

/* Refuses what neither database can hold: longer than DATABASE_MAX_BYTES, NaN, infinite. */
triage_status database_check_values(const sql_value *values, size_t n,
                                    triage_error *err) TRIAGE_CHECKED;

/* Milliseconds since 1970 UTC. */
int64_t database_now(void);

#endif
