/* SPDX-License-Identifier: MIT */
/*
 * Statements over one connection to PostgreSQL. Values go and come in the binary format: whole
 * numbers as int8, reals as float8, all strings as bytea.
 */
#include "store/postgres.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types by their numbers in the catalogue, which never change. */
#define BYTEA_TYPE  17
#define INT8_TYPE   20
#define FLOAT8_TYPE 701

/* Statements that are sent before their results are read. libpq reads while it cannot write, so
 * more would not block either; it only needs memory. */
#define PIPELINE_LENGTH 256

/* Rows of a long query that are in memory at a time. */
#define FETCH_SQL "FETCH FORWARD 200 FROM long_query"

/* --- errors --------------------------------------------------------------------------------- */

/* `state` NULL: no answer came from the server. */
static bool is_class(const char *state, const char *prefix)
{
    return state && strncmp(state, prefix, strlen(prefix)) == 0;
}

/* Error codes: appendix A of PostgreSQL's manual. */
static triage_status judge(postgres_connection *c, const char *state)
{
    bool is_gone = c->pq->PQstatus(c->handle) == CONNECTION_BAD || is_class(state, "57P0");
    /* A standby, after a failover: a new connection may lead to the new primary. */
    bool is_standby = is_class(state, "25006");
    c->base.is_broken |= is_gone || is_standby;
    /* Serialisation failures and deadlocks are over once their transaction is. */
    c->base.can_retry |= is_gone || is_class(state, "40");
    if (is_class(state, "23") || is_class(state, "54"))
        return TRIAGE_ERROR_ARGUMENT;
    return is_class(state, "42501") ? TRIAGE_ERROR_PERMISSION : TRIAGE_ERROR_IO;
}

/* Of a result only the primary message: its details may have a ticket's text in them. */
static triage_status fail(postgres_connection *c, const PGresult *result, triage_error *err)
{
    const char *state = c->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = c->pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!message)
        message = c->pq->PQerrorMessage(c->handle);
    triage_status status = judge(c, state);
    int length = (int)strcspn(message, "\n");
    return error_set(err, status, "PostgreSQL: %.*s", length, message);
}

static bool is_good(postgres_connection *c, const PGresult *result)
{
    ExecStatusType status = c->pq->PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Takes the result over. */
static triage_status expect_good(postgres_connection *c, PGresult *result, triage_error *err)
{
    triage_status status = is_good(c, result) ? TRIAGE_OK : fail(c, result, err);
    c->pq->PQclear(result);
    return status;
}

triage_status postgres_script(connection *base, const char *sql, triage_error *err)
{
    postgres_connection *c = (postgres_connection *)base;
    return expect_good(c, c->pq->PQexec(c->handle, sql), err);
}

/* --- values --------------------------------------------------------------------------------- */

/* Values as libpq wants them; `numbers` is where those live that are not the caller's bytes. */
typedef struct wire_values {
    Oid types[DATABASE_MAX_VALUES];
    const char *data[DATABASE_MAX_VALUES];
    int lengths[DATABASE_MAX_VALUES], formats[DATABASE_MAX_VALUES];
    unsigned char numbers[DATABASE_MAX_VALUES][8];
} wire_values;

static void put_big_endian(unsigned char bytes[8], uint64_t number)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (56 - 8 * i));
}

static uint64_t get_big_endian(const char *data, int length)
{
    uint64_t number = 0;
    for (int i = 0; i < length; i++)
        number = number << 8 | (unsigned char)data[i];
    return number;
}

static void to_wire(const sql_value *values, size_t n, wire_values *wire)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t number = (uint64_t)values[i].integer;
        if (values[i].kind == VALUE_REAL)
            memcpy(&number, &values[i].real, sizeof number);
        put_big_endian(wire->numbers[i], number);
        wire->data[i] = (const char *)wire->numbers[i];
        wire->lengths[i] = 8;
        wire->formats[i] = 1;
        wire->types[i] = values[i].kind == VALUE_REAL ? FLOAT8_TYPE : INT8_TYPE;
        if (values[i].kind == VALUE_BYTES) {
            wire->data[i] = values[i].bytes.data;
            wire->lengths[i] = (int)values[i].bytes.length; /* <= DATABASE_MAX_BYTES */
            wire->types[i] = BYTEA_TYPE;
        }
    }
}

int64_t postgres_get_int(const connection *base, int column)
{
    const postgres_connection *c = (const postgres_connection *)base;
    int length = c->pq->PQgetlength(c->result, c->row, column);
    const char *data = c->pq->PQgetvalue(c->result, c->row, column);
    switch (length) {
    case 1: return (unsigned char)data[0]; /* bool */
    case 2: return (int16_t)get_big_endian(data, 2);
    case 4: return (int32_t)get_big_endian(data, 4);
    case 8: return (int64_t)get_big_endian(data, 8);
    default: return 0; /* NULL */
    }
}

double postgres_get_real(const connection *base, int column)
{
    uint64_t bits = (uint64_t)postgres_get_int(base, column);
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

store_text postgres_get_bytes(const connection *base, int column)
{
    const postgres_connection *c = (const postgres_connection *)base;
    if (c->pq->PQgetisnull(c->result, c->row, column))
        return (store_text){0};
    return (store_text){c->pq->PQgetvalue(c->result, c->row, column),
                        (size_t)c->pq->PQgetlength(c->result, c->row, column)};
}

/* --- statements ----------------------------------------------------------------------------- */

static void name_statement(char name[16], size_t place)
{
    snprintf(name, 16, "s%zu", place);
}

static triage_status evict(postgres_connection *c, size_t place, triage_error *err)
{
    char sql[32];
    snprintf(sql, sizeof sql, "DEALLOCATE s%zu", place);
    free(c->statements[place].sql);
    c->statements[place].sql = NULL;
    return postgres_script(&c->base, sql, err);
}

static triage_status prepare(postgres_connection *c, const char *sql, const wire_values *wire,
                             size_t n, size_t *ret_place, triage_error *err)
{
    uint64_t hash = hash_bytes(sql, strlen(sql));
    for (size_t i = 0; i < DATABASE_N_STATEMENTS; i++) {
        if (c->statements[i].sql && c->statements[i].hash == hash &&
            strcmp(c->statements[i].sql, sql) == 0) {
            *ret_place = i;
            return TRIAGE_OK;
        }
    }
    size_t place = c->next_evicted++ % DATABASE_N_STATEMENTS;
    triage_status status = c->statements[place].sql ? evict(c, place, err) : TRIAGE_OK;
    char name[16];
    name_statement(name, place);
    if (status == TRIAGE_OK)
        status = expect_good(c, c->pq->PQprepare(c->handle, name, sql, (int)n, wire->types), err);
    if (status != TRIAGE_OK)
        return status;
    c->statements[place] = (postgres_statement){hash, mem_copy_string(sql, strlen(sql))};
    if (!c->statements[place].sql) {
        /* The server has it and we cannot say so: a new connection has neither. */
        c->base.is_broken = true;
        return error_memory(err);
    }
    *ret_place = place;
    return TRIAGE_OK;
}

static triage_status take_result(postgres_connection *c, PGresult *result, triage_error *err)
{
    if (!is_good(c, result))
        return expect_good(c, result, err);
    c->pq->PQclear(c->result);
    c->result = result;
    c->row = -1;
    c->n_rows = c->pq->PQntuples(result);
    c->n_changed = strtoull(c->pq->PQcmdTuples(result), NULL, 10);
    return TRIAGE_OK;
}

static triage_status fetch(postgres_connection *c, triage_error *err)
{
    return take_result(c, c->pq->PQexecParams(c->handle, FETCH_SQL, 0, NULL, NULL, NULL, NULL, 1),
                       err);
}

/* A cursor, so that neither side holds all rows; in a transaction of its own. */
static triage_status open_cursor(postgres_connection *c, const char *sql, const wire_values *wire,
                                 size_t n, triage_error *err)
{
    buffer declare = {0};
    buffer_append_text(&declare, "DECLARE long_query NO SCROLL CURSOR FOR ");
    buffer_append_text(&declare, sql);
    triage_status status = buffer_string(&declare)
                               ? postgres_script(&c->base, "BEGIN READ ONLY", err)
                               : error_memory(err);
    if (status == TRIAGE_OK) {
        c->has_cursor = true;
        status = expect_good(c,
                             c->pq->PQexecParams(c->handle, declare.data, (int)n, wire->types,
                                                 wire->data, wire->lengths, wire->formats, 1),
                             err);
    }
    buffer_free(&declare);
    return status == TRIAGE_OK ? fetch(c, err) : status;
}

static triage_status run_prepared(postgres_connection *c, const char *sql, const wire_values *wire,
                                  size_t n, triage_error *err)
{
    size_t place = 0;
    char name[16];
    triage_status status = prepare(c, sql, wire, n, &place, err);
    if (status != TRIAGE_OK)
        return status;
    name_statement(name, place);
    return take_result(
        c,
        c->pq->PQexecPrepared(c->handle, name, (int)n, wire->data, wire->lengths, wire->formats, 1),
        err);
}

triage_status postgres_start(connection *base, const char *sql, const sql_value *values, size_t n,
                             bool is_long, triage_error *err)
{
    postgres_connection *c = (postgres_connection *)base;
    wire_values wire;
    assert(!c->result);
    to_wire(values, n, &wire);
    triage_status status =
        is_long ? open_cursor(c, sql, &wire, n, err) : run_prepared(c, sql, &wire, n, err);
    if (status != TRIAGE_OK)
        postgres_end(base);
    return status;
}

triage_status postgres_next(connection *base, bool *ret_has_row, triage_error *err)
{
    postgres_connection *c = (postgres_connection *)base;
    if (c->row + 1 >= c->n_rows && c->has_cursor && c->n_rows > 0) {
        triage_status status = fetch(c, err);
        if (status != TRIAGE_OK)
            return status;
    }
    c->row++;
    *ret_has_row = c->row < c->n_rows;
    return TRIAGE_OK;
}

void postgres_end(connection *base)
{
    postgres_connection *c = (postgres_connection *)base;
    c->pq->PQclear(c->result);
    c->result = NULL;
    if (c->has_cursor)
        postgres_rollback(base);
    c->has_cursor = false;
}

uint64_t postgres_n_changed(const connection *base)
{
    return ((const postgres_connection *)base)->n_changed;
}

/* --- batches -------------------------------------------------------------------------------- */

static triage_status send_rows(postgres_connection *c, const batch *b, const char *name,
                               size_t first, size_t end, size_t *ret_n_sent, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    *ret_n_sent = 0;
    for (size_t i = first; i < end && status == TRIAGE_OK; i++) {
        sql_value values[DATABASE_MAX_VALUES];
        wire_values wire;
        status = b->bind(b->context, i, values, err);
        if (status == TRIAGE_OK)
            status = database_check_values(values, b->n_values, err);
        if (status != TRIAGE_OK)
            break;
        to_wire(values, b->n_values, &wire);
        if (c->pq->PQsendQueryPrepared(c->handle, name, (int)b->n_values, wire.data, wire.lengths,
                                       wire.formats, 1) == 0)
            status = fail(c, NULL, err);
        else
            (*ret_n_sent)++;
    }
    return status;
}

/* The result of one statement of the pipeline, and the NULL behind it. */
static triage_status receive_row(postgres_connection *c, const batch *b, size_t i,
                                 triage_error *err)
{
    PGresult *result = c->pq->PQgetResult(c->handle);
    triage_status status = take_result(c, result, err);
    if (status == TRIAGE_OK && c->n_rows > 0 && b->visit) {
        c->row = 0;
        b->visit(b->context, i, &c->base);
    }
    while (result && (result = c->pq->PQgetResult(c->handle)) != NULL)
        c->pq->PQclear(result);
    return status;
}

/* Up to the mark that ends the pipeline; what is behind a failed statement has not been done. */
static triage_status receive_rows(postgres_connection *c, const batch *b, size_t first, size_t n,
                                  triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; i < n && !c->base.is_broken; i++) {
        triage_status row_status = receive_row(c, b, first + i, status == TRIAGE_OK ? err : NULL);
        if (status == TRIAGE_OK)
            status = row_status;
    }
    PGresult *mark = c->base.is_broken ? NULL : c->pq->PQgetResult(c->handle);
    if (!mark || c->pq->PQresultStatus(mark) != PGRES_PIPELINE_SYNC)
        c->base.is_broken = true;
    c->pq->PQclear(mark);
    return status;
}

static triage_status run_pipeline(postgres_connection *c, const batch *b, const char *name,
                                  size_t first, size_t end, triage_error *err)
{
    size_t n_sent = 0;
    triage_status status = send_rows(c, b, name, first, end, &n_sent, err);
    if (c->pq->PQpipelineSync(c->handle) == 0)
        return status == TRIAGE_OK ? fail(c, NULL, err) : status;
    triage_status received = receive_rows(c, b, first, n_sent, status == TRIAGE_OK ? err : NULL);
    return status == TRIAGE_OK ? received : status;
}

/* Only the types of the first row's values are asked for: they are those of all rows. */
static triage_status prepare_batch(postgres_connection *c, const batch *b, char name[16],
                                   triage_error *err)
{
    sql_value values[DATABASE_MAX_VALUES];
    wire_values wire;
    size_t place = 0;
    triage_status status = b->bind(b->context, 0, values, err);
    if (status != TRIAGE_OK)
        return status;
    to_wire(values, b->n_values, &wire);
    status = prepare(c, b->sql, &wire, b->n_values, &place, err);
    name_statement(name, place);
    return status;
}

triage_status postgres_run_batch(connection *base, const batch *b, triage_error *err)
{
    postgres_connection *c = (postgres_connection *)base;
    char name[16];
    assert(!c->result);
    triage_status status = prepare_batch(c, b, name, err);
    if (status != TRIAGE_OK)
        return status;
    if (c->pq->PQenterPipelineMode(c->handle) == 0)
        return fail(c, NULL, err);
    for (size_t i = 0; i < b->n_rows && status == TRIAGE_OK; i += PIPELINE_LENGTH) {
        size_t end = b->n_rows - i < PIPELINE_LENGTH ? b->n_rows : i + PIPELINE_LENGTH;
        status = run_pipeline(c, b, name, i, end, err);
    }
    c->pq->PQclear(c->result);
    c->result = NULL;
    if (c->pq->PQexitPipelineMode(c->handle) == 0)
        c->base.is_broken = true;
    return status;
}

/* --- transactions --------------------------------------------------------------------------- */

triage_status postgres_begin(connection *base, triage_error *err)
{
    return postgres_script(base, "BEGIN", err);
}

void postgres_rollback(connection *base)
{
    postgres_connection *c = (postgres_connection *)base;
    bool can_retry = base->can_retry;
    if (c->pq->PQtransactionStatus(c->handle) != PQTRANS_IDLE)
        base->is_broken |= postgres_script(base, "ROLLBACK", NULL) != TRIAGE_OK;
    base->can_retry = can_retry;
}

/* The connection may end between the commit and its answer: then nobody knows, and it must not be
 * done again. */
static triage_status fail_commit(postgres_connection *c, const PGresult *result, triage_error *err)
{
    const char *state = c->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    triage_status status = fail(c, result, err);
    c->base.can_retry = is_class(state, "40");
    if (c->base.is_broken)
        return error_set(err, TRIAGE_ERROR_IO,
                         "PostgreSQL: the connection ended during the commit: whether the change "
                         "was made is not known");
    return status;
}

triage_status postgres_commit(connection *base, triage_error *err)
{
    postgres_connection *c = (postgres_connection *)base;
    PGresult *result = c->pq->PQexec(c->handle, "COMMIT");
    triage_status status = TRIAGE_OK;
    if (!is_good(c, result))
        status = fail_commit(c, result, err);
    else if (strcmp(c->pq->PQcmdStatus(result), "COMMIT") != 0)
        status = error_set(err, TRIAGE_ERROR_IO, "PostgreSQL: the transaction was rolled back");
    c->pq->PQclear(result);
    if (status == TRIAGE_OK && base->is_announced)
        database_add_change(base->store);
    return status;
}
