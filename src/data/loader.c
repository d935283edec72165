/* SPDX-License-Identifier: MIT */
/* From files to a finished dataset. */
#include "base/error.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/limits.h"
#include "data/reader.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct loader {
    const triage_read_options *options;
    triage_dataset *dataset; /* made when the first file has told its fields */
    bool is_extra[MAX_FIELDS];
    triage_read_report report;
    char first_bad_row[TRIAGE_ERROR_MESSAGE_SIZE / 2]; /* for the error if all rows are bad */
} loader;

/* Passes events on and remembers the first bad row. */
static void on_event(void *context, const triage_read_event *event)
{
    loader *l = context;
    const triage_read_options *o = l->options;
    if (event->kind == TRIAGE_READ_BAD_ROW && !l->first_bad_row[0])
        snprintf(l->first_bad_row, sizeof l->first_bad_row, "%s:%llu: %s", event->file,
                 (unsigned long long)event->line, event->message);
    if (o->on_event)
        o->on_event(o->context, event);
}

static triage_status make_dataset(loader *l, const reader *r, triage_error *err)
{
    const char *names[MAX_FIELDS];
    size_t n = reader_n_fields(r);
    for (size_t i = 0; i < n && i < MAX_FIELDS; i++) {
        names[i] = reader_field_name(r, i);
        l->is_extra[i] = reader_is_extra_field(r, i);
    }
    return triage_dataset_new(names, n, &l->dataset, err);
}

/*
 * Which field of the file is field i of the dataset, into `ret_map`: the one of the same name; and
 * if both have but one field, that one whatever it is called.
 */
static triage_status map_fields(const loader *l, const reader *r, const char *path, size_t *ret_map,
                                triage_error *err)
{
    size_t n = triage_dataset_n_fields(l->dataset), n_of_file = reader_n_fields(r);
    for (size_t i = 0; i < n; i++) {
        const char *name = triage_dataset_field_name(l->dataset, i);
        size_t k = 0;
        while (k < n_of_file && strcmp(reader_field_name(r, k), name) != 0)
            k++;
        if (k == n_of_file && (n > 1 || n_of_file > 1))
            return error_set(err, TRIAGE_ERROR_DATA,
                             "'%s' has no field '%s', which the files before it have", path, name);
        ret_map[i] = k < n_of_file ? k : 0;
    }
    return TRIAGE_OK;
}

static triage_status add_rows(loader *l, reader *r, const size_t *map, triage_error *err)
{
    slice labels[MAX_FIELDS];
    size_t n = triage_dataset_n_fields(l->dataset);
    for (;;) {
        reader_row row;
        bool has_row;
        triage_status status = reader_next(r, &row, &has_row, err);
        if (status != TRIAGE_OK || !has_row)
            return status;
        for (size_t i = 0; i < n; i++)
            labels[i] = row.labels[map[i]];
        status = dataset_add(l->dataset, row.text, labels, err);
        if (status != TRIAGE_OK)
            return status;
    }
}

static void add_report(triage_read_report *sum, triage_read_report part)
{
    sum->n_rows += part.n_rows;
    sum->n_tickets += part.n_tickets;
    sum->n_bad_rows += part.n_bad_rows;
    sum->n_invalid_utf8 += part.n_invalid_utf8;
    sum->n_empty_texts += part.n_empty_texts;
}

static triage_status load_file(loader *l, const char *path, triage_error *err)
{
    triage_read_options options = *l->options;
    options.on_event = on_event;
    options.context = l;
    reader *r = NULL;
    size_t map[MAX_FIELDS];
    triage_status status = reader_open(path, &options, READER_LABELLED, &r, err);
    if (status == TRIAGE_OK && !l->dataset)
        status = make_dataset(l, r, err);
    if (status == TRIAGE_OK)
        status = map_fields(l, r, path, map, err);
    if (status == TRIAGE_OK)
        status = add_rows(l, r, map, err);
    if (status == TRIAGE_OK)
        add_report(&l->report, reader_report(r));
    reader_close(r);
    return status;
}

/* A column that was guessed as an extra field and is empty in all tickets is no field. */
static void drop_empty_extras(loader *l)
{
    for (size_t i = triage_dataset_n_fields(l->dataset); i-- > 0;) {
        if (!l->is_extra[i] || dataset_n_spellings(l->dataset, i) > 0)
            continue;
        triage_error text; /* a bounded message, cut at a character */
        error_set(&text, TRIAGE_OK, "field '%s' is left out: no ticket has a label for it",
                  triage_dataset_field_name(l->dataset, i));
        triage_read_event event = {.kind = TRIAGE_READ_GUESS, .message = text.message};
        on_event(l, &event);
        dataset_drop_field(l->dataset, i);
    }
}

static triage_status no_tickets(const loader *l, triage_error *err)
{
    if (l->report.n_rows == 0)
        return error_set(err, TRIAGE_ERROR_DATA, "there are no tickets in the data");
    return error_set(err, TRIAGE_ERROR_DATA, "none of %llu rows can be used; the first: %s",
                     (unsigned long long)l->report.n_rows, l->first_bad_row);
}

triage_status triage_dataset_load(const char *const *paths, size_t n_paths,
                                  const triage_read_options *options, triage_dataset **ret_dataset,
                                  triage_error *err)
{
    static const triage_read_options defaults;
    loader l = {.options = options ? options : &defaults};
    triage_status status = TRIAGE_OK;
    if (n_paths == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "no data file is given");
    for (size_t i = 0; i < n_paths && status == TRIAGE_OK; i++)
        status = load_file(&l, paths[i], err);
    if (status == TRIAGE_OK && l.report.n_tickets == 0)
        status = no_tickets(&l, err);
    if (status == TRIAGE_OK) {
        drop_empty_extras(&l);
        dataset_set_report(l.dataset, l.report);
        status = dataset_finish(l.dataset, l.options, err);
    }
    if (status == TRIAGE_OK)
        *ret_dataset = l.dataset;
    else
        triage_dataset_free(l.dataset);
    return status;
}
