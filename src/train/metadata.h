/* SPDX-License-Identifier: MIT */
/* What a model says about itself: JSON with its options, data, features, choice, metrics and cuts.
 */
#ifndef TRAIN_METADATA_H
#define TRAIN_METADATA_H

#include "base/buffer.h"
#include "model/cuts.h"
#include "train/choose.h"
#include "triage/evaluate.h"
#include "triage/train.h"

/* What cross-fitted predictions showed about a field. */
typedef struct metadata_field {
    const triage_field_metrics *metrics;
    const label_cuts *cuts; /* n_labels */
    size_t n_labels;
} metadata_field;

typedef struct metadata {
    const triage_train_options *options;
    const recipe *recipe;
    const choice *choice; /* NULL unless preset auto */
    const feature_space *space;
    size_t n_tickets;
    uint64_t data_hash;
    double oov_rate; /* share of a new ticket's words that the model will not know */
    const metadata_field *fields;
    size_t n_fields;
} metadata;

/*
 * What `auto` chose, from the metadata of an earlier model: only the recipe of the best trial, with
 * its figures, and the counts. False if `auto` did not choose with the seed asked for, or among
 * recipes that are not known any more.
 */
bool metadata_read_choice(const char *json, size_t length, const triage_train_options *asked,
                          choice *ret_choice) TRIAGE_CHECKED;

/* Appends the JSON text; look at out->failed. */
void metadata_write(const metadata *m, buffer *out);

#endif
