/* SPDX-License-Identifier: MIT */
/*
 * How good the predictions of one field are: pure computation from rows of truth and prediction.
 * The figures are those of triage/evaluate.h.
 */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H

#include "triage/evaluate.h"

/* More labels than this are a wrong column: the confusion matrix would take gigabytes. */
#define METRICS_MAX_LABELS 10000

/* One ticket with a true label. */
typedef struct metrics_row {
    size_t ticket;           /* index in the dataset */
    uint32_t truth;          /* index into the labels */
    uint32_t predicted;      /* index into the labels that the model knows */
    float confidence;        /* probability of `predicted`; NaN counts as 0 */
    float truth_probability; /* probability of `truth`; 0 if the model does not know it */
    bool is_auto;            /* the decision */
} metrics_row;

/* Everything is borrowed. */
typedef struct metrics_input {
    const char *field;         /* its name */
    const char *const *labels; /* n_labels: those that the model knows, then unknown ones */
    const float *thresholds;   /* n_model_labels */
    size_t n_labels, n_model_labels;
    double target_precision; /* of the thresholds */
    const metrics_row *rows; /* in ascending order of `ticket` */
    size_t n_rows;           /* may be 0 */
} metrics_input;

/* The result and the memory behind it. Zero-initialised is empty. */
typedef struct metrics {
    triage_field_metrics field; /* points into the rest */
    char *names;
    triage_label_metrics *labels;
    uint64_t *confusion;
    triage_curve_point *curve;
    triage_mistake *mistakes; /* most confident first, equal ones by ticket */
    size_t n_mistakes;
} metrics;

/*
 * Measures. Means over labels are taken over those that occur, as truth or as prediction, like
 * scikit-learn's. Tickets of equal confidence stand or fall together: a coverage ends between two
 * different confidences, so that no figure depends on the order of the tickets.
 * ERROR_DATA for more than METRICS_MAX_LABELS labels; ERROR_MEMORY. Free with metrics_free().
 */
triage_status metrics_compute(const metrics_input *input, metrics *ret_metrics,
                              triage_error *err) TRIAGE_CHECKED;

/* Frees what `m` holds; NULL is fine. */
void metrics_free(metrics *m);

/* One field's metrics and mistakes for those who show them; borrowed. */
typedef struct metrics_view {
    const triage_field_metrics *field;
    const triage_mistake *mistakes; /* most confident first */
    size_t n_mistakes;
} metrics_view;

/* How often tickets of one label were predicted as another one. */
typedef struct metrics_confusion {
    uint32_t truth, predicted;
    uint64_t count;
} metrics_confusion;

/*
 * The (at most `max`) pairs of labels that are mistaken for each other most often, into
 * `ret_pairs`; equally frequent ones in order of the labels. Returns how many there are.
 */
size_t metrics_worst_confusions(const triage_field_metrics *m, size_t max,
                                metrics_confusion *ret_pairs);

/*
 * The (at most `max`) most confident mistakes of a pair of labels, as indices into the view's, into
 * `ret_examples`. Returns how many there are.
 */
size_t metrics_find_examples(const metrics_view *view, const metrics_confusion *pair, size_t max,
                             size_t *ret_examples);

#endif
