/* SPDX-License-Identifier: MIT */
/* Assembling a model: one pass over all rows, in parallel, then the image. */
#include "train/assemble.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "model/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows per task. */
#define ROWS_PER_TASK 8192

/* The largest quantised weight. */
#define QUANTUM_MAX 32767.0f

typedef struct layout {
    const assembly *a;
    size_t n_lanes, row_stride, pair_stride;
    size_t n_words, n_pairs, n_grams;
    unsigned char *word_rows, *pair_records, *gram_rows;
    float *numbers; /* bias, thresholds, priors: n_lanes each; then the fields' maps */
    size_t n_numbers;
    buffer labels;
} layout;

/* The weights of all lanes for one own row (NULL: none), plus those of a spelling (SIZE_MAX: none).
 */
static void combine(const layout *l, size_t own, size_t spelling, size_t gram, float *row)
{
    const spelling_rows *s = &l->a->space->spellings;
    float char_weight = l->a->space->options.char_weight;
    memset(row, 0, l->n_lanes * sizeof *row);
    for (size_t f = 0; f < l->a->n_fields; f++) {
        const linear_model *m = l->a->fields[f].model;
        if (own != SIZE_MAX)
            memcpy(row, m->own + own * m->lanes, m->lanes * sizeof *row);
        if (gram != SIZE_MAX)
            memcpy(row, m->grams + gram * m->lanes, m->lanes * sizeof *row);
        if (spelling != SIZE_MAX && s->offsets)
            kernels_get()->gather(row, m->grams, m->lanes, s->grams + s->offsets[spelling],
                                  s->values + s->offsets[spelling],
                                  s->offsets[spelling + 1] - s->offsets[spelling], char_weight);
        float slope = (float)l->a->fields[f].calibration->slope;
        for (size_t lane = 0; lane < m->lanes; lane++)
            row[lane] *= slope;
        row += m->lanes;
    }
}

/* Writes a row's head and its weights as 16-bit multiples of the largest one. */
static void quantise(const layout *l, const float *row, float idf, unsigned char *out)
{
    float largest = 0;
    for (size_t lane = 0; lane < l->n_lanes; lane++)
        largest = fmaxf(largest, fabsf(row[lane]));
    model_row head = {.idf = idf, .scale = largest / QUANTUM_MAX};
    float factor = largest > 0 ? QUANTUM_MAX / largest : 0;
    memcpy(out, &head, sizeof head);
    int16_t *weights = (int16_t *)(void *)(out + sizeof head);
    for (size_t lane = 0; lane < l->n_lanes; lane++)
        weights[lane] = (int16_t)lrintf(row[lane] * factor);
}

static void write_row(const layout *l, size_t i, float *row)
{
    const feature_space *space = l->a->space;
    if (i < l->n_words) {
        combine(l, i, space->spelled ? i : SIZE_MAX, SIZE_MAX, row);
        quantise(l, row, space->word_idf[i], l->word_rows + i * l->row_stride);
    } else if (i < l->n_words + l->n_pairs) {
        size_t pair = i - l->n_words;
        unsigned char *record = l->pair_records + pair * l->pair_stride;
        combine(l, i, SIZE_MAX, SIZE_MAX, row);
        memcpy(record, &space->pair_keys[pair], sizeof(uint64_t));
        quantise(l, row, space->pair_idf[pair], record + sizeof(uint64_t));
    } else {
        size_t gram = i - l->n_words - l->n_pairs;
        combine(l, SIZE_MAX, SIZE_MAX, gram, row);
        quantise(l, row, space->gram_idf[gram], l->gram_rows + gram * l->row_stride);
    }
}

/* Task: ROWS_PER_TASK rows of words, pairs and n-grams, numbered through. */
static bool write_rows(void *context, size_t task)
{
    const layout *l = context;
    size_t end = l->n_words + l->n_pairs + l->n_grams;
    float *row = mem_new_aligned(l->n_lanes, sizeof *row);
    if (!row)
        return false;
    for (size_t i = task * ROWS_PER_TASK; i < (task + 1) * ROWS_PER_TASK && i < end; i++)
        write_row(l, i, row);
    free(row);
    return true;
}

static void append_string(buffer *out, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);
    buffer_append(out, &length, sizeof length);
    buffer_append(out, text, length + 1);
}

static void write_fields(layout *l)
{
    size_t first = 0;
    for (size_t f = 0; f < l->a->n_fields; f++) {
        const field_result *field = &l->a->fields[f];
        uint32_t n = (uint32_t)field->n_labels;
        append_string(&l->labels, field->name);
        buffer_append(&l->labels, &n, sizeof n);
        for (size_t k = 0; k < n; k++) {
            append_string(&l->labels, field->labels[k]);
            l->numbers[first + k] =
                (float)(field->calibration->slope * (double)field->model->bias[k] +
                        field->calibration->offsets[k]);
            l->numbers[l->n_lanes + first + k] = field->thresholds[k];
            l->numbers[2 * l->n_lanes + first + k] = field->priors[k];
        }
        memcpy(l->numbers + 3 * (l->n_lanes + f), &field->calibration->map, sizeof(confidence_map));
        first += field->model->lanes;
    }
}

static bool layout_new(const assembly *a, layout *l)
{
    *l = (layout){.a = a,
                  .n_words = a->space->words.table.n,
                  .n_pairs = a->space->pairs.n,
                  .n_grams = a->space->grams.table.n};
    for (size_t f = 0; f < a->n_fields; f++)
        l->n_lanes += a->fields[f].model->lanes;
    l->row_stride = sizeof(model_row) + l->n_lanes * sizeof(int16_t);
    l->pair_stride = sizeof(model_pair) + l->n_lanes * sizeof(int16_t);
    l->word_rows = mem_new(l->n_words, l->row_stride);
    l->pair_records = mem_new(l->n_pairs, l->pair_stride);
    l->gram_rows = mem_new(l->n_grams, l->row_stride);
    l->n_numbers = 3 * (l->n_lanes + a->n_fields);
    l->numbers = mem_new_zeroed(l->n_numbers, sizeof *l->numbers);
    return l->word_rows && l->pair_records && l->gram_rows && l->numbers;
}

static void layout_free(layout *l)
{
    free(l->word_rows);
    free(l->pair_records);
    free(l->gram_rows);
    free(l->numbers);
    buffer_free(&l->labels);
}

static model_options options_of(const layout *l)
{
    const feature_space *space = l->a->space;
    const feature_options *o = &space->options;
    return (model_options){
        .n_fields = (uint32_t)l->a->n_fields,
        .n_lanes = (uint32_t)l->n_lanes,
        .flags =
            (o->has_edges ? MODEL_FLAG_EDGES : 0) | (o->is_sublinear ? MODEL_FLAG_SUBLINEAR : 0),
        .n_opening = o->n_opening,
        .char_min = o->char_min,
        .char_max = o->char_max,
        .char_weight = o->char_weight,
        .rare_idf = space->rare_idf,
        .log2_word_buckets = space->words.table.log2_buckets,
        .log2_pair_buckets = space->pairs.log2_buckets,
        .log2_gram_buckets = space->grams.table.log2_buckets,
        .has_pairs = o->max_pairs > 0,
        .n_docs = space->n_docs,
    };
}

static void set(model_content *content, section_kind kind, const void *bytes, size_t length)
{
    content->bytes[kind] = bytes;
    content->lengths[kind] = length;
}

static void set_strings(model_content *content, section_kind first, const string_table *table)
{
    size_t n_buckets = ((size_t)1 << table->log2_buckets) + 1;
    set(content, first, table->buckets, n_buckets * sizeof *table->buckets);
    set(content, first + 1, table->entries, table->n * sizeof *table->entries);
    set(content, first + 2, table->pool, table->pool_length);
}

static triage_status build_image(const layout *l, triage_model **ret_model, triage_error *err)
{
    static const uint32_t no_buckets[2] = {0, 0}; /* of a table without n-grams */
    const feature_space *space = l->a->space;
    model_options options = options_of(l);
    string_table grams = space->grams.table;
    if (!grams.buckets)
        grams.buckets = no_buckets;
    model_content content = {0};
    set(&content, SECTION_OPTIONS, &options, sizeof options);
    set(&content, SECTION_LABELS, l->labels.data, l->labels.length);
    set(&content, SECTION_NUMBERS, l->numbers, l->n_numbers * sizeof *l->numbers);
    set(&content, SECTION_METADATA, l->a->metadata->data, l->a->metadata->length);
    set_strings(&content, SECTION_WORD_BUCKETS, &space->words.table);
    set(&content, SECTION_WORD_ROWS, l->word_rows, l->n_words * l->row_stride);
    set(&content, SECTION_PAIR_BUCKETS, space->pair_buckets,
        (((size_t)1 << space->pairs.log2_buckets) + 1) * sizeof *space->pair_buckets);
    set(&content, SECTION_PAIR_TAGS, space->pair_tags, l->n_pairs + PAIR_TAGS_SLACK);
    set(&content, SECTION_PAIR_RECORDS, l->pair_records, l->n_pairs * l->pair_stride);
    set_strings(&content, SECTION_GRAM_BUCKETS, &grams);
    set(&content, SECTION_GRAM_ROWS, l->gram_rows, l->n_grams * l->row_stride);
    return model_image_build(&content, ret_model, err);
}

triage_status assemble_model(const assembly *a, triage_model **ret_model, triage_error *err)
{
    layout l = {0};
    triage_status status = TRIAGE_OK;
    bool done = layout_new(a, &l);
    if (done) {
        write_fields(&l);
        size_t n_rows = l.n_words + l.n_pairs + l.n_grams;
        size_t n_tasks = (n_rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
        done = !l.labels.failed && parallel_run(a->n_threads, n_tasks, write_rows, &l);
    }
    status = done ? build_image(&l, ret_model, err) : error_memory(err);
    layout_free(&l);
    return status;
}
