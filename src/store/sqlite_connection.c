/* SPDX-License-Identifier: MIT */
/* A connection to an SQLite file: its settings, its prepared statements, its errors as sentences.
 */
#include "store/sqlite.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long to wait for another process that writes. */
#define BUSY_TIMEOUT_MS 5000
#define BUSY_STEP_MS    5

/* A negative cache_size is in KiB. Each connection fills its cache up and keeps it, while the
 * system has the same pages once more; so they are small, and the process with them. */
static const char writer_settings[] = "PRAGMA synchronous = FULL;"
                                      "PRAGMA foreign_keys = ON;"
                                      "PRAGMA trusted_schema = OFF;"
                                      "PRAGMA temp_store = MEMORY;"
                                      "PRAGMA cache_size = -8192;"
                                      "PRAGMA wal_autocheckpoint = 4000;"
                                      "PRAGMA journal_size_limit = 67108864;";
static const char reader_settings[] = "PRAGMA query_only = ON;"
                                      "PRAGMA trusted_schema = OFF;"
                                      "PRAGMA temp_store = MEMORY;"
                                      "PRAGMA cache_size = -2048;";

/* What the system said, where SQLite only says that reading or writing failed; 0: nothing. */
static int system_error(sqlite3 *db)
{
    int code = sqlite3_errcode(db) & 0xFF;
    return code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
}

static triage_status fail(const sqlite_connection *c, triage_error *err)
{
    triage_status status = TRIAGE_ERROR_IO;
    switch (sqlite3_errcode(c->db) & 0xFF) { /* without the extended part */
    case SQLITE_NOMEM: return error_memory(err);
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG: status = TRIAGE_ERROR_ARGUMENT; break;
    case SQLITE_PERM: status = TRIAGE_ERROR_PERMISSION; break;
    default: break;
    }
    int number = system_error(c->db);
    char reason[96] = "";
    if (number == EACCES || number == EPERM)
        status = TRIAGE_ERROR_PERMISSION;
    if (number == 0 || strerror_r(number, reason, sizeof reason) != 0)
        return error_set(err, status, "database '%s': %s", c->path, sqlite3_errmsg(c->db));
    return error_set(err, status, "database '%s': %s (%s)", c->path, sqlite3_errmsg(c->db), reason);
}

/* Processes that find an empty file at the same time all want to turn it into a WAL file. Two that
 * read its first page would wait for each other; there SQLite does not wait but says at once that
 * the file is busy. */
static triage_status use_wal(sqlite_connection *c, triage_error *err)
{
    int waited_ms = 0;
    int code = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    while ((code & 0xFF) == SQLITE_BUSY && waited_ms < BUSY_TIMEOUT_MS) {
        waited_ms += sqlite3_sleep(BUSY_STEP_MS);
        code = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK ? TRIAGE_OK : fail(c, err);
}

triage_status sqlite_connect(sqlite_store *s, bool writes, sqlite_connection **ret_c,
                             triage_error *err)
{
    sqlite_connection *c = mem_new_zeroed(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->base.store = &s->base;
    c->path = s->path;
    /* A reader of a WAL file writes to its index of the log, too: it is not opened read-only. */
    int code = sqlite3_open_v2(
        s->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    triage_status status = TRIAGE_OK;
    if (!c->db)
        status = error_memory(err);
    else if (code != SQLITE_OK)
        status = fail(c, err);
    if (status == TRIAGE_OK) {
        sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
        status = writes ? use_wal(c, err) : TRIAGE_OK;
    }
    if (status == TRIAGE_OK)
        status = sqlite_script(&c->base, writes ? writer_settings : reader_settings, err);
    if (status != TRIAGE_OK) {
        sqlite_disconnect(c);
        return status;
    }
    *ret_c = c;
    return TRIAGE_OK;
}

void sqlite_disconnect(sqlite_connection *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < DATABASE_N_STATEMENTS; i++)
        sqlite3_finalize(c->statements[i].handle);
    sqlite3_close(c->db);
    free(c);
}

triage_status sqlite_script(connection *base, const char *sql, triage_error *err)
{
    sqlite_connection *c = (sqlite_connection *)base;
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? TRIAGE_OK : fail(c, err);
}

/* --- statements ----------------------------------------------------------------------------- */

/* SQLite numbers $NAME by first occurrence; PostgreSQL takes the number as written. */
static bool is_numbered_in_order(sqlite3_stmt *statement)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "$%d", i);
        const char *name = sqlite3_bind_parameter_name(statement, i);
        if (!name || strcmp(name, expected) != 0)
            return false;
    }
    return true;
}

static triage_status prepare(sqlite_connection *c, const char *sql, uint64_t hash,
                             triage_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return fail(c, err);
    assert(is_numbered_in_order(statement));
    sqlite_statement *place = &c->statements[c->next_evicted++ % DATABASE_N_STATEMENTS];
    sqlite3_finalize(place->handle);
    *place = (sqlite_statement){hash, statement};
    c->current = statement;
    return TRIAGE_OK;
}

static triage_status find_statement(sqlite_connection *c, const char *sql, triage_error *err)
{
    uint64_t hash = hash_bytes(sql, strlen(sql));
    for (size_t i = 0; i < DATABASE_N_STATEMENTS; i++) {
        if (c->statements[i].hash == hash && c->statements[i].handle &&
            strcmp(sqlite3_sql(c->statements[i].handle), sql) == 0) {
            c->current = c->statements[i].handle;
            return TRIAGE_OK;
        }
    }
    return prepare(c, sql, hash, err);
}

static int bind_value(sqlite3_stmt *statement, int i, const sql_value *v)
{
    switch (v->kind) {
    case VALUE_INT: return sqlite3_bind_int64(statement, i, v->integer);
    case VALUE_REAL: return sqlite3_bind_double(statement, i, v->real);
    case VALUE_BYTES: break;
    }
    if (!v->bytes.data)
        return sqlite3_bind_null(statement, i);
    /* Borrowed: the values outlive the query. */
    return sqlite3_bind_blob64(statement, i, v->bytes.data, v->bytes.length, SQLITE_STATIC);
}

static triage_status bind_values(sqlite_connection *c, const sql_value *values, size_t n,
                                 triage_error *err)
{
    assert((int)n == sqlite3_bind_parameter_count(c->current));
    for (size_t i = 0; i < n; i++)
        if (bind_value(c->current, (int)i + 1, &values[i]) != SQLITE_OK)
            return fail(c, err);
    return TRIAGE_OK;
}

triage_status sqlite_start(connection *base, const char *sql, const sql_value *values, size_t n,
                           bool is_long, triage_error *err)
{
    (void)is_long; /* rows are read one by one anyway */
    sqlite_connection *c = (sqlite_connection *)base;
    assert(!c->current);
    triage_status status = find_statement(c, sql, err);
    if (status == TRIAGE_OK)
        status = bind_values(c, values, n, err);
    if (status != TRIAGE_OK)
        sqlite_end(base);
    return status;
}

triage_status sqlite_next(connection *base, bool *ret_has_row, triage_error *err)
{
    sqlite_connection *c = (sqlite_connection *)base;
    int code = sqlite3_step(c->current);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fail(c, err);
    *ret_has_row = code == SQLITE_ROW;
    return TRIAGE_OK;
}

void sqlite_end(connection *base)
{
    sqlite_connection *c = (sqlite_connection *)base;
    sqlite3_reset(c->current);
    c->current = NULL;
}

uint64_t sqlite_n_changed(const connection *base)
{
    return (uint64_t)sqlite3_changes64(((const sqlite_connection *)base)->db);
}

static triage_status run_row(sqlite_connection *c, const batch *b, size_t i, triage_error *err)
{
    sql_value values[DATABASE_MAX_VALUES];
    bool has_row = false;
    triage_status status = b->bind(b->context, i, values, err);
    if (status == TRIAGE_OK)
        status = database_check_values(values, b->n_values, err);
    if (status == TRIAGE_OK)
        status = bind_values(c, values, b->n_values, err);
    if (status == TRIAGE_OK)
        status = sqlite_next(&c->base, &has_row, err);
    if (status == TRIAGE_OK && has_row && b->visit)
        b->visit(b->context, i, &c->base);
    sqlite3_reset(c->current);
    return status;
}

triage_status sqlite_run_batch(connection *base, const batch *b, triage_error *err)
{
    sqlite_connection *c = (sqlite_connection *)base;
    assert(!c->current);
    triage_status status = find_statement(c, b->sql, err);
    for (size_t i = 0; i < b->n_rows && status == TRIAGE_OK; i++)
        status = run_row(c, b, i, err);
    sqlite_end(base);
    return status;
}

int64_t sqlite_get_int(const connection *base, int column)
{
    return sqlite3_column_int64(((const sqlite_connection *)base)->current, column);
}

double sqlite_get_real(const connection *base, int column)
{
    return sqlite3_column_double(((const sqlite_connection *)base)->current, column);
}

store_text sqlite_get_bytes(const connection *base, int column)
{
    sqlite3_stmt *statement = ((const sqlite_connection *)base)->current;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (store_text){0};
    const void *data = sqlite3_column_blob(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    /* SQLite has no pointer for an empty value; for us NULL says that there is none. */
    return (store_text){data ? data : "", data ? length : 0};
}

/* --- transactions --------------------------------------------------------------------------- */

/* IMMEDIATE: takes the right to write at once, so that what is read then stays true. */
triage_status sqlite_begin(connection *base, triage_error *err)
{
    return sqlite_script(base, "BEGIN IMMEDIATE", err);
}

void sqlite_rollback(connection *base)
{
    sqlite_connection *c = (sqlite_connection *)base;
    /* After some errors SQLite has already done it. */
    if (!sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

triage_status sqlite_commit(connection *base, triage_error *err)
{
    triage_status status = sqlite_script(base, "COMMIT", err);
    if (status != TRIAGE_OK)
        sqlite_rollback(base);
    else if (base->is_announced)
        database_reach_change(base->store, ((sqlite_connection *)base)->change);
    return status;
}

triage_status sqlite_announce(connection *base, triage_error *err)
{
    int64_t change = 0;
    triage_status status =
        connection_number(base, "UPDATE pulse SET n_changes = n_changes + 1 RETURNING n_changes",
                          NULL, 0, 0, &change, err);
    ((sqlite_connection *)base)->change = (uint64_t)change;
    return status;
}
