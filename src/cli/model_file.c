/* SPDX-License-Identifier: MIT */
/* Opening and describing model files. */
#include "cli/model_file.h"

#include "base/error.h"

#include <string.h>

/* The message with the path in front, unless it names the path itself. */
static triage_status with_path(const char *path, triage_status status, triage_error *err)
{
    if (status != TRIAGE_OK && err->status == status && !strstr(err->message, path)) {
        char message[TRIAGE_ERROR_MESSAGE_SIZE];
        memcpy(message, err->message, sizeof message);
        error_set(err, status, "%s: %s", path, message);
    }
    return status;
}

triage_status model_file_open(const char *path, triage_model **ret_model, triage_error *err)
{
    triage_model *model = NULL;
    triage_status status = triage_model_open(path, &model, err);
    if (status == TRIAGE_OK)
        status = triage_model_verify(model, err);
    if (status == TRIAGE_OK)
        *ret_model = model;
    else
        triage_model_free(model);
    return with_path(path, status, err);
}

triage_status model_file_metadata(const triage_model *model, json_value **ret_metadata,
                                  triage_error *err)
{
    size_t length = 0;
    const char *text = triage_model_metadata(model, &length);
    json_parser *parser = json_parser_new();
    if (!parser)
        return error_memory(err);
    json_value *metadata = NULL;
    triage_error cause = {0};
    triage_status status = json_parse(parser, text, length, &metadata, &cause);
    json_parser_free(parser);
    if (status == TRIAGE_ERROR_MEMORY)
        return error_memory(err);
    if (status != TRIAGE_OK)
        return error_set(err, TRIAGE_ERROR_MODEL, "the model's metadata is %s", cause.message);
    if (json_kind_of(metadata) != JSON_OBJECT) {
        json_free(metadata);
        return error_set(err, TRIAGE_ERROR_MODEL, "the model's metadata is not a JSON object");
    }
    *ret_metadata = metadata;
    return TRIAGE_OK;
}

const char *model_file_version(const json_value *metadata)
{
    const json_value *version;
    const char *text;
    size_t length;
    bool has_version =
        json_member(metadata, "version", &version) && json_string(version, &text, &length);
    return has_version ? text : "";
}

void model_file_write_identity(const triage_model *model, const json_value *metadata,
                               json_writer *w)
{
    char sha256[65];
    triage_model_sha256(model, sha256);
    json_begin_object(w);
    json_write_key(w, "version");
    json_write_text(w, model_file_version(metadata));
    json_write_key(w, "bytes");
    json_write_uint(w, triage_model_size_bytes(model));
    json_write_key(w, "sha256");
    json_write_text(w, sha256);
    json_end_object(w);
}

/* A container that is being written, and how far that is. */
typedef struct open_container {
    const json_value *value;
    json_cursor cursor; /* of an object */
    size_t index;       /* of an array */
} open_container;

static void write_scalar(const json_value *value, json_writer *w)
{
    const char *text = "null";
    size_t length = strlen(text);
    if (json_string(value, &text, &length))
        json_write_string(w, text, length);
    else {
        (void)json_scalar_text(value, &text, &length);
        json_write_raw(w, text, length);
    }
}

/* The next value of the container, its key written if it has one; false, and it closed, if none. */
static bool next_value(open_container *c, json_writer *w, const json_value **ret_value)
{
    const char *name;
    if (json_kind_of(c->value) == JSON_OBJECT) {
        if (json_next_member(c->value, &c->cursor, &name, ret_value)) {
            json_write_key(w, name);
            return true;
        }
        json_end_object(w);
        return false;
    }
    if (c->index < json_length(c->value)) {
        *ret_value = json_element(c->value, c->index++);
        return true;
    }
    json_end_array(w);
    return false;
}

void model_file_write_value(const json_value *value, json_writer *w)
{
    /* The parser lets no value through that is nested deeper. */
    open_container open[JSON_MAX_DEPTH + 1];
    size_t depth = 0;
    do {
        json_kind kind = json_kind_of(value);
        if (kind == JSON_OBJECT)
            json_begin_object(w);
        else if (kind == JSON_ARRAY)
            json_begin_array(w);
        else
            write_scalar(value, w);
        if ((kind == JSON_OBJECT || kind == JSON_ARRAY) && depth <= JSON_MAX_DEPTH)
            open[depth++] = (open_container){.value = value};
        while (depth > 0 && !next_value(&open[depth - 1], w, &value))
            depth--;
    } while (depth > 0);
}
