/* SPDX-License-Identifier: MIT */
/* Corrections from JSONL files into the store. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/import_run.h"
#include "data/input.h"
#include "data/window.h"
#include "services/feedback_line.h"
#include "text/similar.h"

#include <stdlib.h>
#include <string.h>

/* What a line is about that names no field. */
#define DEFAULT_FIELD "category"

typedef struct feedback_import {
    import_run *run;
    feedback_defaults defaults;
    const char *path;
    json_parser *parser;
    /* The batch's strings are in these objects, or joined of two of their strings. */
    json_value *objects[IMPORT_BATCH_ROWS];
    buffer joined[IMPORT_BATCH_ROWS];
    store_feedback batch[IMPORT_BATCH_ROWS];
    size_t n_rows, n_bytes;
} feedback_import;

static void empty_batch(feedback_import *f)
{
    for (size_t i = 0; i < f->n_rows; i++)
        json_free(f->objects[i]);
    f->n_rows = f->n_bytes = 0;
}

static triage_status flush(feedback_import *f, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    if (f->n_rows > 0)
        status = store_import_feedback(f->run->store, f->batch, f->n_rows, &f->run->counts, err);
    empty_batch(f);
    return status;
}

static bool is_blank(slice line)
{
    for (size_t i = 0; i < line.length; i++) {
        if (!strchr(" \t\r", line.data[i]))
            return false;
    }
    return true;
}

/* Reads the correction of a line into the batch's next place; ERROR_DATA says why it cannot. */
static triage_status read_line(feedback_import *f, slice line, triage_error *err)
{
    json_value *object = NULL;
    store_feedback *feedback = &f->batch[f->n_rows];
    triage_status status = json_parse(f->parser, line.data, line.length, &object, err);
    if (status == TRIAGE_OK)
        status = feedback_line_read(object, &f->defaults, &f->joined[f->n_rows], feedback, err);
    if (status != TRIAGE_OK) {
        json_free(object);
        return status;
    }
    feedback->text_hash = similar_text_hash(feedback->text.data, feedback->text.length);
    f->objects[f->n_rows++] = object;
    f->n_bytes += line.length;
    return TRIAGE_OK;
}

static triage_status take_line(feedback_import *f, const line_record *line, record_kind kind,
                               triage_error *err)
{
    triage_error why = {0};
    if (kind == RECORD_BAD)
        return import_refuse_row(f->run, f->path, line->number, line->reason, err);
    if (is_blank(line->text))
        return TRIAGE_OK;
    triage_status status = read_line(f, line->text, &why);
    if (status == TRIAGE_ERROR_DATA)
        return import_refuse_row(f->run, f->path, line->number, why.message, err);
    if (status != TRIAGE_OK)
        return error_set(err, status, "%s", why.message);
    bool is_full = f->n_rows == IMPORT_BATCH_ROWS || f->n_bytes >= IMPORT_BATCH_BYTES;
    return is_full ? flush(f, err) : TRIAGE_OK;
}

static triage_status import_lines(feedback_import *f, window *w, triage_error *err)
{
    line_record line;
    record_kind kind = RECORD_ROW;
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && kind != RECORD_END) {
        status = window_next_line(w, &line, &kind, err);
        if (status == TRIAGE_OK && kind != RECORD_END)
            status = take_line(f, &line, kind, err);
    }
    return status;
}

static triage_status import_file(feedback_import *f, triage_error *err)
{
    input *in = NULL;
    window w = {0};
    triage_status status = input_open(f->path, &in, err);
    if (status != TRIAGE_OK)
        return status;
    status = window_open(&w, in, err);
    if (status == TRIAGE_OK)
        status = import_lines(f, &w, err);
    window_close(&w);
    input_close(in);
    return status;
}

static void import_free(feedback_import *f)
{
    empty_batch(f);
    for (size_t i = 0; i < IMPORT_BATCH_ROWS; i++)
        buffer_free(&f->joined[i]);
    json_parser_free(f->parser);
    free(f);
}

triage_status import_feedback(import_run *run, const text_list *paths, triage_error *err)
{
    const data_settings *data = &run->settings->data;
    triage_status status = TRIAGE_OK;
    feedback_import *f = mem_new_zeroed(1, sizeof *f);
    if (!f)
        return error_memory(err);
    f->run = run;
    f->defaults = (feedback_defaults){
        .field = data->fields.count ? data->fields.items[0] : DEFAULT_FIELD,
        .source = run->settings->source,
        .created_at = run->now,
    };
    f->parser = json_parser_new();
    if (!f->parser)
        status = error_memory(err);
    for (size_t i = 0; status == TRIAGE_OK && i < paths->count; i++) {
        f->path = paths->items[i];
        status = import_file(f, err);
    }
    if (status == TRIAGE_OK)
        status = flush(f, err);
    import_free(f);
    return status;
}
