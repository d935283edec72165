/* SPDX-License-Identifier: MIT */
/* Putting the sections of a model together to the bytes of a file. */
#ifndef MODEL_IMAGE_H
#define MODEL_IMAGE_H

#include "model/format.h"
#include "triage/model.h"

/* The content of each section, by kind; borrowed. */
typedef struct model_content {
    const void *bytes[SECTION_END];
    size_t lengths[SECTION_END];
} model_content;

/* A model in memory from its sections. ERROR_MEMORY; ERROR_MODEL if the sections do not fit each
 * other. */
triage_status model_image_build(const model_content *content, triage_model **ret_model,
                                triage_error *err) TRIAGE_CHECKED;

#endif
