/* SPDX-License-Identifier: MIT */
/* Fields and their columns. */
#include "cli/field_columns.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/reader.h"

#include <stdlib.h>
#include <string.h>

void field_columns_free(field_columns *f)
{
    free(f->items);
    text_list_free(&f->texts);
    *f = (field_columns){0};
}

/* `name` (NULL: the same as the column) and `column` are borrowed. */
static bool add(field_columns *f, const char *name, const char *column)
{
    if (!mem_reserve((void **)&f->items, &f->capacity, f->count + 1, sizeof *f->items))
        return false;
    f->items[f->count++] = (triage_field_column){.name = name, .column = column};
    return true;
}

/* Splits at the first '='. */
static triage_status parse_one(field_columns *f, const char *text, triage_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return add(f, NULL, text) ? TRIAGE_OK : error_memory(err);
    if (equals == text || equals[1] == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "--field: '%s' is not COL or NAME=COL, such as category=Topic_group",
                         text);
    if (!text_list_add_part(&f->texts, text, (size_t)(equals - text)) ||
        !add(f, f->texts.items[f->texts.count - 1], equals + 1))
        return error_memory(err);
    return TRIAGE_OK;
}

triage_status field_columns_parse(field_columns *f, const text_list *options, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; status == TRIAGE_OK && i < options->count; i++)
        status = parse_one(f, options->items[i], err);
    return status;
}

/* What the first file says of itself. */
typedef struct file_columns {
    reader *reader;
    json_parser *parser;
    json_value *first; /* JSONL: its first object */
} file_columns;

static void file_columns_close(file_columns *file)
{
    json_free(file->first);
    json_parser_free(file->parser);
    reader_close(file->reader);
}

/* False if the file tells nothing. */
static bool file_columns_open(file_columns *file, const char *path,
                              const triage_read_options *options)
{
    reader_row row;
    bool has_row = false;
    if (reader_open(path, options, READER_UNLABELLED, &file->reader, NULL) != TRIAGE_OK)
        return false;
    if (reader_format(file->reader) != TRIAGE_FORMAT_JSONL)
        return true;
    file->parser = json_parser_new();
    return file->parser && reader_next(file->reader, &row, &has_row, NULL) == TRIAGE_OK &&
           has_row &&
           json_parse(file->parser, row.raw.data, row.raw.length, &file->first, NULL) == TRIAGE_OK;
}

static bool has_column(const file_columns *file, const char *name)
{
    const json_value *value;
    if (file->first)
        return json_member(file->first, name, &value);
    size_t n_columns;
    const slice *columns = reader_columns(file->reader, &n_columns);
    for (size_t i = 0; i < n_columns; i++) {
        if (slice_equal(columns[i], (slice){name, strlen(name)}))
            return true;
    }
    return false;
}

static triage_status add_same_names(field_columns *f, const char *path,
                                    const triage_read_options *options, const triage_model *model,
                                    triage_error *err)
{
    file_columns file = {0};
    triage_status status = TRIAGE_OK;
    if (file_columns_open(&file, path, options)) {
        for (size_t i = 0; status == TRIAGE_OK && i < triage_model_n_fields(model); i++) {
            const char *name = triage_model_field_name(model, i);
            if (has_column(&file, name) && !add(f, name, name))
                status = error_memory(err);
        }
    }
    file_columns_close(&file);
    return status;
}

/* The main field that reading would guess, under the name of the model's only field. */
static triage_status add_guess(field_columns *f, const char *path,
                               const triage_read_options *options, const char *name, console *c,
                               triage_error *err)
{
    reader *r = NULL;
    triage_status status = TRIAGE_OK;
    if (reader_open(path, options, READER_LABELLED, &r, NULL) != TRIAGE_OK)
        return TRIAGE_OK;
    for (size_t i = 0; i < reader_n_fields(r); i++) {
        const char *column = reader_field_name(r, i);
        if (reader_is_extra_field(r, i))
            continue;
        if (!text_list_add_part(&f->texts, column, strlen(column)) ||
            !add(f, name, f->texts.items[f->texts.count - 1]))
            status = error_memory(err);
        else
            console_note(c, "%s: '%s' is compared with the model's field '%s'", path, column, name);
        break;
    }
    reader_close(r);
    return status;
}

triage_status field_columns_match(field_columns *f, const data_settings *settings,
                                  const text_list *paths, const triage_model *model, console *c,
                                  triage_error *err)
{
    const char *path = paths->items[0];
    triage_read_options options = {
        .format = data_format(settings->format),
        .text_columns = settings->text_columns.items,
        .n_text_columns = settings->text_columns.count,
    };
    /* Standard input can be read but once. */
    if (strcmp(path, "-") == 0)
        return TRIAGE_OK;
    triage_status status = add_same_names(f, path, &options, model, err);
    if (status == TRIAGE_OK && f->count == 0 && triage_model_n_fields(model) == 1)
        status = add_guess(f, path, &options, triage_model_field_name(model, 0), c, err);
    return status;
}
