/* SPDX-License-Identifier: MIT */
/*
 * Keys from the store.
 *
 * Readers announce themselves in a counter before they take the pointer to the table. Whoever
 * replaces the table waits until every counter has been 0 once since: then no reader can have the
 * old one. There are two sets of counters, used by turns, so that readers that keep coming count in
 * the other set and the wait ends (sleepable RCU: McKenney 2006).
 */
#include "services/keys.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "services/key_table.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Threads count in different cache lines, as far as there are enough. */
#define N_STRIPES 16

/* Longer ones are no key of ours and not worth hashing. */
#define MAX_TOKEN_LENGTH 1024

/* How long a change of keys may go unnoticed if the store cannot tell of it. */
#define WATCH_MS 5000

#define CONFIGURED_ID "configuration"

typedef struct reader_count {
    alignas(64) atomic_size_t n[2];
} reader_count;

struct keys {
    reader_count counts[N_STRIPES];
    atomic_uint turn;
    _Atomic(key_table *) table;
    keys_options options;
    pthread_mutex_t changing;       /* guards admin_hash and is held while the table is replaced */
    char admin_hash[KEY_HASH_SIZE]; /* "": none */
    pthread_t thread;
    atomic_bool is_stopping;
};

const char *const key_roles[] = {"predict", "agent", "admin", NULL};

http_role key_role(size_t index)
{
    static const http_role roles[] = {HTTP_ROLE_PREDICT, HTTP_ROLE_AGENT, HTTP_ROLE_ADMIN};
    return roles[index];
}

static bool find_role(const char *name, size_t length, http_role *ret_role)
{
    for (size_t i = 0; key_roles[i]; i++) {
        if (strlen(key_roles[i]) == length && memcmp(key_roles[i], name, length) == 0) {
            *ret_role = key_role(i);
            return true;
        }
    }
    return false;
}

/* --- the table, for readers and for its replacement */

static atomic_size_t *enter(keys *k)
{
    size_t stripe = (size_t)hash_mix((uint64_t)pthread_self()) % N_STRIPES;
    atomic_size_t *count = &k->counts[stripe].n[atomic_load(&k->turn) & 1];
    atomic_fetch_add(count, 1);
    return count;
}

static void leave(atomic_size_t *count)
{
    atomic_fetch_sub(count, 1);
}

static void wait_for_readers(keys *k)
{
    for (int round = 0; round < 2; round++) {
        unsigned set = atomic_fetch_add(&k->turn, 1) & 1;
        for (size_t i = 0; i < N_STRIPES; i++) {
            while (atomic_load(&k->counts[i].n[set]) > 0)
                sched_yield();
        }
    }
}

static void table_free(key_table *table)
{
    if (table)
        key_table_free(table);
    free(table);
}

/* --- reading the store */

typedef struct key_reading {
    key_table *table;
    bool has_failed;
} key_reading;

static bool visit_key(void *context, const store_key *key)
{
    key_reading *reading = context;
    http_role role;
    reading->table->has_any = true;
    if (key->revoked_at != 0 || key->hash.length != KEY_HASH_SIZE - 1 ||
        !find_role(key->role.data, key->role.length, &role))
        return true;
    reading->has_failed =
        !key_table_add(reading->table, key->hash.data, key->id.data, key->id.length, role);
    return !reading->has_failed;
}

static triage_status fill(key_table *table, store *s, const char *admin_hash, triage_error *err)
{
    key_reading reading = {.table = table};
    triage_status status = store_each_key(s, visit_key, &reading, err);
    if (reading.has_failed)
        return error_memory(err);
    if (status != TRIAGE_OK)
        return status;
    if (admin_hash[0]) {
        table->has_any = true;
        if (!key_table_add(table, admin_hash, CONFIGURED_ID, strlen(CONFIGURED_ID),
                           HTTP_ROLE_ADMIN))
            return error_memory(err);
    }
    return key_table_build(table) ? TRIAGE_OK : error_memory(err);
}

/* Called with `changing` held. */
static triage_status replace(keys *k, const char *admin_hash, triage_error *err)
{
    key_table *table = mem_new_zeroed(1, sizeof *table);
    if (!table)
        return error_memory(err);
    triage_status status = fill(table, k->options.store, admin_hash, err);
    if (status != TRIAGE_OK) {
        table_free(table);
        return status;
    }
    memmove(k->admin_hash, admin_hash, KEY_HASH_SIZE);
    key_table *old = atomic_exchange(&k->table, table);
    wait_for_readers(k);
    table_free(old);
    return TRIAGE_OK;
}

triage_status keys_reload(keys *k, triage_error *err)
{
    pthread_mutex_lock(&k->changing);
    triage_status status = replace(k, k->admin_hash, err);
    pthread_mutex_unlock(&k->changing);
    return status;
}

triage_status keys_set_admin_key(keys *k, const char *admin_key, triage_error *err)
{
    char hash[KEY_HASH_SIZE] = "";
    if (admin_key && strlen(admin_key) < KEY_MIN_LENGTH)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the admin key has fewer than %d characters",
                         KEY_MIN_LENGTH);
    if (admin_key)
        hash_sha256_hex(admin_key, strlen(admin_key), hash);
    pthread_mutex_lock(&k->changing);
    triage_status status = replace(k, hash, err);
    pthread_mutex_unlock(&k->changing);
    return status;
}

/* --- the thread that notices changes */

static void *watch(void *context)
{
    keys *k = context;
    uint64_t seen = 0;
    while (!atomic_load(&k->is_stopping)) {
        triage_error err = {0};
        store_wait(k->options.store, &seen, WATCH_MS);
        if (!atomic_load(&k->is_stopping) && keys_reload(k, &err) != TRIAGE_OK &&
            k->options.on_fault)
            k->options.on_fault(k->options.context, &err);
    }
    return NULL;
}

triage_status keys_new(const keys_options *options, keys **ret_keys, triage_error *err)
{
    keys *k = mem_new_aligned(1, sizeof *k);
    if (!k)
        return error_memory(err);
    memset(k, 0, sizeof *k);
    k->options = *options;
    pthread_mutex_init(&k->changing, NULL);
    triage_status status = keys_set_admin_key(k, options->admin_key, err);
    k->options.admin_key = NULL;
    if (status == TRIAGE_OK && pthread_create(&k->thread, NULL, watch, k) != 0)
        status = error_set(err, TRIAGE_ERROR_MEMORY, "cannot start a thread");
    if (status == TRIAGE_OK) {
        *ret_keys = k;
        return TRIAGE_OK;
    }
    table_free(atomic_load(&k->table));
    pthread_mutex_destroy(&k->changing);
    free(k);
    return status;
}

void keys_free(keys *k)
{
    if (!k)
        return;
    atomic_store(&k->is_stopping, true);
    store_wake(k->options.store);
    pthread_join(k->thread, NULL);
    table_free(atomic_load(&k->table));
    pthread_mutex_destroy(&k->changing);
    free(k);
}

/* --- callers */

bool keys_any(keys *k)
{
    atomic_size_t *count = enter(k);
    bool has_any = atomic_load(&k->table)->has_any;
    leave(count);
    return has_any;
}

bool keys_authenticate(void *context, const char *token, size_t length, http_identity *ret_identity)
{
    keys *k = context;
    char hash[KEY_HASH_SIZE];
    bool has_token = token && length <= MAX_TOKEN_LENGTH;
    if (has_token)
        hash_sha256_hex(token, length, hash);
    atomic_size_t *count = enter(k);
    const key_table *table = atomic_load(&k->table);
    bool is_open = k->options.is_open_without_keys && !table->has_any;
    const http_identity *owner = has_token ? key_table_find(table, hash) : NULL;
    bool is_known = owner || is_open || !token;
    if (owner)
        *ret_identity = *owner;
    else if (is_known)
        *ret_identity = (http_identity){.role = is_open ? HTTP_ROLE_ADMIN : HTTP_ROLE_PUBLIC};
    leave(count);
    return is_known;
}

/* --- making keys */

static triage_status check_name(const char *name, triage_error *err)
{
    size_t length = strlen(name);
    if (length > KEY_NAME_MAX || !utf8_is_valid(name, length))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "the name of a key has at most %d bytes of UTF-8", KEY_NAME_MAX);
    for (const char *c = name; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return error_set(err, TRIAGE_ERROR_ARGUMENT,
                             "the name of a key has no control characters");
    }
    return TRIAGE_OK;
}

static store_text text_of(const char *text)
{
    return (store_text){text, strlen(text)};
}

triage_status keys_create(store *s, const char *role, const char *name, const char *who,
                          char ret_id[STORE_ID_SIZE], char ret_secret[KEY_SECRET_SIZE],
                          triage_error *err)
{
    http_role number;
    unsigned char random[32];
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE] = "tri_", hash[KEY_HASH_SIZE];
    if (!find_role(role, strlen(role), &number))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "'%s' is not one of predict, agent, admin",
                         role);
    triage_status status = check_name(name, err);
    if (status != TRIAGE_OK)
        return status;
    random_bytes(random, sizeof random);
    secret_base64url(random, sizeof random, secret + 4, sizeof secret - 4);
    hash_sha256_hex(secret, strlen(secret), hash);
    store_new_id(id);
    store_key key = {.id = text_of(id),
                     .name = text_of(name),
                     .role = text_of(role),
                     .hash = text_of(hash),
                     .created_at = clock_unix_ms()};
    status = store_add_key(s, &key, who, err);
    if (status == TRIAGE_OK) {
        memcpy(ret_id, id, sizeof id);
        memcpy(ret_secret, secret, sizeof secret);
    }
    secret_wipe(random, sizeof random);
    secret_wipe(secret, sizeof secret);
    return status;
}
