/* SPDX-License-Identifier: MIT */
/*
 * Evaluation: how good a model is on labelled tickets that it has not been trained on.
 */
#ifndef TRIAGE_EVALUATE_H
#define TRIAGE_EVALUATE_H

#include "triage/dataset.h"
#include "triage/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Per label. All ratios are in [0, 1]; a ratio with nothing below the line is 0. */
typedef struct triage_label_metrics {
    const char *label; /* owned by the evaluation */
    double precision, recall, f1;
    uint64_t support;      /* tickets whose true label this is */
    uint64_t n_predicted;  /* tickets predicted as this */
    float threshold;       /* the model's, above 1: never `auto` */
    uint64_t n_auto;       /* tickets predicted as this and decided `auto` */
    double auto_coverage;  /* n_auto / n_predicted */
    double auto_precision; /* share of those that are right */
} triage_label_metrics;

/* One bin of the reliability diagram: confidence in (i/15, (i+1)/15]. */
typedef struct triage_reliability_bin {
    uint64_t count;
    double mean_confidence, accuracy; /* 0 for an empty bin */
} triage_reliability_bin;

#define TRIAGE_N_RELIABILITY_BINS 15

/* One point of the coverage-precision curve: the `coverage` most confident share of the tickets. */
typedef struct triage_curve_point {
    double coverage, precision, confidence; /* `confidence`: of the last ticket taken */
} triage_curve_point;

typedef struct triage_field_metrics {
    const char *name;
    uint64_t n_tickets; /* with a label for this field that the model knows or not */
    uint64_t
        n_unknown_labels; /* of those, with a label the model has never seen (counted as wrong) */
    double accuracy;
    double macro_precision, macro_recall, macro_f1;          /* mean over labels that occur */
    double weighted_precision, weighted_recall, weighted_f1; /* weighted by support */
    double log_loss; /* mean of -ln p(true label); p is cut at 1e-15 */
    double ece;      /* expected calibration error, 15 equal-width bins of the top p */
    /* Largest most-confident share that is 90, 95 % precise; it ends between two different
     * confidences, so that it does not depend on the order of the tickets. */
    double coverage_at_90, coverage_at_95;
    double target_precision;              /* of the model's thresholds */
    double auto_coverage, auto_precision; /* of the `auto` decisions */
    size_t n_labels;
    const triage_label_metrics *labels; /* n_labels: the model's labels, then unknown ones */
    const uint64_t *confusion;          /* n_labels * n_labels: [truth * n_labels + predicted] */
    triage_reliability_bin reliability[TRIAGE_N_RELIABILITY_BINS];
    size_t n_curve;
    const triage_curve_point *curve; /* at most 200 points, coverage ascending */
} triage_field_metrics;

/* All tickets that were most confidently predicted wrong, in order of confidence. */
typedef struct triage_mistake {
    size_t ticket;             /* index in the dataset */
    uint32_t truth, predicted; /* indices into `labels` of the field's metrics */
    float confidence;
} triage_mistake;

typedef struct triage_evaluation triage_evaluation;

/*
 * Predicts every ticket of `dataset` with `n_threads` threads (0: one per core) and measures.
 * Fields are matched by name; a field of the model that the dataset lacks is left out; none in
 * common is ERROR_DATA. The evaluation is the caller's and refers to neither argument afterwards.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_evaluate(const triage_model *model,
                                                        const triage_dataset *dataset,
                                                        uint32_t n_threads,
                                                        triage_evaluation **ret_evaluation,
                                                        triage_error *err);

/* Frees; NULL is fine. */
TRIAGE_API void triage_evaluation_free(triage_evaluation *evaluation);

/* The number of fields that were measured. */
TRIAGE_API size_t triage_evaluation_n_fields(const triage_evaluation *evaluation);

/* The metrics of measured field `field`; owned by the evaluation. */
TRIAGE_API const triage_field_metrics *triage_evaluation_field(const triage_evaluation *evaluation,
                                                               size_t field);

/* All wrong predictions of the field, most confident first; owned by the evaluation. */
TRIAGE_API const triage_mistake *triage_evaluation_mistakes(const triage_evaluation *evaluation,
                                                            size_t field, size_t *ret_n);

#ifdef __cplusplus
}
#endif

#endif
