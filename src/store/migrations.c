/* SPDX-License-Identifier: MIT */
/* The tables, and how a database comes to have them. What is in them: docs/formats/store.md. */
#include "store/migrations.h"

#include "base/buffer.h"
#include "base/error.h"

#include <string.h>

/* Predictions in the review queue. SQLite uses such an index only where a query says the same. */
#define WAITING "is_review = 1 AND is_answered = 0"

static const char tables[] =
    "CREATE TABLE pulse ("
    "    n_changes {int} NOT NULL,"
    "    checked_at {int} NOT NULL"
    ") {strict};"
    "INSERT INTO pulse (n_changes, checked_at) VALUES (0, 0);"

    "CREATE TABLE tickets ("
    "    source {bytes} NOT NULL,"
    "    id {bytes} NOT NULL,"
    "    text {bytes} NOT NULL,"
    "    text_hash {int} NOT NULL,"
    "    labels {bytes} NOT NULL,"
    "    created_at {int} NOT NULL,"
    "    revision {int} NOT NULL,"
    "    PRIMARY KEY (source, id)"
    ") {strict};"

    /* The long columns are last: to read those before them SQLite need not pass over them. */
    "CREATE TABLE predictions ("
    "    id {bytes} NOT NULL PRIMARY KEY,"
    "    created_at {int} NOT NULL,"
    "    source {bytes},"
    "    ticket_id {bytes},"
    "    text_hash {int} NOT NULL,"
    "    cluster {int} NOT NULL,"
    "    model_version {bytes},"
    "    label {bytes},"
    "    decision {bytes} NOT NULL,"
    "    confidence {real} NOT NULL,"
    "    is_review {bool} NOT NULL,"
    "    uncertainty {real} NOT NULL,"
    "    is_answered {bool} NOT NULL,"
    "    text {bytes} NOT NULL,"
    "    outcomes {bytes}"
    ") {strict};"
    "CREATE INDEX predictions_by_time ON predictions (created_at, id);"
    "CREATE INDEX waiting_by_cluster ON predictions (cluster, uncertainty, id) WHERE " WAITING ";"
    "CREATE INDEX waiting_by_text ON predictions (text_hash) WHERE " WAITING ";"
    "CREATE INDEX waiting_by_time ON predictions (created_at, id) WHERE " WAITING ";"

    "CREATE TABLE clusters ("
    "    cluster {int} NOT NULL PRIMARY KEY,"
    "    n_waiting {int} NOT NULL,"
    "    best_id {bytes} NOT NULL,"
    "    best_uncertainty {real} NOT NULL,"
    "    place {real} NOT NULL"
    ") {strict};"
    "CREATE INDEX clusters_by_place ON clusters (place, best_id);"

    "CREATE TABLE feedback ("
    "    id {bytes} NOT NULL PRIMARY KEY,"
    "    sequence {int} NOT NULL UNIQUE,"
    "    created_at {int} NOT NULL,"
    "    text {bytes} NOT NULL,"
    "    text_hash {int} NOT NULL,"
    "    field {bytes} NOT NULL,"
    "    label {bytes} NOT NULL,"
    "    predicted {bytes},"
    "    confidence {real} NOT NULL,"
    "    model_version {bytes},"
    "    prediction_id {bytes},"
    "    surprise {real} NOT NULL,"
    "    source {bytes},"
    "    comment {bytes},"
    "    key_id {bytes},"
    "    status {int} NOT NULL,"
    "    reason {bytes}"
    ") {strict};"
    "CREATE INDEX feedback_by_time ON feedback (created_at, id);"
    "CREATE INDEX feedback_by_text ON feedback (text_hash, field);"
    "CREATE INDEX feedback_accepted ON feedback (sequence) WHERE status = 0;"

    "CREATE TABLE idempotency ("
    "    key_id {bytes} NOT NULL,"
    "    idempotency_key {bytes} NOT NULL,"
    "    request_hash {int} NOT NULL,"
    "    feedback_id {bytes} NOT NULL REFERENCES feedback (id),"
    "    status {int} NOT NULL,"
    "    n_answered {int} NOT NULL,"
    "    created_at {int} NOT NULL,"
    "    PRIMARY KEY (key_id, idempotency_key)"
    ") {strict};"
    "CREATE INDEX idempotency_by_time ON idempotency (created_at);"

    "CREATE TABLE audit ("
    "    sequence {int} NOT NULL PRIMARY KEY,"
    "    at {int} NOT NULL,"
    "    who {bytes},"
    "    action {bytes},"
    "    target {bytes},"
    "    old_value {bytes},"
    "    new_value {bytes}"
    ") {strict};"

    "CREATE TABLE settings ("
    "    name {bytes} NOT NULL PRIMARY KEY,"
    "    value {bytes} NOT NULL"
    ") {strict};"

    "CREATE TABLE keys ("
    "    id {bytes} NOT NULL PRIMARY KEY,"
    "    name {bytes},"
    "    role {bytes},"
    "    hash {bytes},"
    "    created_at {int} NOT NULL,"
    "    revoked_at {int} NOT NULL"
    ") {strict};"

    "CREATE TABLE retrains ("
    "    id {int} NOT NULL PRIMARY KEY,"
    "    trigger {bytes},"
    "    who {bytes},"
    "    state {bytes} NOT NULL,"
    "    result {bytes},"
    "    reason {bytes},"
    "    champion {bytes},"
    "    candidate {bytes},"
    "    details {bytes},"
    "    requested_at {int} NOT NULL,"
    "    started_at {int} NOT NULL,"
    "    finished_at {int} NOT NULL,"
    "    run {int} NOT NULL"
    ") {strict};"

    "CREATE TABLE models ("
    "    version {bytes} NOT NULL PRIMARY KEY,"
    "    manifest {bytes},"
    "    model {bytes}"
    ") {strict};";

static const char model_history[] = "CREATE TABLE model_history ("
                                    "    sequence {int} NOT NULL PRIMARY KEY,"
                                    "    at {int} NOT NULL,"
                                    "    action {bytes} NOT NULL,"
                                    "    version {bytes} NOT NULL,"
                                    "    previous {bytes},"
                                    "    who {bytes},"
                                    "    reason {bytes},"
                                    "    is_change {bool} NOT NULL"
                                    ") {strict};"
                                    "CREATE INDEX model_changes ON model_history (sequence)"
                                    " WHERE is_change = 1;";

static const migration migrations[] = {
    {1, tables},
    {2, model_history},
};

const migration *migrations_all(size_t *ret_n)
{
    *ret_n = sizeof migrations / sizeof *migrations;
    return migrations;
}

/* The words in braces, as this database calls them. */
static void append_translated(buffer *out, const char *sql, const char *const (*words)[2])
{
    while (*sql) {
        size_t i = 0;
        while (words[i][0] && strncmp(sql, words[i][0], strlen(words[i][0])) != 0)
            i++;
        if (words[i][0]) {
            buffer_append_text(out, words[i][1]);
            sql += strlen(words[i][0]);
        } else
            buffer_append_char(out, *sql++);
    }
}

static triage_status run_translated(connection *c, const char *sql, triage_error *err)
{
    buffer translated = {0};
    append_translated(&translated, sql, c->store->kind->words);
    triage_status status =
        buffer_string(&translated) ? connection_script(c, translated.data, err) : error_memory(err);
    buffer_free(&translated);
    return status;
}

typedef struct progress {
    const migration *migrations;
    size_t n;
    int64_t version; /* that the database has; 0: no schema */
} progress;

static triage_status read_version(connection *c, void *context, triage_error *err)
{
    progress *p = context;
    sql_value name = value_text("schema_version");
    int64_t n_tables = 0;
    p->version = 0;
    triage_status status =
        connection_number(c, c->store->kind->count_tables, &name, 1, 0, &n_tables, err);
    if (status != TRIAGE_OK || n_tables == 0)
        return status;
    return connection_number(c, "SELECT max(version) FROM schema_version", NULL, 0, 0, &p->version,
                             err);
}

static triage_status check_version(const progress *p, triage_error *err)
{
    int newest = p->migrations[p->n - 1].version;
    if (p->version <= newest)
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_VERSION,
                     "the database has schema version %lld, this program knows versions up to %d: "
                     "it was used by a newer program",
                     (long long)p->version, newest);
}

static triage_status take_step(connection *c, const migration *m, triage_error *err)
{
    /* However long a step takes with much data. */
    triage_status status = run_translated(c, "{patient}", err);
    if (status == TRIAGE_OK && m->version == 1)
        status = run_translated(c,
                                "CREATE TABLE schema_version ("
                                "    version {int} NOT NULL PRIMARY KEY,"
                                "    applied_at {int} NOT NULL"
                                ") {strict};",
                                err);
    if (status == TRIAGE_OK)
        status = run_translated(c, m->sql, err);
    if (status != TRIAGE_OK)
        return status;
    sql_value values[] = {value_int(m->version), value_int(database_now())};
    return connection_run(c, "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)",
                          values, 2, NULL, err);
}

/* One step of those that are left; looks again, because another process may have been faster. */
static triage_status take_next_step(connection *c, void *context, triage_error *err)
{
    progress *p = context;
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = read_version(c, p, err);
    if (status == TRIAGE_OK)
        status = check_version(p, err);
    if (status != TRIAGE_OK)
        return status;
    for (size_t i = 0; i < p->n; i++) {
        if (p->migrations[i].version > p->version) {
            status = take_step(c, &p->migrations[i], err);
            if (status == TRIAGE_OK)
                p->version = p->migrations[i].version;
            return status;
        }
    }
    return TRIAGE_OK;
}

triage_status migrations_apply(store *s, const migration *all, size_t n, triage_error *err)
{
    progress p = {.migrations = all, .n = n};
    triage_status status = database_read(s, read_version, &p, err);
    if (status == TRIAGE_OK)
        status = check_version(&p, err);
    while (status == TRIAGE_OK && p.version < all[n - 1].version)
        status = database_write(s, take_next_step, &p, err);
    return status;
}
