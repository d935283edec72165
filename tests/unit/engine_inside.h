/* SPDX-License-Identifier: MIT */
/* For tests of the trainer's parts: a data set on its way from texts to rows of features. */
#ifndef TEST_ENGINE_INSIDE_H
#define TEST_ENGINE_INSIDE_H

#include "engine_support.h"
#include "train/matrix.h"

typedef struct inside {
    triage_dataset *dataset;
    corpus c;
    feature_space space;
    doc_matrix matrix;
    uint32_t *docs;  /* all tickets */
    int32_t *labels; /* of the first field */
    size_t n, n_labels;
} inside;

/* Takes `dataset`. */
static inline inside inside_build(triage_dataset *dataset, const feature_options *options)
{
    inside in = {.dataset = dataset,
                 .n = triage_dataset_size(dataset),
                 .n_labels = triage_dataset_n_labels(dataset, 0)};
    in.docs = malloc(in.n * sizeof *in.docs);
    in.labels = malloc(in.n * sizeof *in.labels);
    assert_true(in.docs && in.labels);
    for (size_t i = 0; i < in.n; i++) {
        in.docs[i] = (uint32_t)i;
        in.labels[i] = triage_dataset_label(dataset, 0, i);
    }
    assert_int_equal(corpus_build(dataset, 1, 1, &in.c, NULL), TRIAGE_OK);
    assert_int_equal(
        feature_space_build(&in.c, in.docs, (uint32_t)in.n, options, 1, &in.space, NULL),
        TRIAGE_OK);
    assert_int_equal(
        doc_matrix_build(&in.c, &in.space, in.docs, (uint32_t)in.n, 1, &in.matrix, NULL),
        TRIAGE_OK);
    return in;
}

static inline void inside_free(inside *in)
{
    doc_matrix_free(&in->matrix);
    feature_space_free(&in->space);
    corpus_free(&in->c);
    triage_dataset_free(in->dataset);
    free(in->docs);
    free(in->labels);
}

/* All labelled rows, scaled. */
static inline example_set inside_examples(const inside *in)
{
    example_set set;
    assert_true(
        example_set_build(&in->matrix, &in->space, in->docs, in->n, in->labels, NULL, &set));
    return set;
}

/* The number of a word. */
static inline uint32_t inside_word(const inside *in, const char *text)
{
    char padded[64] = "";
    strcat(padded, text);
    string_probe probe = string_probe_make(padded, (uint32_t)strlen(text));
    return string_table_find(&in->space.words.table, &probe);
}

#endif
