/* SPDX-License-Identifier: MIT */
/* Settings: small values that processes share. Each change is in the audit log. */
#include "store/audit.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdlib.h>

static const char select_sql[] = "SELECT value FROM settings WHERE name = $1";

/* A copy of the first row's value. */
typedef struct copied {
    char *value; /* owned; NULL: no such setting */
    size_t length;
    bool failed;
} copied;

static bool copy_value(void *context, const connection *c)
{
    copied *copy = context;
    store_text text = column_bytes(c, 0);
    copy->value = mem_copy_string(text.data, text.length);
    copy->length = text.length;
    copy->failed = !copy->value;
    return false;
}

static triage_status read_setting(connection *c, const char *name, copied *copy, triage_error *err)
{
    sql_value key = value_text(name);
    free(copy->value);
    *copy = (copied){0};
    triage_status status = connection_each(c, select_sql, &key, 1, false, copy_value, copy, err);
    return status == TRIAGE_OK && copy->failed ? error_memory(err) : status;
}

typedef struct setting {
    const char *name, *value, *who;
    copied old;
} setting;

static triage_status write_setting(connection *c, const setting *work, triage_error *err)
{
    sql_value values[] = {value_text(work->name), value_text(work->value)};
    if (!work->value)
        return connection_run(c, "DELETE FROM settings WHERE name = $1", values, 1, NULL, err);
    return connection_run(c,
                          "INSERT INTO settings (name, value) VALUES ($1, $2)"
                          " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                          values, 2, NULL, err);
}

static triage_status set(connection *c, void *context, triage_error *err)
{
    setting *work = context;
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = read_setting(c, work->name, &work->old, err);
    if (status == TRIAGE_OK)
        status = write_setting(c, work, err);
    if (status != TRIAGE_OK)
        return status;
    store_audit entry = {.at = database_now(),
                         .who = value_text(work->who).bytes,
                         .action = value_text("set").bytes,
                         .target = value_text(work->name).bytes,
                         .old_value = {work->old.value, work->old.length},
                         .new_value = value_text(work->value).bytes};
    status = audit_add(c, &entry, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_set(store *s, const char *name, const char *value, const char *who,
                        triage_error *err)
{
    setting work = {.name = name, .value = value, .who = who};
    triage_status status = database_write(s, set, &work, err);
    free(work.old.value);
    return status;
}

static triage_status get(connection *c, void *context, triage_error *err)
{
    setting *work = context;
    return read_setting(c, work->name, &work->old, err);
}

triage_status store_get(store *s, const char *name, char **ret_value, triage_error *err)
{
    setting work = {.name = name};
    triage_status status = database_read(s, get, &work, err);
    if (status == TRIAGE_OK)
        *ret_value = work.old.value;
    else
        free(work.old.value);
    return status;
}
