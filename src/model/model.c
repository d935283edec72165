/* SPDX-License-Identifier: MIT */
/* A model's life: open, verify, save, free; and what it says about itself. */
#include "model/model.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

triage_status model_take_bytes(unsigned char *bytes, size_t length, triage_model **ret_model,
                               triage_error *err)
{
    triage_model *model = mem_new_zeroed(1, sizeof *model);
    if (!model) {
        free(bytes);
        return error_memory(err);
    }
    model->owned = bytes;
    model->bytes = bytes;
    model->length = length;
    triage_status status = model_read(model, err);
    if (status == TRIAGE_OK)
        *ret_model = model;
    else
        triage_model_free(model);
    return status;
}

/* Puts the file's name before the message of a reader that does not know it. */
static void error_add_path(triage_error *err, const char *path)
{
    char message[TRIAGE_ERROR_MESSAGE_SIZE];
    if (!err)
        return;
    memcpy(message, err->message, sizeof message);
    error_set(err, err->status, "%s: %s", path, message);
}

triage_status triage_model_open(const char *path, triage_model **ret_model, triage_error *err)
{
    if (!path || !ret_model)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "triage_model_open: path and ret_model are needed");
    triage_model *model = mem_new_zeroed(1, sizeof *model);
    if (!model)
        return error_memory(err);
    triage_status status = file_map_open(path, &model->map, err);
    if (status == TRIAGE_OK) {
        model->bytes = model->map.data;
        model->length = model->map.length;
        status = model_read(model, err);
        if (status != TRIAGE_OK)
            error_add_path(err, path);
    }
    if (status == TRIAGE_OK)
        *ret_model = model;
    else
        triage_model_free(model);
    return status;
}

triage_status triage_model_verify(const triage_model *model, triage_error *err)
{
    model_header header;
    memcpy(&header, model->bytes, sizeof header);
    size_t body = sizeof header + header.n_sections * sizeof(model_section);
    if (hash_bytes(model->bytes + body, model->length - body) != header.body_hash)
        return error_set(err, TRIAGE_ERROR_MODEL,
                         "the model file is damaged: its content has a wrong checksum");
    return TRIAGE_OK;
}

triage_status triage_model_save(const triage_model *model, const char *path, triage_error *err)
{
    if (!model || !path)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "triage_model_save: model and path are needed");
    return file_write_atomic(path, model->bytes, model->length, err);
}

void triage_model_free(triage_model *model)
{
    if (!model)
        return;
    for (uint32_t f = 0; model->fields && f < model->n_fields; f++)
        free(model->fields[f].labels);
    free(model->fields);
    free(model->owned);
    file_unmap(&model->map);
    free(model);
}

size_t triage_model_size_bytes(const triage_model *model)
{
    return model->length;
}

void triage_model_sha256(const triage_model *model, char ret_hex[65])
{
    hash_sha256_hex(model->bytes, model->length, ret_hex);
}

const char *triage_model_metadata(const triage_model *model, size_t *ret_length)
{
    if (ret_length)
        *ret_length = model->sections[SECTION_METADATA].length;
    return (const char *)model->bytes + model->sections[SECTION_METADATA].offset;
}

size_t triage_model_n_fields(const triage_model *model)
{
    return model->n_fields;
}

const char *triage_model_field_name(const triage_model *model, size_t field)
{
    return model->fields[field].name;
}

size_t triage_model_n_labels(const triage_model *model, size_t field)
{
    return model->fields[field].n_labels;
}

const char *triage_model_label_name(const triage_model *model, size_t field, size_t label)
{
    return model->fields[field].labels[label];
}

float triage_model_threshold(const triage_model *model, size_t field, size_t label)
{
    return model->thresholds[model->fields[field].first_lane + label];
}

float triage_model_prior(const triage_model *model, size_t field, size_t label)
{
    return model->priors[model->fields[field].first_lane + label];
}

size_t triage_model_n_features(const triage_model *model)
{
    return (size_t)model->words.n + model->pairs.n + model->grams.n;
}
