/* SPDX-License-Identifier: MIT */
/* Model versions, for processes that share no folder. A version is immutable. */
#include "store/record.h"

#include "base/error.h"

static const field model_fields[] = {
    FIELD(store_model, FIELD_TEXT, version),
    FIELD(store_model, FIELD_TEXT, manifest),
    FIELD(store_model, FIELD_TEXT, model),
};

static const record model_record = {"models", model_fields,
                                    sizeof model_fields / sizeof *model_fields};

static triage_status check_same(connection *c, const sql_value *values, triage_error *err)
{
    int64_t n_same = 0;
    triage_status status = connection_number(
        c,
        "SELECT count(*) FROM models WHERE version = $1 AND manifest IS NOT DISTINCT FROM $2"
        " AND model IS NOT DISTINCT FROM $3",
        values, model_record.n_fields, 0, &n_same, err);
    if (status == TRIAGE_OK && n_same == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "there is another model of this version in the database");
    return status;
}

static triage_status put_model(connection *c, void *context, triage_error *err)
{
    uint64_t n_changed = 0;
    query q = {0};
    record_insert(&model_record, &q);
    query_add(&q, " ON CONFLICT (version) DO NOTHING");
    record_values(&model_record, context, q.values);
    q.n_values = model_record.n_fields;
    triage_status status = query_run(&q, c, &n_changed, err);
    if (status == TRIAGE_OK)
        status = n_changed > 0 ? connection_announce(c, err) : check_same(c, q.values, err);
    query_free(&q);
    return status;
}

triage_status store_put_model(store *s, const store_model *model, triage_error *err)
{
    store_model copy = *model;
    if (!model->version.data)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a model needs a version");
    return database_write(s, put_model, &copy, err);
}

static triage_status remove_model(connection *c, void *context, triage_error *err)
{
    sql_value key = value_text(context);
    triage_status status =
        connection_run(c, "DELETE FROM models WHERE version = $1", &key, 1, NULL, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_remove_model(store *s, const char *version, triage_error *err)
{
    return database_write(s, remove_model, (void *)(uintptr_t)version, err);
}

typedef struct model_visit {
    const char *version; /* NULL: all, without their bytes */
    bool (*visit)(void *, const store_model *);
    void *context;
    bool is_found;
} model_visit;

static bool visit_model(void *context, const connection *c)
{
    model_visit *work = context;
    store_model model = {column_bytes(c, 0), column_bytes(c, 1),
                         work->version ? column_bytes(c, 2) : (store_text){0}};
    work->is_found = true;
    return work->visit(work->context, &model);
}

static triage_status get_model(connection *c, void *context, triage_error *err)
{
    model_visit *work = context;
    sql_value key = value_text(work->version);
    return connection_each(c, "SELECT version, manifest, model FROM models WHERE version = $1",
                           &key, 1, false, visit_model, work, err);
}

triage_status store_get_model(store *s, const char *version,
                              bool (*visit)(void *, const store_model *), void *context,
                              bool *ret_found, triage_error *err)
{
    model_visit work = {version, visit, context, false};
    triage_status status = database_read(s, get_model, &work, err);
    if (status == TRIAGE_OK)
        *ret_found = work.is_found;
    return status;
}

/* Shorter names first: v1000000 is behind v999999. */
static triage_status each_model(connection *c, void *context, triage_error *err)
{
    return connection_each(c,
                           "SELECT version, manifest FROM models ORDER BY length(version), version",
                           NULL, 0, false, visit_model, context, err);
}

triage_status store_each_model(store *s, bool (*visit)(void *, const store_model *), void *context,
                               triage_error *err)
{
    model_visit work = {NULL, visit, context, false};
    return database_read(s, each_model, &work, err);
}
