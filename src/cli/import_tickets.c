/* SPDX-License-Identifier: MIT */
/* Labelled tickets into the store. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/field_columns.h"
#include "cli/import_run.h"
#include "cli/occurrences.h"
#include "data/reader.h"
#include "text/similar.h"

#include <stdlib.h>
#include <string.h>

/* As long as a ticket's id in other systems ever is. */
#define MAX_ID_LENGTH 256

/* Where a row's parts are in the batch's bytes. */
typedef struct batch_row {
    size_t text, id, labels, end;
    uint64_t text_hash;
} batch_row;

typedef struct ticket_import {
    import_run *run;
    const char *path;
    reader *reader;
    json_parser *parser;
    json_value *object; /* of the row, where its id is read from JSON */
    occurrences seen;   /* texts of all files */
    size_t id_index;    /* CSV: which column holds the id */
    buffer bytes;
    batch_row rows[IMPORT_BATCH_ROWS];
    store_ticket tickets[IMPORT_BATCH_ROWS];
    size_t n_rows;
} ticket_import;

static triage_status flush(ticket_import *t, triage_error *err)
{
    const char *bytes = t->bytes.data;
    const char *source = t->run->settings->source;
    if (t->n_rows == 0)
        return TRIAGE_OK;
    if (t->bytes.failed)
        return error_memory(err);
    for (size_t i = 0; i < t->n_rows; i++) {
        const batch_row *row = &t->rows[i];
        t->tickets[i] = (store_ticket){
            .source = {source, strlen(source)},
            .id = {bytes + row->id, row->labels - row->id},
            .text = {bytes + row->text, row->id - row->text},
            .text_hash = row->text_hash,
            .labels = {bytes + row->labels, row->end - row->labels},
            .created_at = t->run->now,
        };
    }
    triage_status status =
        store_import_tickets(t->run->store, t->tickets, t->n_rows, &t->run->counts, err);
    t->n_rows = 0;
    buffer_clear(&t->bytes);
    return status;
}

/* Which column of the CSV file being read holds the id. */
static triage_status find_id_column(ticket_import *t, triage_error *err)
{
    const char *name = t->run->settings->id_column;
    size_t n_columns;
    triage_format format = reader_format(t->reader);
    if (!name || format == TRIAGE_FORMAT_JSONL)
        return TRIAGE_OK;
    const slice *columns = reader_columns(t->reader, &n_columns);
    for (t->id_index = 0; t->id_index < n_columns; t->id_index++) {
        if (slice_equal(columns[t->id_index], (slice){name, strlen(name)}))
            return TRIAGE_OK;
    }
    return error_set(err, TRIAGE_ERROR_DATA, "%s: there is no column '%s' for --id", t->path, name);
}

/* The id that the row says it has; length 0: none. */
static slice id_of(ticket_import *t, const reader_row *row)
{
    const json_value *value;
    slice id = {NULL, 0};
    if (row->cells)
        return row->cells[t->id_index];
    json_free(t->object);
    t->object = NULL;
    if (json_parse(t->parser, row->raw.data, row->raw.length, &t->object, NULL) == TRIAGE_OK &&
        json_member(t->object, t->run->settings->id_column, &value))
        (void)json_scalar_text(value, &id.data, &id.length);
    return id;
}

/* Appends the id; false if the row has none that can be used. */
static bool append_id(ticket_import *t, const reader_row *row)
{
    if (t->run->settings->id_column) {
        slice id = id_of(t, row);
        if (id.length == 0 || id.length > MAX_ID_LENGTH)
            return false;
        utf8_append_clean(&t->bytes, id.data, id.length);
        return true;
    }
    /* The same text may stand in a file several times: each is a ticket of its own. */
    uint32_t count = 0;
    uint64_t hash = hash_bytes(row->text.data, row->text.length);
    if (!occurrences_count(&t->seen, hash, &count))
        t->bytes.failed = true;
    buffer_printf(&t->bytes, "%016llx-%u", (unsigned long long)hash, (unsigned)count);
    return true;
}

static void append_labels(ticket_import *t, const reader_row *row)
{
    json_writer w = {.out = &t->bytes};
    json_begin_object(&w);
    for (size_t f = 0; f < reader_n_fields(t->reader); f++) {
        if (row->labels[f].length == 0)
            continue;
        json_write_key(&w, reader_field_name(t->reader, f));
        json_write_string(&w, row->labels[f].data, row->labels[f].length);
    }
    json_end_object(&w);
}

static triage_status take_row(ticket_import *t, const reader_row *row, triage_error *err)
{
    batch_row *r = &t->rows[t->n_rows];
    r->text = t->bytes.length;
    utf8_append_clean(&t->bytes, row->text.data, row->text.length);
    r->id = t->bytes.length;
    if (!append_id(t, row)) {
        t->bytes.length = r->text;
        return import_refuse_row(t->run, t->path, row->line,
                                 "no id of 1 to 256 bytes in the column of --id", err);
    }
    r->labels = t->bytes.length;
    append_labels(t, row);
    r->end = t->bytes.length;
    if (t->bytes.failed)
        return error_memory(err);
    r->text_hash = similar_text_hash(t->bytes.data + r->text, r->id - r->text);
    t->n_rows++;
    bool is_full = t->n_rows == IMPORT_BATCH_ROWS || t->bytes.length >= IMPORT_BATCH_BYTES;
    return is_full ? flush(t, err) : TRIAGE_OK;
}

static triage_status import_file(ticket_import *t, const triage_read_options *options,
                                 triage_error *err)
{
    reader_row row;
    bool has_row = true;
    triage_status status = reader_open(t->path, options, READER_LABELLED, &t->reader, err);
    if (status != TRIAGE_OK)
        return status;
    status = find_id_column(t, err);
    while (status == TRIAGE_OK && has_row) {
        status = reader_next(t->reader, &row, &has_row, err);
        if (status == TRIAGE_OK && has_row)
            status = take_row(t, &row, err);
    }
    reader_close(t->reader);
    t->reader = NULL;
    return status;
}

triage_status import_tickets(import_run *run, const text_list *paths, triage_error *err)
{
    const data_settings *data = &run->settings->data;
    field_columns fields = {0};
    ticket_import *t = mem_new_zeroed(1, sizeof *t);
    if (!t || !(t->parser = json_parser_new())) {
        free(t);
        return error_memory(err);
    }
    t->run = run;
    triage_status status = field_columns_parse(&fields, &data->fields, err);
    triage_read_options options = {
        .format = data_format(data->format),
        .text_columns = data->text_columns.items,
        .n_text_columns = data->text_columns.count,
        .fields = fields.items,
        .n_fields = fields.count,
        .strict = data->is_strict,
        .on_event = data_log_event,
        .context = &run->log,
    };
    for (size_t i = 0; status == TRIAGE_OK && i < paths->count; i++) {
        t->path = paths->items[i];
        status = import_file(t, &options, err);
    }
    if (status == TRIAGE_OK)
        status = flush(t, err);
    field_columns_free(&fields);
    occurrences_free(&t->seen);
    json_free(t->object);
    json_parser_free(t->parser);
    buffer_free(&t->bytes);
    free(t);
    return status;
}
