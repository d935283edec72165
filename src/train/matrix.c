/* SPDX-License-Identifier: MIT */
/* Sparse rows: made from a corpus by several threads, and cut to the rows and features of a fold.
 */
#include "train/matrix.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "features/collect.h"

#include <math.h>
#include <stdlib.h>

/* Tickets per task: many more tasks than threads, few enough to be cheap. */
#define DOCS_PER_TASK 4096

/* How many rows ahead a row's memory is asked for. */
#define PREFETCH_ROWS 4

/* Rows that grow; `offsets` belongs to the whole matrix and holds lengths until all are joined. */
typedef struct row_buffer {
    uint32_t *ids;
    float *values;
    size_t n, ids_capacity, values_capacity;
} row_buffer;

typedef struct part {
    row_buffer own, spelled;
} part;

typedef struct build {
    const corpus *c;
    const feature_space *space;
    const uint32_t *docs;
    uint32_t n_docs;
    part *parts;
    doc_matrix *result;
} build;

static bool row_reserve(row_buffer *rows, size_t n)
{
    return mem_reserve((void **)&rows->ids, &rows->ids_capacity, rows->n + n, sizeof *rows->ids) &&
           mem_reserve((void **)&rows->values, &rows->values_capacity, rows->n + n,
                       sizeof *rows->values);
}

/* Appends an entry, for which there must be room. */
static void row_push(row_buffer *rows, uint32_t id, float value)
{
    rows->ids[rows->n] = id;
    rows->values[rows->n++] = value;
}

static float term_frequency(const feature_options *options, uint32_t count)
{
    return options->is_sublinear && count > 1 ? 1.0f + logf((float)count) : (float)count;
}

/* Appends the row of one ticket of `n` words, whose features are in `f`. */
static bool add_row(part *p, const feature_space *space, const feature_counts *f,
                    const uint32_t *words, uint32_t n)
{
    uint32_t n_words = space->words.table.n;
    if (!row_reserve(&p->own, f->n) || (space->spelled && !row_reserve(&p->spelled, n)))
        return false;
    for (size_t i = 0; i < f->n; i++) {
        uint32_t id = f->ids[i];
        float idf = id < n_words ? space->word_idf[id] : space->pair_idf[id - n_words];
        float value = term_frequency(&space->options, f->counts[i]) * idf;
        if (value == 0) /* too frequent */
            continue;
        row_push(&p->own, id, value);
        if (space->spelled && id < n_words)
            row_push(&p->spelled, id, value);
    }
    /* Rare words count once per occurrence: the predictor does not number them either. */
    for (uint32_t i = 0; space->spelled && i < n; i++)
        if (space->numbers[words[i]] == NO_WORD)
            row_push(&p->spelled, space->spelled[words[i]], space->rare_idf);
    return true;
}

/* Task: the rows of DOCS_PER_TASK tickets. */
static bool read_part(void *context, size_t task)
{
    build *b = context;
    part *p = &b->parts[task];
    feature_counts f = {0};
    uint32_t *numbers = NULL;
    size_t capacity = 0, end = (task + 1) * DOCS_PER_TASK;
    bool done = true;
    for (size_t d = task * DOCS_PER_TASK; d < end && d < b->n_docs && done; d++) {
        uint32_t n;
        const uint32_t *words = corpus_doc(b->c, b->docs[d], &n);
        size_t own = p->own.n, spelled = p->spelled.n;
        done = mem_reserve((void **)&numbers, &capacity, n, sizeof *numbers);
        for (uint32_t i = 0; i < n && done; i++)
            numbers[i] = b->space->numbers[words[i]];
        done = done &&
               feature_counts_collect(&f, &b->space->options, &b->space->pairs,
                                      b->space->words.table.n, numbers, n) &&
               add_row(p, b->space, &f, words, n);
        b->result->own.offsets[d + 1] = p->own.n - own;
        b->result->spelled.offsets[d + 1] = p->spelled.n - spelled;
    }
    feature_counts_free(&f);
    free(numbers);
    return done;
}

static bool rows_begin(sparse_rows *rows, size_t n)
{
    rows->n = n;
    rows->offsets = mem_new_zeroed(n + 1, sizeof *rows->offsets);
    return rows->offsets != NULL;
}

/* Turns the lengths in `offsets` into places and makes room for all entries. */
static bool rows_allocate(sparse_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        rows->offsets[i + 1] += rows->offsets[i];
    rows->ids = mem_new(rows->offsets[rows->n], sizeof *rows->ids);
    rows->values = mem_new(rows->offsets[rows->n], sizeof *rows->values);
    return rows->ids && rows->values;
}

static void rows_copy(sparse_rows *rows, size_t first_row, const row_buffer *from)
{
    if (from->n == 0)
        return;
    memcpy(rows->ids + rows->offsets[first_row], from->ids, from->n * sizeof *from->ids);
    memcpy(rows->values + rows->offsets[first_row], from->values, from->n * sizeof *from->values);
}

/* Task: copies the rows of one part to their place. */
static bool copy_part(void *context, size_t task)
{
    build *b = context;
    rows_copy(&b->result->own, task * DOCS_PER_TASK, &b->parts[task].own);
    rows_copy(&b->result->spelled, task * DOCS_PER_TASK, &b->parts[task].spelled);
    return true;
}

triage_status doc_matrix_build(const corpus *c, const feature_space *space, const uint32_t *docs,
                               uint32_t n_docs, uint32_t n_threads, doc_matrix *ret_matrix,
                               triage_error *err)
{
    doc_matrix matrix = {0};
    size_t n_parts = ((size_t)n_docs + DOCS_PER_TASK - 1) / DOCS_PER_TASK;
    build b = {.c = c,
               .space = space,
               .docs = docs,
               .n_docs = n_docs,
               .result = &matrix,
               .parts = mem_new_zeroed(n_parts, sizeof *b.parts)};
    bool built = b.parts && rows_begin(&matrix.own, n_docs) &&
                 rows_begin(&matrix.spelled, n_docs) &&
                 parallel_run(n_threads, n_parts, read_part, &b) && rows_allocate(&matrix.own) &&
                 rows_allocate(&matrix.spelled) && parallel_run(n_threads, n_parts, copy_part, &b);
    for (size_t i = 0; b.parts && i < n_parts; i++) {
        free(b.parts[i].own.ids);
        free(b.parts[i].own.values);
        free(b.parts[i].spelled.ids);
        free(b.parts[i].spelled.values);
    }
    free(b.parts);
    if (!built) {
        doc_matrix_free(&matrix);
        return error_memory(err);
    }
    *ret_matrix = matrix;
    return TRIAGE_OK;
}

uint8_t *known_features(const doc_matrix *matrix, const feature_space *space,
                        const uint32_t *places, size_t n)
{
    size_t n_features = (size_t)space->words.table.n + space->pairs.n;
    uint32_t *counts = mem_new_zeroed(n_features, sizeof *counts);
    uint8_t *known = mem_new(n_features, sizeof *known);
    if (!counts || !known) {
        free(counts);
        free(known);
        return NULL;
    }
    const sparse_rows *own = &matrix->own;
    for (size_t i = 0; i < n; i++)
        for (uint64_t j = own->offsets[places[i]]; j < own->offsets[places[i] + 1]; j++)
            counts[own->ids[j]]++;
    for (size_t f = 0; f < n_features; f++)
        known[f] = counts[f] >= space->options.min_df;
    free(counts);
    return known;
}

/* Copies the known own features of matrix row `place` behind the others; the sum of their squares.
 */
static double copy_own(const sparse_rows *from, uint32_t place, const uint8_t *known,
                       sparse_rows *to, uint64_t *end)
{
    double squares = 0;
    for (uint64_t j = from->offsets[place]; j < from->offsets[place + 1]; j++) {
        if (known && !known[from->ids[j]])
            continue;
        to->ids[*end] = from->ids[j];
        to->values[(*end)++] = from->values[j];
        squares += (double)from->values[j] * from->values[j];
    }
    return squares;
}

/* The same for spellings; a word that the fold does not know counts as a rare one, and in the
 * length. */
static double copy_spelled(const sparse_rows *from, uint32_t place, const feature_space *space,
                           const uint8_t *known, sparse_rows *to, uint64_t *end)
{
    double squares = 0;
    for (uint64_t j = from->offsets[place]; j < from->offsets[place + 1]; j++) {
        uint32_t id = from->ids[j];
        bool is_rare = id >= space->words.table.n || (known && !known[id]);
        float value = is_rare ? space->rare_idf : from->values[j];
        to->ids[*end] = id;
        to->values[(*end)++] = value;
        squares += is_rare ? (double)value * value : 0;
    }
    return squares;
}

static void scale(float *values, uint64_t begin, uint64_t end, double factor)
{
    for (uint64_t j = begin; j < end; j++)
        values[j] = (float)(values[j] * factor);
}

static bool rows_reserve(const sparse_rows *from, const uint32_t *places, size_t n, sparse_rows *to)
{
    if (!rows_begin(to, n))
        return false;
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most += from->offsets[places[i] + 1] - from->offsets[places[i]];
    to->ids = mem_new(most, sizeof *to->ids);
    to->values = mem_new(most, sizeof *to->values);
    return to->ids && to->values;
}

/* Rows are taken in random order: asks for one that comes soon, whose offsets were asked for
 * before. */
static void prefetch_row(const sparse_rows *rows, const uint32_t *places, size_t i, size_t n)
{
    if (i + 2 * PREFETCH_ROWS < n)
        __builtin_prefetch(&rows->offsets[places[i + 2 * PREFETCH_ROWS]]);
    if (i + PREFETCH_ROWS >= n)
        return;
    uint64_t begin = rows->offsets[places[i + PREFETCH_ROWS]];
    uint64_t end = rows->offsets[places[i + PREFETCH_ROWS] + 1];
    for (uint64_t j = begin; j < end; j += 64 / sizeof(float)) {
        __builtin_prefetch(&rows->ids[j]);
        __builtin_prefetch(&rows->values[j]);
    }
}

bool example_set_build(const doc_matrix *matrix, const feature_space *space, const uint32_t *places,
                       size_t n, const int32_t *labels, const uint8_t *known, example_set *ret_set)
{
    example_set set = {.labels = mem_new(n, sizeof *set.labels)};
    if (!set.labels || !rows_reserve(&matrix->own, places, n, &set.own) ||
        !rows_reserve(&matrix->spelled, places, n, &set.spelled)) {
        example_set_free(&set);
        return false;
    }
    uint64_t own_end = 0, spelled_end = 0;
    for (size_t i = 0; i < n; i++) {
        prefetch_row(&matrix->own, places, i, n);
        prefetch_row(&matrix->spelled, places, i, n);
        double squares = copy_own(&matrix->own, places[i], known, &set.own, &own_end);
        squares +=
            copy_spelled(&matrix->spelled, places[i], space, known, &set.spelled, &spelled_end);
        double factor = squares > 0 ? 1 / sqrt(squares) : 0;
        scale(set.own.values, set.own.offsets[i], own_end, factor);
        scale(set.spelled.values, set.spelled.offsets[i], spelled_end, factor);
        set.own.offsets[i + 1] = own_end;
        set.spelled.offsets[i + 1] = spelled_end;
        set.labels[i] = labels ? labels[places[i]] : TRIAGE_NO_LABEL;
    }
    *ret_set = set;
    return true;
}

void sparse_rows_free(sparse_rows *rows)
{
    free(rows->offsets);
    free(rows->ids);
    free(rows->values);
    *rows = (sparse_rows){0};
}

void doc_matrix_free(doc_matrix *matrix)
{
    sparse_rows_free(&matrix->own);
    sparse_rows_free(&matrix->spelled);
}

void example_set_free(example_set *set)
{
    sparse_rows_free(&set->own);
    sparse_rows_free(&set->spelled);
    free(set->labels);
    set->labels = NULL;
}
