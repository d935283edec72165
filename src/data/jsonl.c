/* SPDX-License-Identifier: MIT */
/* JSONL rows out of a window. */
#include "data/jsonl.h"

#include "base/error.h"

#include <stdio.h>

triage_status jsonl_open(jsonl *j, window *w, triage_error *err)
{
    *j = (jsonl){.w = w, .parser = json_parser_new()};
    return j->parser ? TRIAGE_OK : error_memory(err);
}

void jsonl_close(jsonl *j)
{
    json_free(j->object);
    json_parser_free(j->parser);
    *j = (jsonl){0};
}

static bool is_blank(slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

/* From a line to the row that the caller sees. */
static triage_status read_object(jsonl *j, const line_record *line, jsonl_row *row,
                                 record_kind *ret_kind, triage_error *err)
{
    triage_error problem;
    json_value *value;
    triage_status status =
        json_parse(j->parser, line->text.data, line->text.length, &value, &problem);
    if (status == TRIAGE_ERROR_DATA) {
        snprintf(row->reason, sizeof row->reason, "%s", problem.message);
        *ret_kind = RECORD_BAD;
        return TRIAGE_OK;
    }
    if (status != TRIAGE_OK)
        return error_set(err, status, "%s", problem.message);
    json_kind kind = json_kind_of(value);
    if (kind == JSON_OBJECT) {
        j->object = value;
        row->object = value;
        *ret_kind = RECORD_ROW;
        return TRIAGE_OK;
    }
    json_free(value);
    snprintf(row->reason, sizeof row->reason, "not a JSON object but of type %s",
             json_kind_name(kind));
    *ret_kind = RECORD_BAD;
    return TRIAGE_OK;
}

triage_status jsonl_next(jsonl *j, jsonl_row *ret_row, record_kind *ret_kind, triage_error *err)
{
    json_free(j->object);
    j->object = NULL;
    line_record line;
    record_kind kind;
    do {
        triage_status status = window_next_line(j->w, &line, &kind, err);
        if (status != TRIAGE_OK)
            return status;
    } while (kind == RECORD_ROW && is_blank(line.text));
    *ret_kind = kind;
    if (kind == RECORD_END)
        return TRIAGE_OK;
    *ret_row = (jsonl_row){.raw = line.text, .line = line.number};
    if (kind == RECORD_ROW)
        return read_object(j, &line, ret_row, ret_kind, err);
    snprintf(ret_row->reason, sizeof ret_row->reason, "%s", line.reason);
    return TRIAGE_OK;
}

jsonl_member jsonl_text(const json_value *object, const char *name, slice *ret_text)
{
    const json_value *value;
    if (!json_member(object, name, &value) || json_kind_of(value) == JSON_NULL)
        return JSONL_MISSING;
    return json_scalar_text(value, &ret_text->data, &ret_text->length) ? JSONL_TEXT
                                                                       : JSONL_NOT_TEXT;
}
