/* SPDX-License-Identifier: MIT */
/* What is peculiar to PostgreSQL: connections that end, a server that is away, and passwords. */
#include "fixture.h"

#include "base/clock.h"

/* Ends all connections of stores. */
static void terminate_all(void)
{
    postgres_admin("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                   " WHERE application_name = 'triage'");
}

static void expect_setting(store *s, const char *value)
{
    char *found = NULL;
    OK(store_get(s, "a", &found, &ok_error));
    assert_string_equal(found, value);
    free(found);
}

static void calls_go_on_after_connections_have_ended(void **state)
{
    fixture *f = *state;
    OK(store_set(f->s, "a", "0", "local", &ok_error));
    for (int i = 1; i <= 2 * 8 + 1; i++) { /* more often than there are places in the pool */
        char value[8];
        snprintf(value, sizeof value, "%d", i);
        terminate_all();
        OK(store_set(f->s, "a", value, "local", &ok_error));
        if (i % 4 == 0)
            terminate_all();
        expect_setting(f->s, value);
    }
    uint64_t n = 0;
    OK(store_count_tickets(f->s, &n, &ok_error));
}

/* Each depth takes one more connection, and they are idle afterwards. */
static bool go_deeper(void *context, const store_prediction *p)
{
    (void)p;
    store **depths = context;
    store_prediction_filter newest = {.limit = 1};
    if (depths[1])
        OK(store_each_prediction(depths[0], &newest, go_deeper, depths + 1, &ok_error));
    return true;
}

static void a_pool_full_of_ended_connections_is_no_obstacle(void **state)
{
    fixture *f = *state;
    store *depths[7] = {f->s, f->s, f->s, f->s, f->s, f->s, NULL};
    store_prediction p = waiting(1, 1, 0.5);
    store_prediction_filter newest = {.limit = 1};
    OK(store_add_predictions(f->s, &p, 1, &ok_error));
    OK(store_each_prediction(f->s, &newest, go_deeper, depths, &ok_error));
    terminate_all();
    OK(store_check(f->s, true, &ok_error));
}

typedef struct reading {
    store *s;
    uint64_t n;
} reading;

static bool terminate_at_first(void *context, const store_prediction *p)
{
    (void)p;
    reading *work = context;
    if (work->n++ == 0)
        terminate_all();
    return true;
}

/* What was visited must not be visited once more. */
static void a_list_that_was_cut_off_is_an_error(void **state)
{
    fixture *f = *state;
    store_prediction *p = calloc(1000, sizeof *p);
    assert_non_null(p);
    for (uint64_t i = 0; i < 1000; i++)
        p[i] = waiting(i, i, 0.5);
    OK(store_add_predictions(f->s, p, 1000, &ok_error));
    free(p);
    reading work = {.s = f->s};
    store_prediction_filter all = {0};
    assert_int_equal(store_each_prediction(f->s, &all, terminate_at_first, &work, NULL),
                     TRIAGE_ERROR_IO);
    assert_true(work.n > 0 && work.n < 1000);
    work.n = 1;
    OK(store_each_prediction(f->s, &all, terminate_at_first, &work, &ok_error));
    assert_int_equal(work.n, 1001);
}

/* Runs SQL in the test's schema. */
static void in_schema(const fixture *f, const char *sql)
{
    char text[2048];
    snprintf(text, sizeof text, "SET search_path = \"%s\"; %s", strrchr(f->folder, '-') + 1, sql);
    postgres_admin(text);
}

/* `what` happens in the first `n` of all transactions that write a setting, at `when`. */
static void make_trouble(const fixture *f, const char *when, const char *what, int n)
{
    char sql[1536];
    snprintf(sql, sizeof sql,
             "CREATE SEQUENCE attempts; CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql"
             " AS $$ BEGIN IF nextval('attempts') <= %d THEN %s; END IF; RETURN NEW; END $$;"
             " CREATE %s EXECUTE FUNCTION trouble()",
             n, what, when);
    in_schema(f, sql);
}

#define AT_INSERT "TRIGGER t BEFORE INSERT ON settings FOR EACH ROW"
#define AT_COMMIT                                                                                  \
    "CONSTRAINT TRIGGER t AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
#define TERMINATE "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1)"

static void a_transaction_that_lost_its_connection_is_done_anew(void **state)
{
    fixture *f = *state;
    make_trouble(f, AT_INSERT, TERMINATE, 1);
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    expect_setting(f->s, "b");
}

static void a_deadlock_is_got_over(void **state)
{
    fixture *f = *state;
    make_trouble(f, AT_INSERT, "RAISE EXCEPTION 'x' USING ERRCODE = '40P01'", 2);
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    expect_setting(f->s, "b");
}

static void a_deadlock_without_end_is_reported(void **state)
{
    fixture *f = *state;
    triage_error err = {0};
    make_trouble(f, AT_INSERT, "RAISE EXCEPTION 'so it goes' USING ERRCODE = '40P01'", 100);
    assert_int_equal(store_set(f->s, "a", "b", "local", &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "so it goes"));
    in_schema(f, "DROP TRIGGER t ON settings");
    OK(store_set(f->s, "a", "b", "local", &ok_error));
}

/* Nobody knows whether it was done, so it is not done again. */
static void a_commit_without_an_answer_is_an_error(void **state)
{
    fixture *f = *state;
    triage_error err = {0};
    make_trouble(f, AT_COMMIT, TERMINATE, 1);
    assert_int_equal(store_set(f->s, "a", "b", "local", &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "not known"));
    OK(store_set(f->s, "a", "c", "local", &ok_error));
    expect_setting(f->s, "c");
}

static void a_commit_that_failed_is_done_anew_if_that_may_help(void **state)
{
    fixture *f = *state;
    make_trouble(f, AT_COMMIT, "RAISE EXCEPTION 'x' USING ERRCODE = '40001'", 1);
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    expect_setting(f->s, "b");
}

static void the_retrainers_lock_ends_with_its_connection(void **state)
{
    fixture *f = *state;
    bool is_held = false;
    OK(store_lock_retrainer(f->s, &is_held, &ok_error));
    assert_true(is_held && store_lock_is_held(f->s));
    terminate_all();
    assert_false(store_lock_is_held(f->s));
    OK(store_lock_retrainer(f->s, &is_held, &ok_error));
    assert_true(is_held && store_lock_is_held(f->s));
}

static void control_server(const char *what)
{
    char command[256];
    snprintf(command, sizeof command, "%s %s", getenv("TRIAGE_TEST_POSTGRES_CTL"), what);
    assert_int_equal(system(command), 0);
}

static void a_server_that_was_away_is_found_again(void **state)
{
    fixture *f = *state;
    uint64_t seen = 0;
    triage_error err = {0};
    store_wait(f->s, &seen, 100); /* starts to listen */
    OK(store_set(f->s, "a", "b", "local", &ok_error));
    control_server("stop");
    assert_int_equal(store_set(f->s, "a", "c", "local", &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "cannot reach PostgreSQL"));
    assert_int_equal(store_check(f->s, false, NULL), TRIAGE_ERROR_IO);
    assert_false(store_lock_is_held(f->s));
    control_server("start");
    expect_setting(f->s, "b");
    OK(store_set(f->s, "a", "c", "local", &ok_error));
    expect_setting(f->s, "c");
    /* And it listens again: until another store's change arrives. */
    store *other = NULL;
    OK(store_open(f->address, &other, &ok_error));
    double deadline = clock_seconds() + 30;
    uint64_t n_quiet = 0;
    while (n_quiet < 2) { /* its own reconnection counts as a change */
        uint64_t before = seen;
        store_wait(f->s, &seen, 1500);
        n_quiet = seen == before ? n_quiet + 1 : 0;
        assert_true(clock_seconds() < deadline);
    }
    uint64_t before = seen;
    OK(store_set(other, "a", "d", "local", &ok_error));
    store_wait(f->s, &seen, 30000);
    assert_int_not_equal(seen, before);
    store_close(other);
}

/* --- addresses ------------------------------------------------------------------------------ */

static void no_message_has_the_password(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "postgresql://user:pa55wo@rd@127.0.0.1:1/db",
        "postgresql://user:pa55/word@127.0.0.1:1/db",
        "postgresql://user:pa55%wo@127.0.0.1:1/db",
        "postgresql://user:pa55word@127.0.0.1:1/db",
        "postgresql://user:pa55word@[::1/db",
        "postgresql://user:pa55word@127.0.0.1:port/db",
        "postgresql://user:pa55word@127.0.0.1:1/db?nonsense=1",
        "postgresql://user:pa55word",
        "postgres://127.0.0.1:1/db?password=pa55word&port=x",
        "postgresql://user:pa55wo#rd@127.0.0.1:1/db",
        "postgresql://user:pa55?wo@127.0.0.1:1/db",
        "postgresql:///db?host=/nonexistent&password=pa55word",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        store *s = NULL;
        triage_error err = {0};
        triage_status status = store_open(addresses[i], &s, &err);
        assert_true(status == TRIAGE_ERROR_IO || status == TRIAGE_ERROR_ARGUMENT);
        assert_null(s);
        if (strstr(err.message, "pa55") || strstr(err.message, "wo@") ||
            strstr(err.message, "rd@") || strlen(err.message) == 0)
            fail_msg("%s", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(calls_go_on_after_connections_have_ended),
        STORE_TEST(a_pool_full_of_ended_connections_is_no_obstacle),
        STORE_TEST(a_list_that_was_cut_off_is_an_error),
        STORE_TEST(a_transaction_that_lost_its_connection_is_done_anew),
        STORE_TEST(a_deadlock_is_got_over),
        STORE_TEST(a_deadlock_without_end_is_reported),
        STORE_TEST(a_commit_without_an_answer_is_an_error),
        STORE_TEST(a_commit_that_failed_is_done_anew_if_that_may_help),
        STORE_TEST(the_retrainers_lock_ends_with_its_connection),
        STORE_TEST(a_server_that_was_away_is_found_again),
        cmocka_unit_test(no_message_has_the_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
