/* SPDX-License-Identifier: MIT */
/* Which columns hold the text and the labels. */
#include "data/columns.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/limits.h"

#include <stdlib.h>

/* A message lists at most so many columns. */
#define MAX_LISTED 20

/* In each list, the first name that a header has is taken. */
static const char *const WHOLE_TEXTS[] = {"text", "document", NULL};
static const char *const HEADLINES[] = {"subject", "short_description", "title", "summary", NULL};
static const char *const BODIES[] = {"body", "description", "message", "content", "details", NULL};
static const char *const OTHER_TEXTS[] = {"question", "utterance", "query",       "sentence",
                                          "request",  "ticket",    "issue",       "complaint",
                                          "comment",  "narrative", "instruction", NULL};
static const char *const MAIN_FIELDS[] = {
    "label", "category", "topic_group", "intent",           "queue", "topic",
    "class", "target",   "department",  "assignment_group", "type",  NULL};
/* All of these that a header has are taken beside the main one. */
static const char *const EXTRA_FIELDS[] = {"subcategory",
                                           "sub_category",
                                           "queue",
                                           "type",
                                           "priority",
                                           "urgency",
                                           "severity",
                                           "impact",
                                           "assignment_group",
                                           "assigned_group",
                                           "department",
                                           "team",
                                           NULL};

void columns_free(columns *c)
{
    for (size_t i = 0; i < c->n_text; i++)
        free(c->text[i].name);
    for (size_t i = 0; i < c->n_fields; i++) {
        free(c->fields[i].name);
        free(c->fields[i].column.name);
    }
    free(c->text);
    free(c->fields);
    *c = (columns){0};
}

static char *copy_of(slice s)
{
    return mem_copy_string(s.data, s.length);
}

static bool add_text(columns *c, slice name, size_t index)
{
    column *grown = realloc(c->text, (c->n_text + 1) * sizeof *grown);
    if (!grown)
        return false;
    c->text = grown;
    c->text[c->n_text] = (column){.name = copy_of(name), .index = index};
    return c->text[c->n_text++].name != NULL;
}

static bool add_field(columns *c, slice name, slice column_name, size_t index, bool is_extra)
{
    field_column *grown = realloc(c->fields, (c->n_fields + 1) * sizeof *grown);
    if (!grown)
        return false;
    c->fields = grown;
    field_column *field = &grown[c->n_fields++];
    *field = (field_column){.column = {.name = copy_of(column_name), .index = index},
                            .name = copy_of(name),
                            .is_extra = is_extra};
    return field->name && field->column.name;
}

static size_t find_exactly(const column_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_header; i++)
        if (slice_equal(r->header[i], (slice){name, strlen(name)}))
            return i;
    return NO_COLUMN;
}

static char comparable(char c)
{
    return c == ' ' || c == '-' || c == '.' ? '_' : ascii_lower(c);
}

static bool is_common_name(slice written, const char *name)
{
    static const char prefix[] = "ticket_";
    size_t length = strlen(name), skip = 0;
    while (skip < sizeof prefix - 1 && skip < written.length &&
           comparable(written.data[skip]) == prefix[skip])
        skip++;
    skip = skip == sizeof prefix - 1 ? skip : 0;
    if (written.length - skip != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (comparable(written.data[skip + i]) != name[i])
            return false;
    return true;
}

/* The header's column with the first of the names that it has. */
static size_t find_common(const column_request *r, const char *const *names)
{
    for (; *names; names++)
        for (size_t i = 0; i < r->n_header; i++)
            if (is_common_name(r->header[i], *names))
                return i;
    return NO_COLUMN;
}

static void list_columns(const column_request *r, buffer *list)
{
    size_t n = r->n_header < MAX_LISTED ? r->n_header : MAX_LISTED;
    for (size_t i = 0; i < n; i++)
        buffer_printf(list, "%s'%.*s'", i ? ", " : "", (int)r->header[i].length, r->header[i].data);
    if (n < r->n_header)
        buffer_printf(list, " and %zu more", r->n_header - n);
}

/* `format` has two %s: the file and the list of columns. */
static triage_status refuse(const column_request *r, const char *what, triage_error *err)
{
    buffer list = {0};
    list_columns(r, &list);
    const char *columns_text = buffer_string(&list);
    triage_status status =
        columns_text ? error_set(err, TRIAGE_ERROR_DATA, "'%s' has no %s; its columns are %s",
                                 r->file, what, columns_text)
                     : error_memory(err);
    buffer_free(&list);
    return status;
}

triage_status columns_missing(const column_request *request, const char *name, triage_error *err)
{
    buffer what = {0};
    buffer_printf(&what, "column '%s'", name);
    const char *text = buffer_string(&what);
    triage_status status = text ? refuse(request, text, err) : error_memory(err);
    buffer_free(&what);
    return status;
}

static triage_status check_column(const column_request *r, const column *chosen, triage_error *err)
{
    if (chosen->index == NO_COLUMN)
        return r->must_exist ? columns_missing(r, chosen->name, err) : TRIAGE_OK;
    for (size_t i = chosen->index + 1; i < r->n_header; i++)
        if (slice_equal(r->header[i], r->header[chosen->index]))
            return error_set(err, TRIAGE_ERROR_DATA, "'%s' has two columns '%s'", r->file,
                             chosen->name);
    return TRIAGE_OK;
}

static triage_status check(const column_request *r, const columns *c, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; i < c->n_text && status == TRIAGE_OK; i++)
        status = check_column(r, &c->text[i], err);
    for (size_t i = 0; i < c->n_fields && status == TRIAGE_OK; i++)
        status = check_column(r, &c->fields[i].column, err);
    return status;
}

static triage_status take_asked_text(const column_request *r, columns *c, triage_error *err)
{
    for (size_t i = 0; i < r->options->n_text_columns; i++) {
        const char *name = r->options->text_columns[i];
        if (!name)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "text column %zu has no name", i + 1);
        if (!add_text(c, (slice){name, strlen(name)}, find_exactly(r, name)))
            return error_memory(err);
    }
    return TRIAGE_OK;
}

static triage_status take_asked_fields(const column_request *r, columns *c, triage_error *err)
{
    const triage_read_options *o = r->options;
    if (o->n_fields > MAX_FIELDS)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "more than %d fields", MAX_FIELDS);
    for (size_t i = 0; i < o->n_fields; i++) {
        const char *column_name = o->fields[i].column;
        if (!column_name)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "field %zu has no column", i + 1);
        const char *name = o->fields[i].name ? o->fields[i].name : column_name;
        for (size_t k = 0; k < c->n_fields; k++)
            if (strcmp(c->fields[k].name, name) == 0)
                return error_set(err, TRIAGE_ERROR_ARGUMENT, "two fields are named '%s'", name);
        if (!add_field(c, (slice){name, strlen(name)}, (slice){column_name, strlen(column_name)},
                       find_exactly(r, column_name), false))
            return error_memory(err);
    }
    return TRIAGE_OK;
}

static bool add_text_at(const column_request *r, columns *c, size_t index)
{
    return index == NO_COLUMN || add_text(c, r->header[index], index);
}

static bool add_field_at(const column_request *r, columns *c, size_t index, bool is_extra)
{
    for (size_t i = 0; i < c->n_fields; i++)
        if (c->fields[i].column.index == index)
            return true;
    slice name = r->header[index];
    return add_field(c, name, name, index, is_extra);
}

/* The only column that is not `taken`, if there is just one such. */
static size_t find_other(const column_request *r, size_t taken)
{
    if (r->n_header == 1 && taken == NO_COLUMN)
        return 0;
    return r->n_header == 2 && taken < 2 ? 1 - taken : NO_COLUMN;
}

static triage_status guess_text(const column_request *r, columns *c, triage_error *err)
{
    size_t whole = find_common(r, WHOLE_TEXTS);
    if (whole == NO_COLUMN) {
        bool is_added = add_text_at(r, c, find_common(r, HEADLINES)) &&
                        add_text_at(r, c, find_common(r, BODIES));
        if (!is_added)
            return error_memory(err);
        if (c->n_text > 0)
            return TRIAGE_OK;
        whole = find_common(r, OTHER_TEXTS);
    }
    if (whole == NO_COLUMN) {
        size_t field = c->n_fields ? c->fields[0].column.index : find_common(r, MAIN_FIELDS);
        whole = find_other(r, field);
    }
    if (whole == NO_COLUMN)
        return refuse(r, "column that looks like the text", err);
    return add_text_at(r, c, whole) ? TRIAGE_OK : error_memory(err);
}

static triage_status guess_fields(const column_request *r, columns *c, triage_error *err)
{
    size_t main_field = find_common(r, MAIN_FIELDS);
    if (main_field == NO_COLUMN)
        main_field = find_other(r, c->text[0].index);
    if (main_field == NO_COLUMN || main_field == c->text[0].index)
        return refuse(r, "column that looks like a label", err);
    if (!add_field_at(r, c, main_field, false))
        return error_memory(err);
    for (size_t k = 0; EXTRA_FIELDS[k]; k++) {
        const char *const names[] = {EXTRA_FIELDS[k], NULL};
        size_t index = find_common(r, names);
        if (index != NO_COLUMN && !add_field_at(r, c, index, true))
            return error_memory(err);
    }
    return TRIAGE_OK;
}

static void describe_text(const columns *c, buffer *guess)
{
    buffer_append_text(guess, "text from ");
    for (size_t i = 0; i < c->n_text; i++)
        buffer_printf(guess, "%s'%s'", i ? " + " : "", c->text[i].name);
}

static void describe_fields(const columns *c, buffer *guess)
{
    buffer_printf(guess, "%s%s", guess->length ? "; " : "",
                  c->n_fields == 1 ? "field " : "fields ");
    for (size_t i = 0; i < c->n_fields; i++)
        buffer_printf(guess, "%s'%s'", i ? ", " : "", c->fields[i].name);
}

triage_status columns_choose(const column_request *request, columns *ret_columns, buffer *guess,
                             triage_error *err)
{
    columns c = {0};
    triage_status status = take_asked_fields(request, &c, err);
    if (status == TRIAGE_OK)
        status = take_asked_text(request, &c, err);
    if (status == TRIAGE_OK && c.n_text == 0) {
        status = guess_text(request, &c, err);
        if (status == TRIAGE_OK)
            describe_text(&c, guess);
    }
    if (status == TRIAGE_OK && c.n_fields == 0 && request->needs_fields) {
        status = guess_fields(request, &c, err);
        if (status == TRIAGE_OK)
            describe_fields(&c, guess);
    }
    if (status == TRIAGE_OK)
        status = check(request, &c, err);
    if (status == TRIAGE_OK && guess->failed)
        status = error_memory(err);
    if (status == TRIAGE_OK)
        *ret_columns = c;
    else
        columns_free(&c);
    return status;
}

triage_status columns_of_lines(const column_request *request, columns *ret_columns,
                               triage_error *err)
{
    const triage_read_options *o = request->options;
    columns c = {0};
    triage_status status = TRIAGE_OK;
    if (o->n_fields > 1)
        status = error_set(err, TRIAGE_ERROR_DATA,
                           "'%s' has one label a line and cannot have %zu fields", request->file,
                           o->n_fields);
    else if (o->n_fields == 1)
        status = take_asked_fields(request, &c, err);
    else if (!add_field(&c, (slice){"label", 5}, (slice){"label", 5}, NO_COLUMN, false))
        status = error_memory(err);
    if (status == TRIAGE_OK)
        *ret_columns = c;
    else
        columns_free(&c);
    return status;
}
