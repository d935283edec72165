/* SPDX-License-Identifier: MIT */
/*
 * Reading a model file that may be truncated, damaged or hostile: nothing in it is used before it
 * has been checked against the length of the file.
 */
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "model/kernels.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

/* More fields or labels than any help desk has; bounds what a small hostile file can make us
 * allocate. */
#define MAX_FIELDS 1024
#define MAX_LABELS 65535

#define BAD(...) error_set(err, TRIAGE_ERROR_MODEL, __VA_ARGS__)

static triage_status check_header(const triage_model *model, model_header *ret_header,
                                  triage_error *err)
{
    model_header header;
    if (model->length < MODEL_MAGIC_SIZE ||
        memcmp(model->bytes, MODEL_MAGIC, MODEL_MAGIC_SIZE) != 0)
        return BAD("not a triage model");
    if (model->length < sizeof header)
        return BAD("the model file is cut off in its header");
    memcpy(&header, model->bytes, sizeof header);
    if (header.format > MODEL_FORMAT)
        return error_set(err, TRIAGE_ERROR_VERSION,
                         "the model has format %u, this version of triage reads up to format %u",
                         header.format, MODEL_FORMAT);
    if (header.header_hash != hash_bytes(&header, offsetof(model_header, header_hash)))
        return BAD("the model file is damaged: its header has a wrong checksum");
    if (header.format == 0)
        return BAD("the model file has format 0");
    if (header.file_length != model->length)
        return BAD("the model file is cut off: it has %zu of %llu bytes", model->length,
                   (unsigned long long)header.file_length);
    if (header.n_sections > MODEL_MAX_SECTIONS ||
        sizeof header + header.n_sections * sizeof(model_section) > model->length)
        return BAD("the model file is damaged: %u sections", header.n_sections);
    *ret_header = header;
    return TRIAGE_OK;
}

static triage_status check_section(const triage_model *model, const model_section *section,
                                   triage_error *err)
{
    if (section->offset % MODEL_SECTION_ALIGN != 0 || section->offset > model->length ||
        section->length > model->length - section->offset)
        return BAD("the model file is damaged: section %u is outside of it", section->kind);
    if (section->kind <= SECTION_METADATA &&
        section->hash != hash_bytes(model->bytes + section->offset, section->length))
        return BAD("the model file is damaged: section %u has a wrong checksum", section->kind);
    return TRIAGE_OK;
}

static triage_status read_table(triage_model *model, triage_error *err)
{
    model_header header = {0};
    triage_status status = check_header(model, &header, err);
    if (status != TRIAGE_OK)
        return status;
    const unsigned char *table = model->bytes + sizeof header;
    if (header.table_hash != hash_bytes(table, header.n_sections * sizeof(model_section)))
        return BAD("the model file is damaged: its section table has a wrong checksum");
    for (uint32_t i = 0; i < header.n_sections; i++) {
        model_section section;
        memcpy(&section, table + i * sizeof section, sizeof section);
        if (section.kind == 0 || section.kind >= SECTION_END)
            continue;
        if (model->sections[section.kind].kind != 0)
            return BAD("the model file is damaged: section %u twice", section.kind);
        status = check_section(model, &section, err);
        if (status != TRIAGE_OK)
            return status;
        model->sections[section.kind] = section;
    }
    for (uint32_t kind = 1; kind < SECTION_END; kind++)
        if (model->sections[kind].kind == 0)
            return BAD("the model file is damaged: section %u is missing", kind);
    return TRIAGE_OK;
}

static const void *section_bytes(const triage_model *model, section_kind kind)
{
    return model->bytes + model->sections[kind].offset;
}

/* A position in the labels section. */
typedef struct label_reader {
    const unsigned char *at;
    size_t left;
} label_reader;

static bool read_u32(label_reader *r, uint32_t *ret_value)
{
    if (r->left < sizeof *ret_value)
        return false;
    memcpy(ret_value, r->at, sizeof *ret_value);
    r->at += sizeof *ret_value;
    r->left -= sizeof *ret_value;
    return true;
}

/* A string of the section, which must be followed by a NUL and have none inside. */
static bool read_string(label_reader *r, const char **ret_text)
{
    uint32_t length;
    if (!read_u32(r, &length) || length >= r->left || memchr(r->at, 0, length) ||
        r->at[length] != 0)
        return false;
    *ret_text = (const char *)r->at;
    r->at += length + 1;
    r->left -= length + 1;
    return true;
}

static triage_status read_field(label_reader *r, model_field *field, uint32_t first_lane,
                                triage_error *err)
{
    if (!read_string(r, &field->name) || !read_u32(r, &field->n_labels) || field->n_labels == 0 ||
        field->n_labels > MAX_LABELS || field->n_labels > r->left)
        return BAD("the model file is damaged: bad list of labels");
    field->labels = mem_new(field->n_labels, sizeof *field->labels);
    if (!field->labels)
        return error_memory(err);
    for (uint32_t k = 0; k < field->n_labels; k++)
        if (!read_string(r, &field->labels[k]))
            return BAD("the model file is damaged: bad label");
    field->first_lane = first_lane;
    field->n_lanes = (uint32_t)lanes_for(field->n_labels);
    return TRIAGE_OK;
}

static triage_status read_fields(triage_model *model, triage_error *err)
{
    label_reader r = {section_bytes(model, SECTION_LABELS), model->sections[SECTION_LABELS].length};
    uint32_t lanes = 0;
    model->fields = mem_new_zeroed(model->n_fields, sizeof *model->fields);
    if (!model->fields)
        return error_memory(err);
    for (uint32_t f = 0; f < model->n_fields; f++) {
        triage_status status = read_field(&r, &model->fields[f], lanes, err);
        if (status != TRIAGE_OK)
            return status;
        lanes += model->fields[f].n_lanes;
    }
    if (r.left != 0 || lanes != model->n_lanes)
        return BAD("the model file is damaged: its labels do not fit its weights");
    return TRIAGE_OK;
}

static triage_status read_options(triage_model *model, triage_error *err)
{
    model_options o;
    if (model->sections[SECTION_OPTIONS].length != sizeof o)
        return BAD("the model file is damaged: bad options");
    memcpy(&o, section_bytes(model, SECTION_OPTIONS), sizeof o);
    if (o.n_fields == 0 || o.n_fields > MAX_FIELDS || o.n_lanes > MAX_FIELDS * (MAX_LABELS + 1) ||
        o.log2_word_buckets > 30 || o.log2_pair_buckets > 30 || o.log2_gram_buckets > 30 ||
        o.char_max > UINT8_MAX || o.char_min > o.char_max)
        return BAD("the model file is damaged: bad options");
    model->n_fields = o.n_fields;
    model->n_lanes = o.n_lanes;
    model->n_docs = o.n_docs;
    model->rare_idf = o.rare_idf;
    model->row_stride = sizeof(model_row) + o.n_lanes * sizeof(int16_t);
    model->options = (feature_options){.max_pairs = o.has_pairs,
                                       .n_opening = o.n_opening,
                                       .has_edges = (o.flags & MODEL_FLAG_EDGES) != 0,
                                       .is_sublinear = (o.flags & MODEL_FLAG_SUBLINEAR) != 0,
                                       .char_min = (uint8_t)o.char_min,
                                       .char_max = (uint8_t)o.char_max,
                                       .char_weight = o.char_weight};
    model->words.log2_buckets = o.log2_word_buckets;
    model->pairs.log2_buckets = o.log2_pair_buckets;
    model->grams.log2_buckets = o.log2_gram_buckets;
    return TRIAGE_OK;
}

static bool has_buckets(const triage_model *model, section_kind kind, uint32_t log2_buckets)
{
    return model->sections[kind].length == (((size_t)1 << log2_buckets) + 1) * sizeof(uint32_t);
}

/* The number of elements of `size` bytes in a section; false if it is not a whole, 31-bit number.
 */
static bool count_elements(const triage_model *model, section_kind kind, size_t size,
                           uint32_t *ret_n)
{
    uint64_t length = model->sections[kind].length;
    if (length % size != 0 || length / size > INT32_MAX)
        return false;
    *ret_n = (uint32_t)(length / size);
    return true;
}

/* Sets up a string table and its rows from four sections that begin with `buckets`. */
static triage_status read_strings(triage_model *model, section_kind buckets, string_table *table,
                                  const unsigned char **ret_rows, triage_error *err)
{
    uint32_t n_rows;
    section_kind entries = buckets + 1, pool = buckets + 2, rows = buckets + 3;
    if (!has_buckets(model, buckets, table->log2_buckets) ||
        !count_elements(model, entries, sizeof(string_entry), &table->n) ||
        !count_elements(model, pool, 1, &table->pool_length) ||
        !count_elements(model, rows, model->row_stride, &n_rows) || n_rows != table->n)
        return BAD("the model file is damaged: sections %u to %u do not fit each other", buckets,
                   rows);
    table->buckets = section_bytes(model, buckets);
    table->entries = section_bytes(model, entries);
    table->pool = section_bytes(model, pool);
    *ret_rows = section_bytes(model, rows);
    return TRIAGE_OK;
}

static triage_status read_pairs(triage_model *model, triage_error *err)
{
    pair_table *pairs = &model->pairs;
    pairs->stride = sizeof(model_pair) + model->n_lanes * sizeof(int16_t);
    if (!has_buckets(model, SECTION_PAIR_BUCKETS, pairs->log2_buckets) ||
        !count_elements(model, SECTION_PAIR_RECORDS, pairs->stride, &pairs->n) ||
        model->sections[SECTION_PAIR_TAGS].length != (uint64_t)pairs->n + PAIR_TAGS_SLACK)
        return BAD("the model file is damaged: the sections of the pairs do not fit each other");
    pairs->buckets = section_bytes(model, SECTION_PAIR_BUCKETS);
    pairs->tags = section_bytes(model, SECTION_PAIR_TAGS);
    pairs->records = section_bytes(model, SECTION_PAIR_RECORDS);
    return TRIAGE_OK;
}

static triage_status read_numbers(triage_model *model, triage_error *err)
{
    size_t n_numbers = 3 * ((size_t)model->n_lanes + model->n_fields);
    if (model->sections[SECTION_NUMBERS].length != n_numbers * sizeof(float))
        return BAD("the model file is damaged: biases and thresholds do not fit the labels");
    model->bias = section_bytes(model, SECTION_NUMBERS);
    model->thresholds = model->bias + model->n_lanes;
    model->priors = model->thresholds + model->n_lanes;
    model->maps = (const confidence_map *)(const void *)(model->priors + model->n_lanes);
    return TRIAGE_OK;
}

triage_status model_read(triage_model *model, triage_error *err)
{
    triage_status status = read_table(model, err);
    if (status == TRIAGE_OK)
        status = read_options(model, err);
    if (status == TRIAGE_OK)
        status = read_fields(model, err);
    if (status == TRIAGE_OK)
        status = read_numbers(model, err);
    if (status == TRIAGE_OK)
        status = read_strings(model, SECTION_WORD_BUCKETS, &model->words, &model->word_rows, err);
    if (status == TRIAGE_OK)
        status = read_pairs(model, err);
    if (status == TRIAGE_OK)
        status = read_strings(model, SECTION_GRAM_BUCKETS, &model->grams, &model->gram_rows, err);
    return status;
}
