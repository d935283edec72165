/* SPDX-License-Identifier: MIT */
/* The small tables: audit, settings, keys, retrains, models. */
#include "fixture.h"

typedef struct listed {
    char lines[1024];
    int n, stop_after;
} listed;

static void note(listed *l, const char *prefix, store_text text)
{
    size_t length = strlen(l->lines);
    snprintf(l->lines + length, sizeof l->lines - length, "%s%.*s", prefix, (int)text.length,
             text.data ? text.data : "");
    if (!text.data)
        strcat(l->lines, "-");
}

static bool goes_on(listed *l)
{
    strcat(l->lines, "\n");
    return ++l->n != l->stop_after;
}

static bool list_audit(void *context, const store_audit *a)
{
    listed *l = context;
    size_t length = strlen(l->lines);
    snprintf(l->lines + length, sizeof l->lines - length, "%u", (unsigned)a->sequence);
    note(l, " ", a->who);
    note(l, " ", a->action);
    note(l, " ", a->target);
    note(l, " ", a->old_value);
    note(l, " ", a->new_value);
    assert_true(a->at > 1700000000000);
    return goes_on(l);
}

static void expect_audit(store *s, uint64_t before, uint32_t limit, const char *lines)
{
    listed l = {0};
    OK(store_each_audit(s, before, limit, list_audit, &l, &ok_error));
    assert_string_equal(l.lines, lines);
}

static void audit_entries_are_numbered_and_come_newest_first(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_audit entry = {.at = 1800000000000,
                         .who = text_of("local"),
                         .action = text_of("a"),
                         .target = text_of(""),
                         .sequence = 77};
    expect_audit(s, 0, 10, "");
    OK(store_add_audit(s, &entry, &ok_error));
    entry.new_value = text_of("b");
    OK(store_add_audit(s, &entry, &ok_error));
    OK(store_add_audit(s, &entry, &ok_error));
    expect_audit(s, 0, 0, "3 local a  - b\n2 local a  - b\n1 local a  - -\n");
    expect_audit(s, 3, 1, "2 local a  - b\n");
    expect_audit(s, 1, 10, "");
}

static void expect_setting(store *s, const char *name, const char *value)
{
    char *found = NULL;
    OK(store_get(s, name, &found, &ok_error));
    if (value)
        assert_string_equal(found, value);
    else
        assert_null(found);
    free(found);
}

static void settings_change_with_an_entry_in_the_audit(void **state)
{
    store *s = ((fixture *)*state)->s;
    expect_setting(s, "target", NULL);
    OK(store_set(s, "target", "0.95", "local", &ok_error));
    OK(store_set(s, "empty", "", "k1", &ok_error));
    OK(store_set(s, "target", "0.9", "k1", &ok_error));
    expect_setting(s, "target", "0.9");
    expect_setting(s, "empty", "");
    expect_setting(s, "' OR 1=1 --", NULL);
    OK(store_set(s, "target", NULL, "k2", &ok_error));
    expect_setting(s, "target", NULL);
    OK(store_set(s, "target", NULL, "k2", &ok_error));
    expect_audit(s, 0, 0,
                 "5 k2 set target - -\n4 k2 set target 0.9 -\n3 k1 set target 0.95 0.9\n"
                 "2 k1 set empty - \n1 local set target - 0.95\n");
}

static bool list_key(void *context, const store_key *k)
{
    listed *l = context;
    note(l, "", k->id);
    note(l, " ", k->name);
    note(l, " ", k->role);
    note(l, " ", k->hash);
    strcat(l->lines, k->revoked_at > 1700000000000 ? " revoked" : k->revoked_at == 0 ? "" : " ?");
    return goes_on(l);
}

static void keys_are_added_and_revoked_once(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_key key = {.id = text_of("k1"),
                     .name = text_of("desk"),
                     .role = text_of("agent"),
                     .hash = text_of("abcd"),
                     .created_at = 5};
    OK(store_add_key(s, &key, "local", &ok_error));
    assert_int_equal(store_add_key(s, &key, "local", NULL), TRIAGE_ERROR_ARGUMENT);
    key.id = text_of("k0");
    key.created_at = 4;
    OK(store_add_key(s, &key, "k1", &ok_error));
    key.id = (store_text){0};
    assert_int_equal(store_add_key(s, &key, "local", NULL), TRIAGE_ERROR_ARGUMENT);
    bool found = false;
    OK(store_revoke_key(s, "k1", "k0", &found, &ok_error));
    assert_true(found);
    OK(store_revoke_key(s, "k1", "k0", &found, &ok_error));
    assert_false(found);
    OK(store_revoke_key(s, "none", "k0", &found, &ok_error));
    assert_false(found);
    listed l = {0};
    OK(store_each_key(s, list_key, &l, &ok_error));
    assert_string_equal(l.lines, "k0 desk agent abcd\nk1 desk agent abcd revoked\n");
    expect_audit(s, 0, 0,
                 "3 k0 revoke_key k1 - -\n2 k1 create_key k0 - agent\n"
                 "1 local create_key k1 - agent\n");
}

/* --- retrains --------------------------------------------------------------------------------- */

static bool list_retrain(void *context, const store_retrain *r)
{
    listed *l = context;
    size_t length = strlen(l->lines);
    snprintf(l->lines + length, sizeof l->lines - length, "%u", (unsigned)r->id);
    note(l, " ", r->trigger);
    note(l, " ", r->who);
    note(l, " ", r->state);
    note(l, " ", r->result);
    note(l, " ", r->candidate);
    assert_true(r->requested_at > 1700000000000);
    assert_int_equal(r->started_at != 0, !is_text(r->state, "requested"));
    assert_int_equal(r->finished_at != 0, is_text(r->state, "done"));
    return goes_on(l);
}

static void expect_retrains(store *s, uint32_t limit, const char *lines)
{
    listed l = {0};
    OK(store_each_retrain(s, limit, list_retrain, &l, &ok_error));
    assert_string_equal(l.lines, lines);
}

static uint64_t request(store *s, const char *trigger)
{
    uint64_t id = 0;
    OK(store_request_retrain(s, trigger, "k1", &id, &ok_error));
    return id;
}

static bool take(store *s, uint64_t *ret_id)
{
    bool found = false;
    OK(store_take_retrain(s, ret_id, &found, &ok_error));
    return found;
}

static void requests_made_meanwhile_run_together(void **state)
{
    store *s = ((fixture *)*state)->s;
    uint64_t id = 99;
    assert_false(take(s, &id));
    assert_int_equal(id, 99);
    assert_int_equal(request(s, "feedback"), 1);
    assert_int_equal(request(s, "request"), 2);
    expect_retrains(s, 0, "2 request k1 requested - -\n1 feedback k1 requested - -\n");
    assert_true(take(s, &id));
    assert_int_equal(id, 1);
    assert_false(take(s, &id));
    assert_int_equal(request(s, "schedule"), 3);
    expect_retrains(s, 0,
                    "3 schedule k1 requested - -\n2 request k1 running - -\n"
                    "1 feedback k1 running - -\n");
    store_retrain done = {.id = 1, .result = text_of("promoted"), .candidate = text_of("v000002")};
    OK(store_finish_retrain(s, &done, &ok_error));
    expect_retrains(s, 2, "3 schedule k1 requested - -\n2 request k1 done promoted v000002\n");
    assert_true(take(s, &id));
    assert_int_equal(id, 3);
    OK(store_fail_interrupted_retrains(s, &ok_error));
    expect_retrains(s, 1, "3 schedule k1 done failed -\n");
    OK(store_fail_interrupted_retrains(s, &ok_error));
    done.id = 4;
    assert_int_equal(store_finish_retrain(s, &done, NULL), TRIAGE_ERROR_ARGUMENT);
    done.id = 0;
    assert_int_equal(store_finish_retrain(s, &done, NULL), TRIAGE_ERROR_ARGUMENT);
}

/* --- models ----------------------------------------------------------------------------------- */

static bool compare_model(void *context, const store_model *m)
{
    const store_model *expected = context;
    assert_int_equal(m->model.length, expected->model.length);
    assert_memory_equal(m->model.data, expected->model.data, m->model.length);
    expect_text(m->manifest, "{}");
    return true;
}

static bool list_model(void *context, const store_model *m)
{
    listed *l = context;
    note(l, "", m->version);
    assert_null(m->model.data);
    return goes_on(l);
}

static void models_are_put_once_and_never_changed(void **state)
{
    store *s = ((fixture *)*state)->s;
    size_t length = (size_t)20 << 20;
    char *bytes = malloc(length);
    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    store_model m = {text_of("v000010"), text_of("{}"), {bytes, length}};
    OK(store_put_model(s, &m, &ok_error));
    OK(store_put_model(s, &m, &ok_error));
    bool found = false;
    OK(store_get_model(s, "v000010", compare_model, &m, &found, &ok_error));
    assert_true(found);
    bytes[length - 1] ^= 1;
    assert_int_equal(store_put_model(s, &m, NULL), TRIAGE_ERROR_ARGUMENT);
    OK(store_get_model(s, "v000011", compare_model, &m, &found, &ok_error));
    assert_false(found);
    store_model small = {text_of("v1000000"), text_of("{}"), text_of("x")};
    OK(store_put_model(s, &small, &ok_error));
    small.version = text_of("v000009");
    OK(store_put_model(s, &small, &ok_error));
    small.version = (store_text){0};
    assert_int_equal(store_put_model(s, &small, NULL), TRIAGE_ERROR_ARGUMENT);
    listed l = {0};
    OK(store_each_model(s, list_model, &l, &ok_error));
    assert_string_equal(l.lines, "v000009\nv000010\nv1000000\n");
    free(bytes);
}

static void the_kind_is_told(void **state)
{
    store *s = ((fixture *)*state)->s;
    assert_string_equal(store_kind(s), is_postgres() ? "postgresql" : "sqlite");
    OK(store_check(s, false, &ok_error));
    OK(store_check(s, true, &ok_error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(audit_entries_are_numbered_and_come_newest_first),
        STORE_TEST(settings_change_with_an_entry_in_the_audit),
        STORE_TEST(keys_are_added_and_revoked_once),
        STORE_TEST(requests_made_meanwhile_run_together),
        STORE_TEST(models_are_put_once_and_never_changed),
        STORE_TEST(the_kind_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
