/* SPDX-License-Identifier: MIT */
/* From an older schema to a newer one, and what is refused. */
#include "fixture.h"

#include "store/migrations.h"

/* The program's own steps and some that a later program might have. */
#define MAX_STEPS 16
typedef struct steps {
    migration steps[MAX_STEPS];
    size_t n;
} steps;

static steps later_steps(const char *const sql[], size_t n)
{
    steps s = {0};
    const migration *all = migrations_all(&s.n);
    assert_true(s.n + n <= MAX_STEPS);
    memcpy(s.steps, all, s.n * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        s.steps[s.n] = (migration){s.steps[s.n - 1].version + 1, sql[i]};
        s.n++;
    }
    return s;
}

static triage_status number(connection *c, void *context, triage_error *err)
{
    return connection_number(c, *(const char **)context, NULL, 0, -1, context, err);
}

/* The first number that `sql` gives; -1: it fails or gives none. */
static int64_t ask(store *s, const char *sql)
{
    union {
        const char *sql;
        int64_t number;
    } both = {sql};
    return database_read(s, number, &both, NULL) == TRIAGE_OK ? both.number : -1;
}

static int64_t version(store *s)
{
    return ask(s, "SELECT max(version) FROM schema_version");
}

static int64_t newest(void)
{
    size_t n = 0;
    const migration *all = migrations_all(&n);
    return all[n - 1].version;
}

static const char *const two_steps[] = {
    "ALTER TABLE settings ADD COLUMN note {bytes}; CREATE TABLE extra (n {int} NOT NULL) {strict};",
    "INSERT INTO extra (n) SELECT count(*) FROM settings;"};

static void a_newer_program_takes_the_data_along(void **state)
{
    fixture *f = *state;
    steps later = later_steps(two_steps, 2);
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    assert_int_equal(version(f->s), newest());
    OK(migrations_apply(f->s, later.steps, later.n, &ok_error));
    assert_int_equal(version(f->s), newest() + 2);
    assert_int_equal(ask(f->s, "SELECT n FROM extra"), 1);
    OK(migrations_apply(f->s, later.steps, later.n, &ok_error));
    assert_int_equal(ask(f->s, "SELECT n FROM extra"), 1);
    char *value = NULL;
    OK(store_get(f->s, "a", &value, &ok_error));
    assert_string_equal(value, "b");
    free(value);
}

static void a_newer_schema_is_refused(void **state)
{
    fixture *f = *state;
    steps later = later_steps(two_steps, 1);
    OK(migrations_apply(f->s, later.steps, later.n, &ok_error));
    store *s = NULL;
    triage_error err = {0};
    assert_int_equal(store_open(f->address, &s, &err), TRIAGE_ERROR_VERSION);
    assert_null(s);
    assert_non_null(strstr(err.message, "newer program"));
    assert_int_equal(version(f->s), newest() + 1);
}

static void a_step_that_fails_leaves_no_trace(void **state)
{
    fixture *f = *state;
    const char *const bad[] = {two_steps[0],
                               "CREATE TABLE half (n {int}) {strict}; SELECT nonsense;"};
    steps later = later_steps(bad, 2);
    assert_int_equal(migrations_apply(f->s, later.steps, later.n, NULL), TRIAGE_ERROR_IO);
    assert_int_equal(version(f->s), newest() + 1); /* the first one is whole */
    assert_int_equal(ask(f->s, "SELECT count(*) FROM half"), -1);
    assert_int_equal(ask(f->s, "SELECT count(*) FROM extra"), 0);
    steps good = later_steps(two_steps, 2);
    OK(migrations_apply(f->s, good.steps, good.n, &ok_error));
    assert_int_equal(version(f->s), newest() + 2);
}

static int open_and_check(fixture *f)
{
    store *s = NULL;
    triage_error err = {0};
    triage_status status = store_open(f->address, &s, &err);
    if (status == TRIAGE_OK)
        status = store_check(s, true, &err);
    if (status != TRIAGE_OK)
        fprintf(stderr, "%s\n", err.message);
    store_close(s);
    return status == TRIAGE_OK ? 0 : 1;
}

/* All find an empty database at the same time. */
static void processes_that_start_together_make_one_schema(void **state)
{
    fixture *f = *state;
    pid_t children[6];
    int gate[2];
    char byte = 0;
    assert_int_equal(pipe(gate), 0);
    for (size_t i = 0; i < 6; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            close(gate[1]);
            _exit(read(gate[0], &byte, 1) == 0 ? open_and_check(f) : 2);
        }
    }
    close(gate[0]);
    close(gate[1]); /* lets them go */
    for (size_t i = 0; i < 6; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    OK(store_open(f->address, &f->s, &ok_error));
    assert_int_equal(ask(f->s, "SELECT count(*) FROM schema_version"), newest());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_newer_program_takes_the_data_along),
        STORE_TEST(a_newer_schema_is_refused),
        STORE_TEST(a_step_that_fails_leaves_no_trace),
        cmocka_unit_test_setup_teardown(processes_that_start_together_make_one_schema,
                                        fixture_prepare, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
