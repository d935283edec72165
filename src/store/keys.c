/* SPDX-License-Identifier: MIT */
/* Keys of callers: who may do what. The secret itself is never here, only its hash. */
#include "store/audit.h"
#include "store/record.h"

#include "base/error.h"

static const field key_fields[] = {
    FIELD(store_key, FIELD_TEXT, id),        FIELD(store_key, FIELD_TEXT, name),
    FIELD(store_key, FIELD_TEXT, role),      FIELD(store_key, FIELD_TEXT, hash),
    FIELD(store_key, FIELD_INT, created_at), FIELD(store_key, FIELD_INT, revoked_at),
};

static const record key_record = {"keys", key_fields, sizeof key_fields / sizeof *key_fields};

typedef struct key_change {
    const store_key *key;
    const char *id, *who;
    bool is_found;
} key_change;

static triage_status report(connection *c, const char *action, store_text id, store_text role,
                            const char *who, triage_error *err)
{
    store_audit entry = {.at = database_now(),
                         .who = value_text(who).bytes,
                         .action = value_text(action).bytes,
                         .target = id,
                         .new_value = role};
    triage_status status = audit_add(c, &entry, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

static triage_status add_key(connection *c, void *context, triage_error *err)
{
    key_change *work = context;
    query q = {0};
    record_insert(&key_record, &q);
    record_values(&key_record, work->key, q.values);
    q.n_values = key_record.n_fields;
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = query_run(&q, c, NULL, err);
    query_free(&q);
    if (status != TRIAGE_OK)
        return status;
    return report(c, "create_key", work->key->id, work->key->role, work->who, err);
}

triage_status store_add_key(store *s, const store_key *key, const char *who, triage_error *err)
{
    key_change work = {.key = key, .who = who};
    if (!key->id.data)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a key needs an id");
    return database_write(s, add_key, &work, err);
}

static triage_status revoke_key(connection *c, void *context, triage_error *err)
{
    key_change *work = context;
    uint64_t n_changed = 0;
    sql_value values[] = {value_int(database_now()), value_text(work->id)};
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status =
            connection_run(c, "UPDATE keys SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0",
                           values, 2, &n_changed, err);
    work->is_found = n_changed > 0;
    if (status != TRIAGE_OK || !work->is_found)
        return status;
    return report(c, "revoke_key", values[1].bytes, (store_text){0}, work->who, err);
}

triage_status store_revoke_key(store *s, const char *id, const char *who, bool *ret_found,
                               triage_error *err)
{
    key_change work = {.id = id, .who = who};
    triage_status status = database_write(s, revoke_key, &work, err);
    if (status == TRIAGE_OK)
        *ret_found = work.is_found;
    return status;
}

typedef struct key_listing {
    bool (*visit)(void *, const store_key *);
    void *context;
} key_listing;

static bool visit_key(void *context, const connection *c)
{
    const key_listing *work = context;
    store_key key = {0};
    record_read(&key_record, c, 0, &key);
    return work->visit(work->context, &key);
}

static triage_status each_key(connection *c, void *context, triage_error *err)
{
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&key_record, "", &q);
    query_add(&q, " FROM keys ORDER BY created_at, id");
    triage_status status = query_each(&q, c, visit_key, context, err);
    query_free(&q);
    return status;
}

triage_status store_each_key(store *s, bool (*visit)(void *, const store_key *), void *context,
                             triage_error *err)
{
    key_listing work = {visit, context};
    return database_read(s, each_key, &work, err);
}
