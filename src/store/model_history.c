/* SPDX-License-Identifier: MIT */
/* What became of the model versions. The last change says which of them is the champion. */
#include "store/record.h"

#include "base/error.h"

#include <string.h>

static const field event_fields[] = {
    FIELD(store_model_event, FIELD_UINT, sequence), FIELD(store_model_event, FIELD_INT, at),
    FIELD(store_model_event, FIELD_TEXT, action),   FIELD(store_model_event, FIELD_TEXT, version),
    FIELD(store_model_event, FIELD_TEXT, previous), FIELD(store_model_event, FIELD_TEXT, who),
    FIELD(store_model_event, FIELD_TEXT, reason),
};
enum { N_EVENT_FIELDS = sizeof event_fields / sizeof *event_fields };

static const record event_record = {"model_history", event_fields, N_EVENT_FIELDS};

/* Longer than any version's name. */
#define NAME_SIZE 64

typedef struct event_work {
    const store_model_event *events;
    size_t n;
    char champion[NAME_SIZE];
    int64_t last; /* sequence */
} event_work;

static bool is_text(store_text text, const char *other)
{
    size_t length = text.data ? text.length : 0;
    return length == strlen(other) && (length == 0 || memcmp(text.data, other, length) == 0);
}

static bool is_change(const store_model_event *event)
{
    return is_text(event->action, "promoted") || is_text(event->action, "rolled_back");
}

static void set_champion(event_work *work, store_text version)
{
    size_t length = version.length < NAME_SIZE ? version.length : NAME_SIZE - 1;
    memcpy(work->champion, version.data, length);
    work->champion[length] = '\0';
}

static bool visit_champion(void *context, const connection *c)
{
    set_champion(context, column_bytes(c, 0));
    return true;
}

static triage_status read_state(connection *c, event_work *work, triage_error *err)
{
    work->champion[0] = '\0';
    triage_status status = connection_lock(c, err);
    if (status == TRIAGE_OK)
        status = connection_number(c, "SELECT COALESCE(max(sequence), 0) FROM model_history", NULL,
                                   0, 0, &work->last, err);
    if (status == TRIAGE_OK)
        status = connection_each(c,
                                 "SELECT version FROM model_history WHERE is_change = 1"
                                 " ORDER BY sequence DESC LIMIT 1",
                                 NULL, 0, false, visit_champion, work, err);
    return status;
}

static triage_status insert(connection *c, event_work *work, const store_model_event *event,
                            triage_error *err)
{
    store_model_event e = *event;
    sql_value values[N_EVENT_FIELDS + 1];
    e.sequence = (uint64_t)++work->last;
    if (e.at == 0)
        e.at = database_now();
    record_values(&event_record, &e, values);
    values[N_EVENT_FIELDS] = value_int(is_change(event));
    return connection_run(c,
                          "INSERT INTO model_history (sequence, at, action, version, previous, who,"
                          " reason, is_change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                          values, N_EVENT_FIELDS + 1, NULL, err);
}

static triage_status add_one(connection *c, event_work *work, const store_model_event *event,
                             triage_error *err)
{
    if (is_change(event) && is_text(event->version, work->champion))
        return TRIAGE_OK;
    if (is_change(event) && !is_text(event->previous, work->champion))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the champion has changed: it is %s now",
                         work->champion[0] ? work->champion : "none");
    triage_status status = insert(c, work, event, err);
    if (status == TRIAGE_OK && is_change(event))
        set_champion(work, event->version);
    return status;
}

static triage_status check_champion(connection *c, const event_work *work, triage_error *err)
{
    int64_t n = 0;
    sql_value key = value_text(work->champion);
    if (!work->champion[0])
        return TRIAGE_OK;
    triage_status status =
        connection_number(c, "SELECT count(*) FROM models WHERE version = $1", &key, 1, 0, &n, err);
    if (status == TRIAGE_OK && n == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "there is no version %s in the database",
                         work->champion);
    return status;
}

static triage_status add_events(connection *c, void *context, triage_error *err)
{
    event_work *work = context;
    triage_status status = read_state(c, work, err);
    for (size_t i = 0; i < work->n && status == TRIAGE_OK; i++)
        status = add_one(c, work, &work->events[i], err);
    if (status == TRIAGE_OK)
        status = check_champion(c, work, err);
    return status == TRIAGE_OK ? connection_announce(c, err) : status;
}

triage_status store_add_model_events(store *s, const store_model_event *events, size_t n,
                                     triage_error *err)
{
    event_work work = {.events = events, .n = n};
    for (size_t i = 0; i < n; i++)
        if (!events[i].action.data || !events[i].version.data ||
            events[i].version.length >= NAME_SIZE)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "an event needs an action and a version");
    return database_write(s, add_events, &work, err);
}

typedef struct event_visit {
    bool (*visit)(void *, const store_model_event *);
    void *context;
} event_visit;

static bool visit_event(void *context, const connection *c)
{
    const event_visit *work = context;
    store_model_event event = {0};
    record_read(&event_record, c, 0, &event);
    return work->visit(work->context, &event);
}

static triage_status each_event(connection *c, void *context, triage_error *err)
{
    query q = {0};
    query_add(&q, "SELECT ");
    record_columns(&event_record, "", &q);
    query_add(&q, " FROM model_history ORDER BY sequence");
    triage_status status = query_each(&q, c, visit_event, context, err);
    query_free(&q);
    return status;
}

triage_status store_each_model_event(store *s, bool (*visit)(void *, const store_model_event *),
                                     void *context, triage_error *err)
{
    event_visit work = {visit, context};
    return database_read(s, each_event, &work, err);
}

typedef struct model_counts {
    int64_t n_models, last_event;
} model_counts;

static triage_status count_models(connection *c, void *context, triage_error *err)
{
    model_counts *work = context;
    triage_status status =
        connection_number(c, "SELECT count(*) FROM models", NULL, 0, 0, &work->n_models, err);
    if (status == TRIAGE_OK)
        status = connection_number(c, "SELECT COALESCE(max(sequence), 0) FROM model_history", NULL,
                                   0, 0, &work->last_event, err);
    return status;
}

triage_status store_count_models(store *s, uint64_t *ret_n, uint64_t *ret_last_event,
                                 triage_error *err)
{
    model_counts counts = {0};
    triage_status status = database_read(s, count_models, &counts, err);
    if (status != TRIAGE_OK)
        return status;
    *ret_n = (uint64_t)counts.n_models;
    *ret_last_event = (uint64_t)counts.last_event;
    return TRIAGE_OK;
}
