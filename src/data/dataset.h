/* SPDX-License-Identifier: MIT */
/* What the loader needs of a dataset beyond its public functions. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "data/slice.h"
#include "triage/dataset.h"

/*
 * Adds one ticket; `labels` has one a field: trimmed, without a label_problem(); length 0: none.
 * ERROR_MEMORY; ERROR_DATA if a field has too many labels.
 */
triage_status dataset_add(triage_dataset *dataset, slice text, const slice *labels,
                          triage_error *err) TRIAGE_CHECKED;

/* triage_dataset_finish(), which says to `options->on_event` what was merged. */
triage_status dataset_finish(triage_dataset *dataset, const triage_read_options *options,
                             triage_error *err) TRIAGE_CHECKED;

/* Before finishing, which adds the merged labels: sets what triage_dataset_report() returns. */
void dataset_set_report(triage_dataset *dataset, triage_read_report report);

/* Before finishing: how many different labels field `field` has so far. */
size_t dataset_n_spellings(const triage_dataset *dataset, size_t field);

/* Before finishing: adds a field, for which the tickets so far have no label. ERROR_MEMORY;
 * ERROR_ARGUMENT if there are too many. */
triage_status dataset_add_field(triage_dataset *dataset, const char *name,
                                triage_error *err) TRIAGE_CHECKED;

/* Before finishing: takes a field out whose labels are not wanted; at least one must stay. */
void dataset_drop_field(triage_dataset *dataset, size_t field);

#endif
