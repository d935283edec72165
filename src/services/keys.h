/* SPDX-License-Identifier: MIT */
/*
 * Who may call: keys, of which only hashes are kept. A key is "tri_" and 256 random bits; its
 * SHA-256 is enough to keep, because no one can try out that many.
 *
 * Thread-safety: shared. keys_authenticate() takes no lock and never waits: it looks into an
 * immutable table, which is replaced as a whole when the store's keys have changed.
 */
#ifndef SERVICES_KEYS_H
#define SERVICES_KEYS_H

#include "http/server.h"
#include "store/store.h"
#include "triage/status.h"

#include <stdbool.h>

typedef struct keys keys;

/* "tri_", 43 characters of base64url and a NUL. */
#define KEY_SECRET_SIZE 48

/* An admin key of the configuration may be anything that is at least this long. */
#define KEY_MIN_LENGTH 16

/* Bytes of its name. */
#define KEY_NAME_MAX 100

/* The roles a key can have, "predict", "agent" and "admin", NULL-terminated; and each's number. */
extern const char *const key_roles[];
http_role key_role(size_t index);

typedef struct keys_options {
    store *store;          /* borrowed */
    const char *admin_key; /* one more key, of the role admin; copied; NULL: none */
    /* While there is not one key, valid or revoked, callers may do everything: only for a server
     * that listens on loopback alone. */
    bool is_open_without_keys;
    /* A change of the store's keys could not be read: the keys stay as they were. From a thread of
     * the keys' own; may be NULL. */
    void (*on_fault)(void *context, const triage_error *err);
    void *context;
} keys_options;

/* Reads the keys and starts a thread that does so again when they change. ERROR_ARGUMENT (the admin
 * key is too short), ERROR_IO, ERROR_MEMORY. */
triage_status keys_new(const keys_options *options, keys **ret_keys,
                       triage_error *err) TRIAGE_CHECKED;
/* Ends the thread. Nobody may authenticate any more; NULL is fine. */
void keys_free(keys *k);

/* Reads the store's keys again; as keys_new(), and on failure all stays as it was. */
triage_status keys_reload(keys *k, triage_error *err) TRIAGE_CHECKED;

/* The same with another admin key of the configuration (NULL: none). */
triage_status keys_set_admin_key(keys *k, const char *admin_key, triage_error *err) TRIAGE_CHECKED;

/* Whether there is any key, even a revoked one. If not, the server must listen on loopback only. */
bool keys_any(keys *k);

/* For http_server_options.authenticate, with the keys as its context. */
bool keys_authenticate(void *keys, const char *token, size_t length, http_identity *ret_identity);

/*
 * Makes a key of `role` in the store. `name` (may be "") is for people: at most KEY_NAME_MAX bytes
 * of UTF-8. `who` goes to the audit. `ret_secret` is the key itself, which is kept nowhere.
 * ERROR_ARGUMENT (role, name), ERROR_IO, ERROR_MEMORY.
 */
triage_status keys_create(store *s, const char *role, const char *name, const char *who,
                          char ret_id[STORE_ID_SIZE], char ret_secret[KEY_SECRET_SIZE],
                          triage_error *err) TRIAGE_CHECKED;

#endif
