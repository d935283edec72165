/* SPDX-License-Identifier: MIT */
/* The versions' history: the last change names the champion, and two that decide at the same time
 * do not both have their way. */
#include "fixture.h"

static store_model_event event_of(const char *action, const char *version, const char *previous)
{
    return (store_model_event){.action = text_of(action),
                               .version = text_of(version),
                               .previous = text_of(previous),
                               .who = text_of("anna"),
                               .reason = text_of("because")};
}

static triage_status add(store *s, const char *action, const char *version, const char *previous,
                         triage_error *err)
{
    store_model_event event = event_of(action, version, previous);
    return store_add_model_events(s, &event, 1, err);
}

static void put(store *s, const char *version)
{
    store_model model = {text_of(version), text_of("{}"), text_of(version)};
    OK(store_put_model(s, &model, &ok_error));
}

typedef struct listing {
    char lines[1024];
    uint64_t last;
} listing;

static bool list_event(void *context, const store_model_event *e)
{
    listing *l = context;
    size_t used = strlen(l->lines);
    assert_int_equal(e->sequence, l->last + 1);
    l->last = e->sequence;
    assert_true(e->at > 0);
    assert_true(is_text(e->who, "anna") && is_text(e->reason, "because"));
    snprintf(l->lines + used, sizeof l->lines - used, "%.*s %.*s after '%.*s'\n",
             (int)e->action.length, e->action.data, (int)e->version.length, e->version.data,
             (int)e->previous.length, e->previous.data);
    return true;
}

static void expect_history(store *s, uint64_t n_models, const char *lines)
{
    listing l = {0};
    uint64_t n, last;
    OK(store_each_model_event(s, list_event, &l, &ok_error));
    assert_string_equal(l.lines, lines);
    OK(store_count_models(s, &n, &last, &ok_error));
    assert_int_equal(n, n_models);
    assert_int_equal(last, l.last);
}

static void changes_follow_each_other(void **state)
{
    store *s = ((fixture *)*state)->s;
    expect_history(s, 0, "");
    put(s, "v000001");
    put(s, "v000002");
    OK(add(s, "promoted", "v000001", "", &ok_error));
    OK(add(s, "rejected", "v000002", "v000001", &ok_error));
    OK(add(s, "promoted", "v000002", "v000001", &ok_error));
    OK(add(s, "rolled_back", "v000001", "v000002", &ok_error));
    expect_history(s, 2,
                   "promoted v000001 after ''\n"
                   "rejected v000002 after 'v000001'\n"
                   "promoted v000002 after 'v000001'\n"
                   "rolled_back v000001 after 'v000002'\n");
}

static void a_change_of_something_else_is_refused(void **state)
{
    store *s = ((fixture *)*state)->s;
    triage_error err;
    put(s, "v000001");
    put(s, "v000002");
    assert_int_equal(add(s, "promoted", "v000002", "v000001", &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "the champion has changed: it is none now");
    OK(add(s, "promoted", "v000001", "", &ok_error));
    assert_int_equal(add(s, "promoted", "v000002", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "the champion has changed: it is v000001 now");
    assert_int_equal(add(s, "rolled_back", "v000002", "v000002", &err), TRIAGE_ERROR_ARGUMENT);
    expect_history(s, 2, "promoted v000001 after ''\n");
}

static void the_same_change_is_made_once(void **state)
{
    store *s = ((fixture *)*state)->s;
    put(s, "v000001");
    OK(add(s, "promoted", "v000001", "", &ok_error));
    OK(add(s, "promoted", "v000001", "", &ok_error));
    OK(add(s, "promoted", "v000001", "v000001", &ok_error));
    expect_history(s, 1, "promoted v000001 after ''\n");
}

static void only_versions_that_are_there_go_live(void **state)
{
    store *s = ((fixture *)*state)->s;
    triage_error err;
    put(s, "v000001");
    assert_int_equal(add(s, "promoted", "v000002", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "there is no version v000002 in the database");
    assert_int_equal(add(s, NULL, "v000001", "", &err), TRIAGE_ERROR_ARGUMENT);
    expect_history(s, 1, "");
}

static void many_are_added_all_or_none(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_model_event events[] = {event_of("promoted", "v000001", ""),
                                  event_of("promoted", "v000002", "v000001"),
                                  event_of("promoted", "v000003", "v000001")};
    put(s, "v000002");
    assert_int_equal(store_add_model_events(s, events, 3, NULL), TRIAGE_ERROR_ARGUMENT);
    expect_history(s, 1, "");
    events[0].at = 1700000000000;
    OK(store_add_model_events(s, events, 2, &ok_error)); /* v000001 may be gone since */
    expect_history(s, 1,
                   "promoted v000001 after ''\n"
                   "promoted v000002 after 'v000001'\n");
}

static int promote_second(fixture *f)
{
    store *s = NULL;
    if (store_open(f->address, &s, NULL) != TRIAGE_OK)
        return 2;
    triage_status status = add(s, "promoted", "v000002", "v000001", NULL);
    store_close(s);
    return status == TRIAGE_OK ? 0 : 1;
}

static void others_are_woken(void **state)
{
    fixture *f = *state;
    uint64_t seen = 0, before;
    put(f->s, "v000001");
    put(f->s, "v000002");
    OK(add(f->s, "promoted", "v000001", "", &ok_error));
    store_wait(f->s, &seen, 0);
    before = seen;
    assert_int_equal(in_process(promote_second, f), 0);
    store_wait(f->s, &seen, 60000);
    assert_true(seen != before);
    expect_history(f->s, 2,
                   "promoted v000001 after ''\n"
                   "promoted v000002 after 'v000001'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(changes_follow_each_other),    STORE_TEST(a_change_of_something_else_is_refused),
        STORE_TEST(the_same_change_is_made_once), STORE_TEST(only_versions_that_are_there_go_live),
        STORE_TEST(many_are_added_all_or_none),   STORE_TEST(others_are_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
