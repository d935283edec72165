/* SPDX-License-Identifier: MIT */
/* feedback.jsonl, written and read. */
#include "services/feedback_line.h"

#include "base/error.h"
#include "base/number.h"
#include "base/timestamp.h"

#include <string.h>

/* Numbers above are milliseconds, below seconds: the year 5138 in seconds, 1973 in milliseconds. */
#define FIRST_MILLISECONDS 1e11

/* The end of the year 9999, the last with four digits. */
#define LAST_MS 253402300799999.0

/* NULL-terminated, the name that is written first. */
static const char *const label_names[] = {
    "label", "correct", "corrected", "correct_label", "corrected_label", "actual", NULL};
static const char *const predicted_names[] = {"predicted", "prediction", "predicted_label", NULL};
static const char *const time_names[] = {"created_at", "timestamp", "time", NULL};
static const char *const field_names[] = {"field", NULL};
static const char *const source_names[] = {"source", NULL};
static const char *const version_names[] = {"model_version", NULL};
static const char *const comment_names[] = {"comment", NULL};
static const char *const confidence_names[] = {"confidence", NULL};

/* The first member of these names that is there and not null; NULL: none. */
static const json_value *member(const json_value *object, const char *const *names,
                                const char **ret_name)
{
    for (size_t i = 0; names[i]; i++) {
        const json_value *value;
        if (json_member(object, names[i], &value) && json_kind_of(value) != JSON_NULL) {
            *ret_name = names[i];
            return value;
        }
    }
    return NULL;
}

static store_text trim(store_text text)
{
    while (text.length > 0 && strchr(" \t\r\n", text.data[text.length - 1]))
        text.length--;
    while (text.length > 0 && strchr(" \t\r\n", text.data[0])) {
        text.data++;
        text.length--;
    }
    return text;
}

/* A short text, trimmed, of one of these names; untouched if there is none. */
static triage_status read_name(const json_value *object, const char *const *names,
                               store_text *io_text, triage_error *err)
{
    const char *name;
    const json_value *value = member(object, names, &name);
    store_text text;
    if (!value)
        return TRIAGE_OK;
    if (!json_scalar_text(value, &text.data, &text.length))
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is not text but %s", name,
                         json_kind_name(json_kind_of(value)));
    text = trim(text);
    if (text.length > FEEDBACK_MAX_NAME)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is longer than %d bytes", name,
                         FEEDBACK_MAX_NAME);
    if (memchr(text.data, '\0', text.length))
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' has a NUL in it", name);
    if (text.length > 0)
        *io_text = text;
    return TRIAGE_OK;
}

static bool read_part(const json_value *object, const char *name, store_text *ret_text)
{
    const json_value *value;
    return json_member(object, name, &value) &&
           json_string(value, &ret_text->data, &ret_text->length);
}

static triage_status read_text(const json_value *object, buffer *joined, store_text *ret_text,
                               triage_error *err)
{
    store_text subject, body;
    if (!read_part(object, "text", ret_text)) {
        if (!read_part(object, "subject", &subject) || !read_part(object, "body", &body))
            return error_set(err, TRIAGE_ERROR_DATA, "there is no 'text'");
        buffer_clear(joined);
        buffer_append(joined, subject.data, subject.length);
        buffer_append_char(joined, '\n');
        buffer_append(joined, body.data, body.length);
        if (!buffer_string(joined))
            return error_memory(err);
        *ret_text = (store_text){joined->data, joined->length};
    }
    if (memchr(ret_text->data, '\0', ret_text->length))
        return error_set(err, TRIAGE_ERROR_DATA, "the text has a NUL in it");
    return trim(*ret_text).length > 0 ? TRIAGE_OK
                                      : error_set(err, TRIAGE_ERROR_DATA, "the text is empty");
}

/* From 1970 to 9999; false for anything else. */
static bool parse_time(const json_value *value, int64_t *ret_ms)
{
    const char *text;
    size_t length;
    double number;
    int64_t ms;
    if (!json_scalar_text(value, &text, &length))
        return false;
    if (json_kind_of(value) == JSON_STRING && timestamp_parse(text, length, &ms)) {
        if (ms < 0)
            return false;
    } else {
        if (!number_parse_real(text, length, 0, LAST_MS, &number))
            return false;
        ms = (int64_t)(number < FIRST_MILLISECONDS ? number * 1000 : number);
    }
    *ret_ms = ms;
    return true;
}

static triage_status read_time(const json_value *object, int64_t *io_ms, triage_error *err)
{
    const char *name;
    const json_value *value = member(object, time_names, &name);
    if (!value || parse_time(value, io_ms))
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_DATA,
                     "'%s' is neither a time such as 2026-01-31T12:00:00Z nor the seconds since "
                     "1970",
                     name);
}

static triage_status read_confidence(const json_value *object, double *io_confidence,
                                     triage_error *err)
{
    const char *name;
    double number;
    const json_value *value = member(object, confidence_names, &name);
    if (!value)
        return TRIAGE_OK;
    if (!json_double(value, &number) || !(number >= 0 && number <= 1))
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is not a number from 0 to 1", name);
    *io_confidence = number;
    return TRIAGE_OK;
}

triage_status feedback_line_read(const json_value *object, const feedback_defaults *defaults,
                                 buffer *joined, store_feedback *ret_feedback, triage_error *err)
{
    store_feedback f = {
        .created_at = defaults->created_at,
        .field = {defaults->field, strlen(defaults->field)},
        .source = {defaults->source, strlen(defaults->source)},
        .confidence = -1,
        .surprise = -1,
        .status = STORE_FEEDBACK_ACCEPTED,
    };
    if (json_kind_of(object) != JSON_OBJECT)
        return error_set(err, TRIAGE_ERROR_DATA, "not a JSON object");
    const struct {
        const char *const *names;
        store_text *place;
    } texts[] = {
        {field_names, &f.field},         {label_names, &f.label},
        {predicted_names, &f.predicted}, {version_names, &f.model_version},
        {source_names, &f.source},       {comment_names, &f.comment},
    };
    triage_status status = read_text(object, joined, &f.text, err);
    for (size_t i = 0; status == TRIAGE_OK && i < sizeof texts / sizeof *texts; i++)
        status = read_name(object, texts[i].names, texts[i].place, err);
    if (status == TRIAGE_OK)
        status = read_time(object, &f.created_at, err);
    if (status == TRIAGE_OK)
        status = read_confidence(object, &f.confidence, err);
    if (status == TRIAGE_OK && f.label.length == 0)
        status = error_set(err, TRIAGE_ERROR_DATA, "there is no 'label'");
    if (status == TRIAGE_OK)
        *ret_feedback = f;
    return status;
}

static void write_text(json_writer *w, const char *key, store_text text)
{
    json_write_key(w, key);
    if (text.data)
        json_write_string(w, text.data, text.length);
    else
        json_write_null(w);
}

void feedback_line_append(const store_feedback *f, bool has_status, buffer *out)
{
    char time[TIMESTAMP_SIZE];
    json_writer w = {.out = out};
    timestamp_format(f->created_at, time);
    json_begin_object(&w);
    write_text(&w, "text", f->text);
    write_text(&w, "field", f->field);
    write_text(&w, "label", f->label);
    write_text(&w, "predicted", f->predicted);
    json_write_key(&w, "confidence");
    if (f->confidence >= 0)
        json_write_double(&w, f->confidence);
    else
        json_write_null(&w);
    write_text(&w, "model_version", f->model_version);
    write_text(&w, "source", f->source);
    json_write_key(&w, "created_at");
    json_write_text(&w, time);
    if (has_status) {
        json_write_key(&w, "status");
        json_write_text(&w, store_feedback_status_name(f->status));
    }
    json_end_object(&w);
    buffer_append_char(out, '\n');
}
