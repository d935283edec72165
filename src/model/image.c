/* SPDX-License-Identifier: MIT */
/* Laying out a model file in memory. */
#include "model/image.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#define N_SECTIONS ((size_t)SECTION_END - 1)

static size_t align_up(size_t offset)
{
    return (offset + MODEL_SECTION_ALIGN - 1) / MODEL_SECTION_ALIGN * MODEL_SECTION_ALIGN;
}

/* Places each section behind the other; the length of the file. */
static size_t place_sections(const model_content *content, model_section *table)
{
    size_t end = sizeof(model_header) + N_SECTIONS * sizeof *table;
    for (size_t i = 0; i < N_SECTIONS; i++) {
        size_t length = content->lengths[i + 1], offset = align_up(end);
        table[i] = (model_section){.kind = (uint32_t)i + 1, .offset = offset, .length = length};
        table[i].hash = hash_bytes(content->bytes[i + 1], length);
        end = offset + length;
    }
    return end;
}

triage_status model_image_build(const model_content *content, triage_model **ret_model,
                                triage_error *err)
{
    model_section table[N_SECTIONS];
    model_header header = {.format = MODEL_FORMAT, .n_sections = N_SECTIONS};
    size_t body = sizeof header + sizeof table, length = place_sections(content, table);
    unsigned char *bytes = mem_new_aligned(length, 1);
    if (!bytes)
        return error_memory(err);
    memset(bytes, 0, length);
    for (size_t i = 0; i < N_SECTIONS; i++)
        if (table[i].length > 0)
            memcpy(bytes + table[i].offset, content->bytes[i + 1], table[i].length);
    memcpy(header.magic, MODEL_MAGIC, MODEL_MAGIC_SIZE);
    header.file_length = length;
    header.body_hash = hash_bytes(bytes + body, length - body);
    header.table_hash = hash_bytes(table, sizeof table);
    header.header_hash = hash_bytes(&header, offsetof(model_header, header_hash));
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, table, sizeof table);
    return model_take_bytes(bytes, length, ret_model, err);
}
