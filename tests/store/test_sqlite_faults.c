/* SPDX-License-Identifier: MIT */
/* What is peculiar to SQLite: a disk that is full, files that may not be written, used or found. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void expect_refused(const char *path, triage_status expected, const char *words)
{
    store *s = NULL;
    triage_error err = {0};
    triage_status status = store_open(path, &s, &err);
    if (status != expected || !strstr(err.message, words))
        fail_msg("%s: %s", triage_status_text(status), err.message);
    assert_null(s);
}

static void a_path_that_cannot_be_is_refused_with_the_reason(void **state)
{
    fixture *f = *state;
    char path[256];
    snprintf(path, sizeof path, "%s/none/triage.db", f->folder);
    expect_refused(path, TRIAGE_ERROR_IO, "folder does not exist");
    expect_refused("", TRIAGE_ERROR_ARGUMENT, "empty");
    expect_refused(f->folder, TRIAGE_ERROR_IO, f->folder);
    FILE *file = fopen(f->address, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("no database ", file);
    fclose(file);
    expect_refused(f->address, TRIAGE_ERROR_IO, "not a database");
}

/* For SQLite these are no files. */
static void words_of_sqlite_are_names_of_files(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {":memory:", "file:x?mode=memory"};
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->folder), 0);
    for (size_t i = 0; i < 2; i++) {
        store *s = NULL;
        OK(store_open(names[i], &s, &ok_error));
        OK(store_set(s, "a", "b", "local", &ok_error));
        store_close(s);
        char *value = NULL;
        OK(store_open(names[i], &s, &ok_error));
        OK(store_get(s, "a", &value, &ok_error));
        assert_string_equal(value, "b");
        free(value);
        store_close(s);
        assert_int_equal(unlink(names[i]), 0);
    }
    assert_int_equal(chdir(before), 0);
}

static mode_t mode_of(const fixture *f, const char *suffix)
{
    char path[300];
    struct stat facts;
    snprintf(path, sizeof path, "%s%s", f->address, suffix);
    assert_int_equal(stat(path, &facts), 0);
    return facts.st_mode & 0777;
}

static void the_files_are_their_owners_alone(void **state)
{
    fixture *f = *state;
    bool is_held = false;
    mode_t before = umask(0);
    OK(store_open(f->address, &f->s, &ok_error));
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    OK(store_lock_retrainer(f->s, &is_held, &ok_error));
    umask(before);
    assert_int_equal(mode_of(f, ""), 0600);
    assert_int_equal(mode_of(f, "-wal"), 0600);
    assert_int_equal(mode_of(f, "-shm"), 0600);
    assert_int_equal(mode_of(f, ".retrainer.lock"), 0600);
}

static uint64_t count_waiting(store *s)
{
    uint64_t clusters = 0, tickets = 0;
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    return tickets;
}

static bool count_prediction(void *context, const store_prediction *p)
{
    (void)p;
    ++*(uint64_t *)context;
    return true;
}

static void expect_rows(store *s, uint64_t n)
{
    uint64_t n_found = 0;
    store_prediction_filter all = {0};
    OK(store_each_prediction(s, &all, count_prediction, &n_found, &ok_error));
    assert_int_equal(n_found, n);
    assert_int_equal(count_waiting(s), n);
}

static triage_status add_hundred(store *s, triage_error *err)
{
    store_prediction p[100];
    for (uint64_t i = 0; i < 100; i++)
        p[i] = waiting(i, i % 7, 0.5);
    return store_add_predictions(s, p, 100, err);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The limit of a file's size is as good as the end of a disk. */
static void a_full_disk_loses_nothing_and_is_got_over(void **state)
{
    fixture *f = *state;
    uint64_t n = 0;
    triage_error err = {0};
    signal(SIGXFSZ, SIG_IGN);
    OK(add_hundred(f->s, &ok_error));
    n += 100;
    limit_files(1 << 20);
    triage_status status;
    while ((status = add_hundred(f->s, &err)) == TRIAGE_OK)
        n += 100;
    assert_int_equal(status, TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, f->address));
    assert_int_equal(add_hundred(f->s, NULL), TRIAGE_ERROR_IO);
    expect_rows(f->s, n);
    OK(store_check(f->s, false, &ok_error));
    limit_files(RLIM_INFINITY);
    OK(add_hundred(f->s, &ok_error));
    OK(store_check(f->s, true, &ok_error));
    expect_rows(f->s, n + 100);
    fixture_reopen(f);
    expect_rows(f->s, n + 100);
    signal(SIGXFSZ, SIG_DFL);
}

/* --- files that may not be written ---------------------------------------------------------- */

#define NOBODY 65534

/* In a process of its own; nothing is forbidden to root. */
static int write_without_permission(fixture *f)
{
    triage_error err = {0};
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 10;
    char *value = NULL;
    if (store_open(f->address, &f->s, &err) != TRIAGE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 11;
    }
    if (store_get(f->s, "a", &value, &err) != TRIAGE_OK || !value || strcmp(value, "b") != 0)
        return 12;
    free(value);
    if (store_check(f->s, false, &err) != TRIAGE_OK)
        return 13;
    if (store_set(f->s, "a", "c", "local", &err) != TRIAGE_ERROR_IO)
        return 14;
    if (!strstr(err.message, "readonly"))
        return 15;
    store_close(f->s);
    return 0;
}

static int open_without_permission(fixture *f)
{
    store *s = NULL;
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 10;
    if (store_open(f->address, &s, NULL) != TRIAGE_ERROR_PERMISSION)
        return 11;
    char path[300];
    snprintf(path, sizeof path, "%s.other", f->address);
    return store_open(path, &s, NULL) == TRIAGE_ERROR_PERMISSION ? 0 : 12;
}

static void a_file_that_may_only_be_read_is_read(void **state)
{
    fixture *f = *state;
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(chmod(f->address, 0444), 0);
    /* The log and its index are made beside it. */
    assert_int_equal(chmod(f->folder, 0777), 0);
    assert_int_equal(in_process(write_without_permission, f), 0);
}

static void a_file_that_may_not_be_read_is_refused(void **state)
{
    fixture *f = *state;
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(chmod(f->address, 0), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    assert_int_equal(in_process(open_without_permission, f), 0);
    assert_int_equal(chmod(f->folder, 0700), 0);
}

static void a_file_that_was_moved_is_noticed(void **state)
{
    fixture *f = *state;
    char moved[160];
    triage_error err = {0};
    OK(store_check(f->s, false, &ok_error));
    snprintf(moved, sizeof moved, "%s/moved.db", f->folder);
    assert_int_equal(rename(f->address, moved), 0);
    assert_int_equal(store_check(f->s, false, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "moved"));
}

/* --- a file that another program has locked ------------------------------------------------- */

static int hold_write_lock(fixture *f, int ready, int release)
{
    sqlite3 *db = NULL;
    char byte = 1;
    if (sqlite3_open(f->address, &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        write(ready, &byte, 1) != 1)
        return 1;
    ssize_t n = read(release, &byte, 1);
    sqlite3_close(db);
    return n == 0 ? 0 : 2;
}

static void a_locked_file_is_reported_and_got_over(void **state)
{
    fixture *f = *state;
    int ready[2], release[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(release), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(release[1]);
        _exit(hold_write_lock(f, ready[1], release[0]));
    }
    close(release[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    OK(store_open(f->address, &f->s, &ok_error));
    triage_error err = {0};
    assert_int_equal(store_set(f->s, "a", "b", "local", &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "locked"));
    OK(store_check(f->s, false, &ok_error)); /* readers go on */
    close(release[1]);
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    int status = 0;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
}

static int fixture_make_schema(void **state)
{
    fixture_open(state);
    fixture *f = *state;
    store_close(f->s);
    f->s = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_that_cannot_be_is_refused_with_the_reason,
                                        fixture_prepare, fixture_close),
        cmocka_unit_test_setup_teardown(words_of_sqlite_are_names_of_files, fixture_prepare,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(the_files_are_their_owners_alone, fixture_prepare,
                                        fixture_close),
        STORE_TEST(a_full_disk_loses_nothing_and_is_got_over),
        STORE_TEST(a_file_that_may_only_be_read_is_read),
        STORE_TEST(a_file_that_may_not_be_read_is_refused),
        STORE_TEST(a_file_that_was_moved_is_noticed),
        cmocka_unit_test_setup_teardown(a_locked_file_is_reported_and_got_over, fixture_make_schema,
                                        fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
