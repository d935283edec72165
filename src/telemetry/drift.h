/* SPDX-License-Identifier: MIT */
/*
 * Drift: whether the tickets of the last hour are still those that the model was trained for. Pure
 * numbers, of one field of one model.
 *
 * A calibrated confidence is the probability of being right, so the mean confidence over a window
 * is the accuracy to be expected in it, without anyone having answered. Where calibration was off
 * in training already (reference accuracy - reference mean confidence), that is taken off. There is
 * an alarm if the estimate is below the reference accuracy by more than 2 points and by more than 3
 * standard errors, with at least 200 predictions. That other labels or unknown words have become
 * more frequent is shown, but is no alarm: alone it says nothing about being right.
 *
 * Thread-safety: shared. Adding takes a lock that few threads share.
 */
#ifndef TELEMETRY_DRIFT_H
#define TELEMETRY_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRIFT_BUCKET_SECONDS 300
#define DRIFT_N_BUCKETS      12 /* in the window: the one that is being filled and those before */
#define DRIFT_MIN_ALARM      200
#define DRIFT_MIN_DROP       0.02
#define DRIFT_MIN_ERRORS     3.0

/* What training expects. Shares are of 1. */
typedef struct drift_reference {
    size_t n_labels;
    const double *priors; /* n_labels; need not sum to 1. Copied. */
    double accuracy;      /* of the model, cross-fitted */
    double mean_confidence;
    double oov_rate; /* words that the model does not know / words */
} drift_reference;

typedef struct drift_report {
    uint64_t n; /* predictions in the window */
    double mean_confidence;
    double estimated_accuracy; /* 0 .. 1; NaN, as the others, if there were no predictions */
    double standard_error;     /* of the estimate; NaN for fewer than two */
    double oov_rate;           /* NaN if there were no words */
    /* Population stability index of the labels against the priors: below 0.1 nothing, from 0.25 on
     * much has changed. For few predictions large by chance: about (n_labels - 1) / n. */
    double label_psi;
    bool is_alarm;
} drift_report;

typedef struct drift drift;

/* NULL if out of memory. */
drift *drift_new(const drift_reference *reference);
void drift_free(drift *d);

/*
 * Adds a prediction at `now` (seconds of any clock): its label, its confidence, how many words its
 * text has, and how many of them the model knows. Left out are a label that is none, a confidence
 * outside of 0 .. 1, and a time more than a window before one that was added.
 */
void drift_add(drift *d, int64_t now, size_t label, double confidence, size_t n_words,
               size_t n_known);

void drift_read(drift *d, int64_t now, drift_report *ret_report);

/* How often each label was predicted in the window: n_labels numbers. */
void drift_read_labels(drift *d, int64_t now, uint64_t *ret_counts);

#endif
