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
