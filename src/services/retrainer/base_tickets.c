/* SPDX-License-Identifier: MIT */
/* Base tickets from files, from the store, or from the program itself. */
#include "services/retrainer/base_tickets.h"

#include "base/error.h"
#include "base/json.h"
#include "data/limits.h"
#include "services/starter.h"
#include "text/similar.h"

const char *base_kind_name(base_kind kind)
{
    switch (kind) {
    case BASE_FILES: return "files";
    case BASE_STORE: return "store";
    case BASE_STARTER: return "starter";
    }
    return "unknown";
}

bool base_kind_parse(const char *name, base_kind *ret_kind)
{
    for (base_kind kind = BASE_FILES; kind <= BASE_STARTER; kind++)
        if (strcmp(name, base_kind_name(kind)) == 0) {
            *ret_kind = kind;
            return true;
        }
    return false;
}

triage_status base_tickets_kind(const base_source *source, base_kind *ret_kind, triage_error *err)
{
    uint64_t n = 0;
    if (source->n_files > 0) {
        *ret_kind = BASE_FILES;
        return TRIAGE_OK;
    }
    triage_status status = store_count_tickets(source->store, &n, err);
    if (status == TRIAGE_OK)
        *ret_kind = n > 0 ? BASE_STORE : BASE_STARTER;
    return status;
}

/* Where the visits of store_each_ticket() leave off. */
typedef struct store_reading {
    ticket_pool *pool;
    json_parser *parser;
    triage_error *err;
    triage_status status;
} store_reading;

/* Adds a field for each new name and gathers the labels; false for none that can be used. */
static bool read_labels(store_reading *r, const json_value *object, slice *labels, size_t *ret_n)
{
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    size_t n = 0;
    while (json_next_member(object, &cursor, &name, &value)) {
        slice label;
        size_t field;
        if (!json_string(value, &label.data, &label.length) || label.length == 0)
            continue;
        r->status = ticket_pool_field(r->pool, name, &field, r->err);
        if (r->status != TRIAGE_OK)
            return false;
        for (; n <= field; n++)
            labels[n].length = 0;
        labels[field] = label;
    }
    if (n == 0)
        return false;
    for (size_t n_fields = triage_dataset_n_fields(r->pool->dataset); n < n_fields; n++)
        labels[n].length = 0;
    *ret_n = n;
    return true;
}

static bool add_store_ticket(void *context, const store_ticket *ticket)
{
    store_reading *r = context;
    json_value *object = NULL;
    slice labels[MAX_FIELDS];
    size_t n;
    r->status = json_parse(r->parser, ticket->labels.data, ticket->labels.length, &object, r->err);
    if (r->status == TRIAGE_ERROR_DATA) {
        r->status = TRIAGE_OK; /* no labels: nothing to learn from */
        return true;
    }
    if (r->status == TRIAGE_OK && read_labels(r, object, labels, &n))
        r->status = ticket_pool_add(r->pool, (slice){ticket->text.data, ticket->text.length},
                                    ticket->text_hash, labels, r->err);
    json_free(object);
    return r->status == TRIAGE_OK;
}

static triage_status load_store(store *s, ticket_pool *pool, triage_error *err)
{
    store_reading r = {.pool = pool, .parser = json_parser_new(), .err = err};
    if (!r.parser)
        return error_memory(err);
    triage_status status = store_each_ticket(s, add_store_ticket, &r, err);
    json_parser_free(r.parser);
    return r.status != TRIAGE_OK ? r.status : status;
}

static triage_status add_dataset(const triage_dataset *d, ticket_pool *pool, triage_error *err)
{
    size_t n_fields = triage_dataset_n_fields(d), field;
    slice labels[MAX_FIELDS];
    triage_status status = TRIAGE_OK;
    for (size_t f = 0; f < n_fields && status == TRIAGE_OK; f++)
        status = ticket_pool_field(pool, triage_dataset_field_name(d, f), &field, err);
    for (size_t i = 0; i < triage_dataset_size(d) && status == TRIAGE_OK; i++) {
        slice text;
        text.data = triage_dataset_text(d, i, &text.length);
        for (size_t f = 0; f < n_fields; f++) {
            int32_t label = triage_dataset_label(d, f, i);
            labels[f] = (slice){0};
            if (label != TRIAGE_NO_LABEL) {
                labels[f].data = triage_dataset_label_name(d, f, (size_t)label);
                labels[f].length = strlen(labels[f].data);
            }
        }
        status =
            ticket_pool_add(pool, text, similar_text_hash(text.data, text.length), labels, err);
    }
    return status;
}

triage_status base_tickets_load(const base_source *source, base_kind kind, ticket_pool *pool,
                                triage_error *err)
{
    triage_dataset *loaded = NULL;
    if (kind == BASE_STORE)
        return load_store(source->store, pool, err);
    triage_status status = kind == BASE_FILES ? triage_dataset_load(source->files, source->n_files,
                                                                    source->read, &loaded, err)
                                              : starter_load(&loaded, err);
    if (status == TRIAGE_OK)
        status = add_dataset(loaded, pool, err);
    triage_dataset_free(loaded);
    return status;
}
