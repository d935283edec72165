/* SPDX-License-Identifier: MIT */
/* A model file as the commands use it: verified before use, its metadata read as JSON. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "base/json.h"
#include "triage/model.h"

/* Opens the model at `path` and compares its checksum. Errors as triage_model_open(), with the path
 * in the message. The model is the caller's. */
triage_status model_file_open(const char *path, triage_model **ret_model,
                              triage_error *err) TRIAGE_CHECKED;

/*
 * What the trainer wrote about the model, an object; the caller's, to be freed with json_free().
 * ERROR_MODEL if it is not JSON or no object, ERROR_MEMORY.
 */
triage_status model_file_metadata(const triage_model *model, json_value **ret_metadata,
                                  triage_error *err) TRIAGE_CHECKED;

/* The "version" of the metadata; "" if it has none. Owned by `metadata`. */
const char *model_file_version(const json_value *metadata);

/* {"version","bytes","sha256"} of the model: the value of "model" in the JSON of the commands. */
void model_file_write_identity(const triage_model *model, const json_value *metadata,
                               json_writer *w);

#endif
