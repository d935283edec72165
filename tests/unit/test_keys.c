/* SPDX-License-Identifier: MIT */
/* Keys of callers: made, found, revoked, and replaced under readers. */
#include "services/keys.h"

#include "base/clock.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "temp_dir.h"

typedef struct key_fixture {
    temp_dir *dir;
    store *store;
    keys *keys;
} key_fixture;

static key_fixture open_keys(void **state, const char *admin_key, bool is_open)
{
    key_fixture f = {.dir = *state};
    assert_int_equal(store_open(temp_path(f.dir, "s.db"), &f.store, NULL), TRIAGE_OK);
    keys_options options = {
        .store = f.store, .admin_key = admin_key, .is_open_without_keys = is_open};
    assert_int_equal(keys_new(&options, &f.keys, NULL), TRIAGE_OK);
    return f;
}

static void close_keys(key_fixture *f)
{
    keys_free(f->keys);
    store_close(f->store);
}

/* The role that the token gives, 0 if it is refused. */
static http_role role_of(keys *k, const char *token)
{
    http_identity identity = {.role = 0};
    bool is_known = keys_authenticate(k, token, token ? strlen(token) : 0, &identity);
    assert_true(is_known || identity.role == 0);
    return identity.role;
}

/* Waits until the token gives the role: changes are noticed by a thread of the keys' own. */
static void wait_for_role(keys *k, const char *token, http_role role)
{
    double deadline = clock_seconds() + 30;
    while (role_of(k, token) != role) {
        assert_true(clock_seconds() < deadline);
        sched_yield();
    }
}

static void a_key_that_was_made_is_known(void **state)
{
    key_fixture f = open_keys(state, NULL, false);
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE], other[KEY_SECRET_SIZE];
    http_identity identity;
    assert_int_equal(keys_create(f.store, "agent", "Ada", "local", id, secret, NULL), TRIAGE_OK);
    assert_int_equal(keys_create(f.store, "predict", "", "local", id, other, NULL), TRIAGE_OK);
    assert_int_equal(strlen(secret), KEY_SECRET_SIZE - 1);
    assert_memory_equal(secret, "tri_", 4);
    assert_string_not_equal(secret, other);
    assert_int_equal(keys_reload(f.keys, NULL), TRIAGE_OK);
    assert_int_equal(role_of(f.keys, secret), HTTP_ROLE_AGENT);
    assert_true(keys_authenticate(f.keys, other, strlen(other), &identity));
    assert_int_equal(identity.role, HTTP_ROLE_PREDICT);
    assert_string_equal(identity.id, id);
    close_keys(&f);
}

static void what_is_no_key_is_refused(void **state)
{
    key_fixture f = open_keys(state, NULL, true);
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    assert_int_equal(keys_create(f.store, "admin", "", "local", id, secret, NULL), TRIAGE_OK);
    assert_int_equal(keys_reload(f.keys, NULL), TRIAGE_OK);
    assert_int_equal(role_of(f.keys, ""), 0);
    assert_int_equal(role_of(f.keys, "tri_"), 0);
    assert_int_equal(role_of(f.keys, id), 0);
    secret[KEY_SECRET_SIZE - 2] ^= 1;
    assert_int_equal(role_of(f.keys, secret), 0);
    secret[KEY_SECRET_SIZE - 2] ^= 1;
    http_identity identity;
    assert_false(keys_authenticate(f.keys, secret, strlen(secret) - 1, &identity));
    char hash[65];
    hash_sha256_hex(secret, strlen(secret), hash);
    assert_int_equal(role_of(f.keys, hash), 0);
    char *much = malloc(1 << 20);
    assert_non_null(much);
    memset(much, 'x', 1 << 20);
    assert_false(keys_authenticate(f.keys, much, 1 << 20, &identity));
    free(much);
    assert_int_equal(role_of(f.keys, secret), HTTP_ROLE_ADMIN);
    close_keys(&f);
}

static bool expect_hash(void *context, const store_key *key)
{
    char hash[65];
    hash_sha256_hex(context, strlen(context), hash);
    assert_int_equal(key->hash.length, 64);
    assert_memory_equal(key->hash.data, hash, 64);
    return true;
}

static void only_the_hash_is_kept(void **state)
{
    key_fixture f = open_keys(state, NULL, false);
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    assert_int_equal(keys_create(f.store, "agent", "", "local", id, secret, NULL), TRIAGE_OK);
    assert_int_equal(store_each_key(f.store, expect_hash, secret, NULL), TRIAGE_OK);
    close_keys(&f);
}

static void without_keys_only_an_open_server_allows(void **state)
{
    key_fixture f = open_keys(state, NULL, false);
    assert_false(keys_any(f.keys));
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_PUBLIC);
    assert_int_equal(role_of(f.keys, "anything"), 0);
    close_keys(&f);
    f = open_keys(state, NULL, true);
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_ADMIN);
    assert_int_equal(role_of(f.keys, "anything"), HTTP_ROLE_ADMIN);
    close_keys(&f);
}

static void revoking_the_last_key_opens_nothing(void **state)
{
    key_fixture f = open_keys(state, NULL, true);
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    bool is_found;
    assert_int_equal(keys_create(f.store, "agent", "", "local", id, secret, NULL), TRIAGE_OK);
    wait_for_role(f.keys, secret, HTTP_ROLE_AGENT);
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_PUBLIC);
    assert_int_equal(store_revoke_key(f.store, id, "local", &is_found, NULL), TRIAGE_OK);
    assert_true(is_found);
    wait_for_role(f.keys, secret, 0);
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_PUBLIC);
    assert_true(keys_any(f.keys));
    close_keys(&f);
}

static void keys_made_by_another_process_are_noticed(void **state)
{
    key_fixture f = open_keys(state, NULL, false);
    store *other = NULL;
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    assert_int_equal(store_open(temp_path(f.dir, "s.db"), &other, NULL), TRIAGE_OK);
    assert_int_equal(keys_create(other, "admin", "", "local", id, secret, NULL), TRIAGE_OK);
    wait_for_role(f.keys, secret, HTTP_ROLE_ADMIN);
    store_close(other);
    close_keys(&f);
}

static void the_configured_key_is_an_admin(void **state)
{
    key_fixture f = open_keys(state, "sixteen letters!", true);
    triage_error err;
    assert_true(keys_any(f.keys));
    assert_int_equal(role_of(f.keys, "sixteen letters!"), HTTP_ROLE_ADMIN);
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_PUBLIC);
    assert_int_equal(keys_set_admin_key(f.keys, "too short", &err), TRIAGE_ERROR_ARGUMENT);
    assert_null(strstr(err.message, "too short"));
    assert_int_equal(role_of(f.keys, "sixteen letters!"), HTTP_ROLE_ADMIN);
    assert_int_equal(keys_set_admin_key(f.keys, "another that is long", NULL), TRIAGE_OK);
    assert_int_equal(role_of(f.keys, "sixteen letters!"), 0);
    assert_int_equal(role_of(f.keys, "another that is long"), HTTP_ROLE_ADMIN);
    close_keys(&f);
}

static void roles_and_names_are_checked(void **state)
{
    key_fixture f = open_keys(state, NULL, false);
    char id[STORE_ID_SIZE] = "?", secret[KEY_SECRET_SIZE] = "?", name[102];
    memset(name, 'x', 101);
    name[101] = '\0';
    assert_int_equal(keys_create(f.store, "king", "", "local", id, secret, NULL),
                     TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(keys_create(f.store, "admin", name, "local", id, secret, NULL),
                     TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(keys_create(f.store, "admin", "a\nb", "local", id, secret, NULL),
                     TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(keys_create(f.store, "admin", "\xFF", "local", id, secret, NULL),
                     TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(id, "?");
    assert_string_equal(secret, "?");
    close_keys(&f);
}

/* A key of a role that this version does not know gives nothing. */
static void an_unknown_role_gives_nothing(void **state)
{
    key_fixture f = open_keys(state, NULL, true);
    char hash[65];
    hash_sha256_hex("a token", 7, hash);
    store_key key = {.id = {"k", 1},
                     .name = {"", 0},
                     .role = {"emperor", 7},
                     .hash = {hash, 64},
                     .created_at = 1};
    assert_int_equal(store_add_key(f.store, &key, "local", NULL), TRIAGE_OK);
    assert_int_equal(keys_reload(f.keys, NULL), TRIAGE_OK);
    assert_int_equal(role_of(f.keys, "a token"), 0);
    assert_int_equal(role_of(f.keys, NULL), HTTP_ROLE_PUBLIC);
    close_keys(&f);
}

typedef struct reading {
    keys *keys;
    atomic_bool is_over;
    atomic_uint n_reads, n_faults;
} reading;

static void *read_all_the_time(void *context)
{
    reading *r = context;
    while (!atomic_load(&r->is_over)) {
        if (role_of(r->keys, "a key that always is valid") != HTTP_ROLE_ADMIN)
            atomic_fetch_add(&r->n_faults, 1);
        atomic_fetch_add(&r->n_reads, 1);
    }
    return NULL;
}

static void readers_are_not_disturbed(void **state)
{
    key_fixture f = open_keys(state, "a key that always is valid", false);
    reading r = {.keys = f.keys};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &r), 0);
    for (int i = 0; i < 300 || atomic_load(&r.n_reads) < 1000; i++)
        assert_int_equal(keys_reload(f.keys, NULL), TRIAGE_OK);
    atomic_store(&r.is_over, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&r.n_faults), 0);
    close_keys(&f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temp_dir_make, temp_dir_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_key_that_was_made_is_known),
        TEST(what_is_no_key_is_refused),
        TEST(only_the_hash_is_kept),
        TEST(without_keys_only_an_open_server_allows),
        TEST(revoking_the_last_key_opens_nothing),
        TEST(keys_made_by_another_process_are_noticed),
        TEST(the_configured_key_is_an_admin),
        TEST(roles_and_names_are_checked),
        TEST(an_unknown_role_gives_nothing),
        TEST(readers_are_not_disturbed),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
