/* SPDX-License-Identifier: MIT */
/* The audit log: who changed what. Nothing deletes from it. */
#include "store/audit.h"

#include "base/error.h"
#include "store/record.h"

static const field audit_fields[] = {
    FIELD(store_audit, FIELD_INT, at),         FIELD(store_audit, FIELD_UINT, sequence),
    FIELD(store_audit, FIELD_TEXT, who),       FIELD(store_audit, FIELD_TEXT, action),
    FIELD(store_audit, FIELD_TEXT, target),    FIELD(store_audit, FIELD_TEXT, old_value),
    FIELD(store_audit, FIELD_TEXT, new_value),
};
enum { AUDIT_SEQUENCE = 1 };

static const record audit_record = {"audit", audit_fields,
                                    sizeof audit_fields / sizeof *audit_fields};

triage_status audit_add(connection *c, const store_audit *entry, triage_error *err)
{
    int64_t sequence = 0;
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = connection_number(c, "SELECT COALESCE(max(sequence), 0) + 1 FROM audit", NULL, 0,
                                   0, &sequence, err);
    if (status != TRIAGE_OK)
        return status;
    query q = {0};
    record_insert(&audit_record, &q);
    record_values(&audit_record, entry, q.values);
    q.values[AUDIT_SEQUENCE] = value_int(sequence);
    q.n_values = audit_record.n_fields;
    status = query_run(&q, c, NULL, err);
    query_free(&q);
    return status;
}

static triage_status add_audit(connection *c, void *context, triage_error *err)
{
    return audit_add(c, context, err);
}

triage_status store_add_audit(store *s, const store_audit *entry, triage_error *err)
{
    store_audit copy = *entry;
    return database_write(s, add_audit, &copy, err);
}

typedef struct audit_listing {
    uint64_t before;
    uint32_t limit;
    bool (*visit)(void *, const store_audit *);
    void *context;
} audit_listing;

static bool visit_audit(void *context, const connection *c)
{
    const audit_listing *work = context;
    store_audit entry = {0};
    record_read(&audit_record, c, 0, &entry);
    return work->visit(work->context, &entry);
}

static triage_status each_audit(connection *c, void *context, triage_error *err)
{
    audit_listing *work = context;
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&audit_record, "", &q);
    query_add(&q, " FROM audit");
    if (work->before != 0)
        query_where(&q, "sequence < ", value_uint(work->before));
    query_add(&q, " ORDER BY sequence DESC");
    query_limit(&q, work->limit);
    triage_status status = query_each(&q, c, visit_audit, work, err);
    query_free(&q);
    return status;
}

triage_status store_each_audit(store *s, uint64_t before, uint32_t limit,
                               bool (*visit)(void *, const store_audit *), void *context,
                               triage_error *err)
{
    audit_listing work = {before, limit, visit, context};
    return database_read(s, each_audit, &work, err);
}
