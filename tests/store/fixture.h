/* SPDX-License-Identifier: MIT */
/*
 * A store of a test's own: an SQLite file in a temporary folder or, where with_postgres has started
 * a server, a schema of its own there.
 */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include "store/database.h"
#include "store/pq_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    char folder[64];
    char address[256];
    store *s; /* open */
} fixture;

static inline const char *postgres_address(void)
{
    return getenv("TRIAGE_TEST_POSTGRES");
}

static inline bool is_postgres(void)
{
    return postgres_address() != NULL;
}

/* OK(store_check(s, true, &ok_error)): fails the test with the store's own words. */
static inline void expect_ok(triage_status status, const triage_error *err)
{
    if (status != TRIAGE_OK)
        fail_msg("%s: %s", triage_status_text(status), err->message);
}
#define OK(call)                                                                                   \
    do {                                                                                           \
        triage_error ok_error = {0};                                                               \
        expect_ok(call, &ok_error);                                                                \
    } while (0)

/* SQL as the administrator of the server, past the store. */
static inline void postgres_admin(const char *sql)
{
    pq_library pq = {0};
    OK(pq_library_load(&pq, &ok_error));
    const char *const keywords[] = {"dbname", "client_encoding", NULL};
    const char *const values[] = {postgres_address(), "UTF8", NULL};
    PGconn *c = pq.PQconnectdbParams(keywords, values, 1);
    if (pq.PQstatus(c) != CONNECTION_OK)
        print_error("%s", pq.PQerrorMessage(c));
    pq.PQclear(pq.PQexec(c, "SET client_min_messages = warning"));
    PGresult *result = pq.PQexec(c, sql);
    ExecStatusType status = pq.PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        print_error("%s: %s", sql, pq.PQerrorMessage(c)); /* a tear-down's message is lost */
    assert_true(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    pq.PQclear(result);
    pq.PQfinish(c);
    pq_library_unload(&pq);
}

static inline void make_address(fixture *f)
{
    if (!is_postgres()) {
        snprintf(f->address, sizeof f->address, "%s/triage.db", f->folder);
        return;
    }
    char sql[128];
    const char *name = strrchr(f->folder, '-') + 1;
    snprintf(f->address, sizeof f->address, "%s&options=-csearch_path%%3D\"%s\"",
             postgres_address(), name);
    snprintf(sql, sizeof sql, "CREATE SCHEMA \"%s\"", name);
    postgres_admin(sql);
}

static inline int fixture_prepare(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/triage-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    make_address(f);
    *state = f;
    return 0;
}

/* cmocka set-up: `*state` becomes a fixture. */
static inline int fixture_open(void **state)
{
    fixture_prepare(state);
    fixture *f = *state;
    OK(store_open(f->address, &f->s, &ok_error));
    return 0;
}

static inline void fixture_reopen(fixture *f)
{
    store_close(f->s);
    f->s = NULL;
    OK(store_open(f->address, &f->s, &ok_error));
}

/* cmocka tear-down. */
static inline int fixture_close(void **state)
{
    static const char *const names[] = {"triage.db", "triage.db-wal", "triage.db-shm",
                                        "triage.db.retrainer.lock", "moved.db"};
    fixture *f = *state;
    char path[160];
    store_close(f->s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        unlink(path);
    }
    if (is_postgres()) {
        snprintf(path, sizeof path, "DROP SCHEMA \"%s\" CASCADE", strrchr(f->folder, '-') + 1);
        postgres_admin(path);
    }
    int result = rmdir(f->folder);
    if (result != 0)
        perror(f->folder);
    free(f);
    return result;
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

static inline store_text text_of(const char *text)
{
    return (store_text){text, text ? strlen(text) : 0};
}

static inline void expect_text(store_text found, const char *expected)
{
    if (!expected) {
        assert_null(found.data);
        return;
    }
    assert_non_null(found.data);
    assert_int_equal(found.length, strlen(expected));
    assert_memory_equal(found.data, expected, found.length);
}

static inline bool is_text(store_text text, const char *expected)
{
    return text.data && text.length == strlen(expected) &&
           memcmp(text.data, expected, text.length) == 0;
}

/* A prediction that waits for a person. */
static inline store_prediction waiting(uint64_t text_hash, uint64_t cluster, double uncertainty)
{
    static int64_t moment = 1700000000000;
    store_prediction p = {.created_at = moment++,
                          .text = text_of("the printer is on fire"),
                          .text_hash = text_hash,
                          .cluster = cluster,
                          .model_version = text_of("v000001"),
                          .outcomes = text_of("{}"),
                          .label = text_of("Hardware"),
                          .confidence = 0.25,
                          .is_review = true,
                          .uncertainty = uncertainty};
    store_new_id(p.id);
    return p;
}

static inline store_feedback correction(uint64_t text_hash, const char *label)
{
    static int64_t moment = 1700000000000;
    return (store_feedback){.created_at = moment++,
                            .text = text_of("the printer is on fire"),
                            .text_hash = text_hash,
                            .field = text_of("category"),
                            .label = text_of(label),
                            .confidence = -1,
                            .surprise = -1,
                            .key_id = text_of("agent")};
}

/* Runs `work` in a process of its own and gives its exit code. */
static inline int in_process(int (*work)(fixture *f), fixture *f)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work(f));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
