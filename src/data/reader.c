/* SPDX-License-Identifier: MIT */
/* Tickets from one file, one at a time: what the formats have in common. */
#include "data/reader.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/columns.h"
#include "data/csv.h"
#include "data/fasttext.h"
#include "data/format.h"
#include "data/jsonl.h"
#include "data/labels.h"
#include "data/limits.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    input *in;
    window window;
    triage_read_options options;
    reader_mode mode;
    triage_format format;
    columns columns;
    bool *is_met; /* JSONL: whether any object had text column i, then field i */
    csv csv;
    jsonl jsonl;
    bool has_pending; /* JSONL: `pending` was read to guess the columns and is the next row */
    jsonl_row pending;
    char *header_text; /* the header's cells, or the names in the first JSONL object */
    slice *header;
    size_t n_header;
    slice *labels; /* of the last row, one a field */
    buffer joined; /* the text of the last row, if it has several columns */
    bool has_said_first_label;
    triage_read_report report;
    uint64_t reported_bytes;
};

static void emit(const reader *r, triage_read_event event)
{
    event.file = input_name(r->in);
    if (r->options.on_event)
        r->options.on_event(r->options.context, &event);
}

static void report_progress(reader *r, bool is_last)
{
    uint64_t done = input_bytes_done(r->in);
    if (done - r->reported_bytes < (is_last ? 1 : PROGRESS_BYTES))
        return;
    r->reported_bytes = done;
    emit(r, (triage_read_event){.kind = TRIAGE_READ_PROGRESS,
                                .bytes_done = done,
                                .bytes_total = input_bytes_total(r->in)});
}

/* Counts and reports a bad row; an error if strict. */
static triage_status report_bad_row(reader *r, uint64_t line, const char *reason, triage_error *err)
{
    r->report.n_rows++;
    r->report.n_bad_rows++;
    emit(r, (triage_read_event){.kind = TRIAGE_READ_BAD_ROW, .line = line, .message = reason});
    if (!r->options.strict)
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_DATA, "%s:%llu: %s", input_name(r->in),
                     (unsigned long long)line, reason);
}

/* Keeps copies of the names, trimmed, for as long as the reader is open. */
static triage_status keep_header(reader *r, const slice *cells, size_t n, triage_error *err)
{
    buffer text = {0};
    r->header = mem_new(n, sizeof *r->header);
    for (size_t i = 0; i < n; i++) {
        slice name = label_trim(cells[i]);
        buffer_append(&text, name.data, name.length);
        if (r->header)
            r->header[i].length = name.length;
    }
    /* With its NUL, the text is not NULL even if all names are empty. */
    r->header_text = (char *)(uintptr_t)buffer_string(&text);
    if (!r->header || !r->header_text) {
        buffer_free(&text);
        r->header_text = NULL;
        return error_memory(err);
    }
    const char *at = r->header_text;
    for (size_t i = 0; i < n; at += r->header[i++].length)
        r->header[i].data = at;
    r->n_header = n;
    return TRIAGE_OK;
}

static column_request request_of(const reader *r)
{
    return (column_request){
        .file = input_name(r->in),
        .header = r->header,
        .n_header = r->n_header,
        .options = &r->options,
        .needs_fields = r->mode == READER_LABELLED,
        .must_exist = r->format == TRIAGE_FORMAT_CSV,
    };
}

/* Chooses the columns by the header that is kept, and says what was guessed. */
static triage_status choose_columns(reader *r, triage_error *err)
{
    buffer guess = {0};
    column_request request = request_of(r);
    triage_status status = columns_choose(&request, &r->columns, &guess, err);
    if (status == TRIAGE_OK && guess.length > 0) {
        const char *message = buffer_string(&guess);
        if (message)
            emit(r, (triage_read_event){.kind = TRIAGE_READ_GUESS, .message = message});
        else
            status = error_memory(err);
    }
    buffer_free(&guess);
    return status;
}

static triage_status open_csv(reader *r, triage_error *err)
{
    csv_row row;
    csv_open(&r->csv, &r->window);
    triage_status status = csv_read_header(&r->csv, &row, err);
    if (status != TRIAGE_OK)
        return status;
    for (size_t i = 0; i < row.n_cells; i++) {
        const char *problem = label_problem(row.cells[i]);
        if (problem)
            return error_set(err, TRIAGE_ERROR_DATA, "%s:%llu: the name of column %zu %s",
                             input_name(r->in), (unsigned long long)row.line, i + 1, problem);
    }
    status = keep_header(r, row.cells, row.n_cells, err);
    return status == TRIAGE_OK ? choose_columns(r, err) : status;
}

/* The names in `object`, which stand for a header. */
static triage_status keep_names(reader *r, const json_value *object, triage_error *err)
{
    size_t n = 0, capacity = json_length(object);
    slice *names = mem_new(capacity, sizeof *names);
    if (!names)
        return error_memory(err);
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    while (n < capacity && json_next_member(object, &cursor, &name, &value))
        names[n++] = (slice){name, strlen(name)};
    triage_status status = keep_header(r, names, n, err);
    free(names);
    return status;
}

/* Reads up to the first object, which tells what columns there are. */
static triage_status open_jsonl(reader *r, triage_error *err)
{
    triage_status status = jsonl_open(&r->jsonl, &r->window, err);
    record_kind kind = RECORD_BAD;
    while (status == TRIAGE_OK && kind == RECORD_BAD) {
        status = jsonl_next(&r->jsonl, &r->pending, &kind, err);
        if (status == TRIAGE_OK && kind == RECORD_BAD)
            status = report_bad_row(r, r->pending.line, r->pending.reason, err);
    }
    if (status != TRIAGE_OK)
        return status;
    if (kind == RECORD_END) {
        /* Nothing to predict is fine, but fields cannot be guessed from nothing. */
        return r->mode == READER_UNLABELLED
                   ? TRIAGE_OK
                   : error_set(err, TRIAGE_ERROR_DATA, "'%s' has no JSON object",
                               input_name(r->in));
    }
    r->has_pending = true;
    status = keep_names(r, r->pending.object, err);
    if (status == TRIAGE_OK)
        status = choose_columns(r, err);
    if (status != TRIAGE_OK)
        return status;
    r->is_met = mem_new_zeroed(r->columns.n_text + r->columns.n_fields, sizeof *r->is_met);
    return r->is_met ? TRIAGE_OK : error_memory(err);
}

static triage_status open_lines(reader *r, triage_error *err)
{
    column_request request = request_of(r);
    if (r->format == TRIAGE_FORMAT_FASTTEXT)
        return columns_of_lines(&request, &r->columns, err);
    if (r->mode == READER_LABELLED)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is plain text and has no labels",
                         input_name(r->in));
    return TRIAGE_OK;
}

static triage_status open_format(reader *r, triage_error *err)
{
    triage_status status = window_open(&r->window, r->in, err);
    if (status != TRIAGE_OK)
        return status;
    r->format = r->options.format;
    if (r->format == TRIAGE_FORMAT_AUTO)
        r->format = format_guess(input_name(r->in), window_rest(&r->window));
    switch (r->format) {
    case TRIAGE_FORMAT_CSV: status = open_csv(r, err); break;
    case TRIAGE_FORMAT_JSONL: status = open_jsonl(r, err); break;
    case TRIAGE_FORMAT_FASTTEXT:
    case TRIAGE_FORMAT_TEXT: status = open_lines(r, err); break;
    default: return error_set(err, TRIAGE_ERROR_ARGUMENT, "unknown format %d", (int)r->format);
    }
    if (status != TRIAGE_OK)
        return status;
    r->labels = mem_new_zeroed(r->columns.n_fields, sizeof *r->labels);
    return r->labels ? TRIAGE_OK : error_memory(err);
}

triage_status reader_open_input(input *in, const triage_read_options *options, reader_mode mode,
                                reader **ret_reader, triage_error *err)
{
    reader *r = mem_new_zeroed(1, sizeof *r);
    if (!r) {
        input_close(in);
        return error_memory(err);
    }
    r->in = in;
    r->mode = mode;
    if (options)
        r->options = *options;
    triage_status status = open_format(r, err);
    if (status == TRIAGE_OK)
        *ret_reader = r;
    else
        reader_close(r);
    return status;
}

triage_status reader_open(const char *path, const triage_read_options *options, reader_mode mode,
                          reader **ret_reader, triage_error *err)
{
    input *in;
    triage_status status = input_open(path, &in, err);
    return status == TRIAGE_OK ? reader_open_input(in, options, mode, ret_reader, err) : status;
}

void reader_close(reader *r)
{
    if (!r)
        return;
    columns_free(&r->columns);
    csv_close(&r->csv);
    jsonl_close(&r->jsonl);
    window_close(&r->window);
    input_close(r->in);
    buffer_free(&r->joined);
    free(r->is_met);
    free(r->header_text);
    free(r->header);
    free(r->labels);
    free(r);
}

/* A row on its way to the caller, or why it is bad. */
typedef struct row_draft {
    reader_row row;
    char reason[TRIAGE_ERROR_MESSAGE_SIZE]; /* empty: the row is good */
} row_draft;

static bool is_bad(const row_draft *draft)
{
    return draft->reason[0] != '\0';
}

/* Part `i` of the text; several are joined in the reader's buffer. */
static void add_text_part(reader *r, row_draft *draft, size_t i, slice part)
{
    if (r->columns.n_text == 1) {
        draft->row.text = part;
        return;
    }
    if (i > 0)
        buffer_append_char(&r->joined, '\n');
    buffer_append(&r->joined, part.data, part.length);
    draft->row.text = (slice){r->joined.data, r->joined.length};
}

static void set_label(reader *r, row_draft *draft, size_t field, slice cell)
{
    slice label = label_trim(cell);
    const char *problem = label.length > 0 ? label_problem(label) : NULL;
    r->labels[field] = label;
    if (problem)
        snprintf(draft->reason, sizeof draft->reason, "the label of '%s' %s",
                 r->columns.fields[field].name, problem);
}

static void draft_csv(reader *r, const csv_row *row, row_draft *draft)
{
    draft->row.cells = row->cells;
    draft->row.n_cells = row->n_cells;
    for (size_t i = 0; i < r->columns.n_text; i++)
        add_text_part(r, draft, i, row->cells[r->columns.text[i].index]);
    for (size_t i = 0; i < r->columns.n_fields && !is_bad(draft); i++)
        set_label(r, draft, i, row->cells[r->columns.fields[i].column.index]);
}

static triage_status next_csv(reader *r, row_draft *draft, record_kind *ret_kind, triage_error *err)
{
    csv_row row;
    triage_status status = csv_next(&r->csv, &row, ret_kind, err);
    if (status != TRIAGE_OK || *ret_kind == RECORD_END)
        return status;
    draft->row.line = row.line;
    if (*ret_kind == RECORD_BAD)
        snprintf(draft->reason, sizeof draft->reason, "%s", row.reason);
    else
        draft_csv(r, &row, draft);
    return TRIAGE_OK;
}

/* The member `name` as text; empty if there is none. `*is_met` is set if there is one. */
static slice member_text(const json_value *object, const char *name, bool *is_met, row_draft *draft)
{
    slice text = {"", 0};
    jsonl_member kind = jsonl_text(object, name, &text);
    if (kind == JSONL_NOT_TEXT)
        snprintf(draft->reason, sizeof draft->reason, "'%s' is not a text", name);
    if (kind == JSONL_TEXT)
        *is_met = true;
    return text;
}

static void draft_jsonl(reader *r, const json_value *object, row_draft *draft)
{
    const columns *c = &r->columns;
    bool has_text = false;
    for (size_t i = 0; i < c->n_text && !is_bad(draft); i++) {
        bool is_there = false;
        add_text_part(r, draft, i, member_text(object, c->text[i].name, &is_there, draft));
        r->is_met[i] |= is_there;
        has_text |= is_there;
    }
    if (!is_bad(draft) && !has_text)
        snprintf(draft->reason, sizeof draft->reason, "no text: no '%s'", c->text[0].name);
    for (size_t i = 0; i < c->n_fields && !is_bad(draft); i++) {
        slice label =
            member_text(object, c->fields[i].column.name, &r->is_met[c->n_text + i], draft);
        if (!is_bad(draft))
            set_label(r, draft, i, label);
    }
}

/* At the end: a column asked for that no object had is a mistake in its name. */
static triage_status check_met(const reader *r, triage_error *err)
{
    column_request request = request_of(r);
    for (size_t i = 0; i < r->columns.n_text; i++)
        if (!r->is_met[i] && r->columns.text[i].index == NO_COLUMN)
            return columns_missing(&request, r->columns.text[i].name, err);
    for (size_t i = 0; i < r->columns.n_fields; i++)
        if (!r->is_met[r->columns.n_text + i] && r->columns.fields[i].column.index == NO_COLUMN)
            return columns_missing(&request, r->columns.fields[i].column.name, err);
    return TRIAGE_OK;
}

static triage_status next_jsonl(reader *r, row_draft *draft, record_kind *ret_kind,
                                triage_error *err)
{
    triage_status status = TRIAGE_OK;
    jsonl_row row = r->pending;
    *ret_kind = RECORD_ROW;
    if (!r->has_pending)
        status = jsonl_next(&r->jsonl, &row, ret_kind, err);
    r->has_pending = false;
    if (status != TRIAGE_OK)
        return status;
    if (*ret_kind == RECORD_END)
        return check_met(r, err);
    draft->row.line = row.line;
    draft->row.raw = row.raw;
    if (*ret_kind == RECORD_BAD)
        snprintf(draft->reason, sizeof draft->reason, "%s", row.reason);
    else
        draft_jsonl(r, row.object, draft);
    return TRIAGE_OK;
}

static void draft_fasttext(reader *r, slice line, uint64_t number, row_draft *draft)
{
    fasttext_line parts = fasttext_split(line);
    draft->row.text = parts.text;
    set_label(r, draft, 0, parts.label);
    if (r->mode == READER_LABELLED && parts.n_labels > 0 && parts.label.length == 0)
        snprintf(draft->reason, sizeof draft->reason, "nothing behind %s", FASTTEXT_PREFIX);
    if (parts.n_labels < 2 || r->has_said_first_label)
        return;
    r->has_said_first_label = true;
    emit(r, (triage_read_event){.kind = TRIAGE_READ_GUESS,
                                .line = number,
                                .message = "a line has several labels: its first one counts"});
}

/* fastText and text. An empty line is a ticket in a text, whose answers are counted off by line. */
static triage_status next_line(reader *r, row_draft *draft, record_kind *ret_kind,
                               triage_error *err)
{
    line_record line;
    bool keeps_empty = r->format == TRIAGE_FORMAT_TEXT;
    do {
        triage_status status = window_next_line(&r->window, &line, ret_kind, err);
        if (status != TRIAGE_OK)
            return status;
    } while (*ret_kind == RECORD_ROW && !keeps_empty && line.text.length == 0);
    if (*ret_kind == RECORD_END)
        return TRIAGE_OK;
    draft->row.line = line.number;
    draft->row.raw = draft->row.text = line.text;
    if (*ret_kind == RECORD_BAD)
        snprintf(draft->reason, sizeof draft->reason, "%s", line.reason);
    else if (r->format == TRIAGE_FORMAT_FASTTEXT)
        draft_fasttext(r, line.text, line.number, draft);
    return TRIAGE_OK;
}

static triage_status next_record(reader *r, row_draft *draft, record_kind *ret_kind,
                                 triage_error *err)
{
    draft->row = (reader_row){.labels = r->labels};
    draft->reason[0] = '\0';
    buffer_clear(&r->joined);
    triage_status status;
    switch (r->format) {
    case TRIAGE_FORMAT_CSV: status = next_csv(r, draft, ret_kind, err); break;
    case TRIAGE_FORMAT_JSONL: status = next_jsonl(r, draft, ret_kind, err); break;
    default: status = next_line(r, draft, ret_kind, err); break;
    }
    return status == TRIAGE_OK && r->joined.failed ? error_memory(err) : status;
}

static bool has_label(const reader *r)
{
    for (size_t i = 0; i < r->columns.n_fields; i++)
        if (r->labels[i].length > 0)
            return true;
    return false;
}

static void count_row(reader *r, reader_row *row)
{
    row->is_invalid_utf8 = !utf8_is_valid(row->text.data, row->text.length);
    r->report.n_rows++;
    r->report.n_tickets++;
    r->report.n_invalid_utf8 += row->is_invalid_utf8;
    r->report.n_empty_texts += slice_is_blank(row->text);
}

triage_status reader_next(reader *r, reader_row *ret_row, bool *ret_has_row, triage_error *err)
{
    row_draft draft;
    for (;;) {
        record_kind kind;
        triage_status status = next_record(r, &draft, &kind, err);
        if (status != TRIAGE_OK)
            return status;
        report_progress(r, kind == RECORD_END);
        if (kind == RECORD_END) {
            *ret_has_row = false;
            return TRIAGE_OK;
        }
        if (!is_bad(&draft) && r->mode == READER_LABELLED && !has_label(r))
            snprintf(draft.reason, sizeof draft.reason, "no label");
        if (!is_bad(&draft))
            break;
        status = report_bad_row(r, draft.row.line, draft.reason, err);
        if (status != TRIAGE_OK)
            return status;
    }
    count_row(r, &draft.row);
    *ret_row = draft.row;
    *ret_has_row = true;
    return TRIAGE_OK;
}

triage_format reader_format(const reader *r)
{
    return r->format;
}

char reader_separator(const reader *r)
{
    return r->csv.separator;
}

const slice *reader_columns(const reader *r, size_t *ret_n)
{
    *ret_n = r->format == TRIAGE_FORMAT_CSV ? r->n_header : 0;
    return r->header;
}

size_t reader_n_fields(const reader *r)
{
    return r->columns.n_fields;
}

const char *reader_field_name(const reader *r, size_t field)
{
    return r->columns.fields[field].name;
}

bool reader_is_extra_field(const reader *r, size_t field)
{
    return r->columns.fields[field].is_extra;
}

triage_read_report reader_report(const reader *r)
{
    return r->report;
}
