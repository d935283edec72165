/* SPDX-License-Identifier: MIT */
/*
 * A trained model, and prediction with it.
 *
 * `triage_model` is shared-immutable: any number of threads may use one at the same time.
 * `triage_predictor` is thread-owned scratch for one model: make one per thread.
 */
#ifndef TRIAGE_MODEL_H
#define TRIAGE_MODEL_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct triage_model triage_model;
typedef struct triage_predictor triage_predictor;

/*
 * Maps the model file at `path` into memory. The time does not depend on the file's size: header,
 * section table and all small sections are checked, the large ones by triage_model_verify(). A file
 * whose large sections are damaged gives wrong scores, never an access out of bounds.
 * While it is open the file may be replaced by a rename, but not shortened in place (SIGBUS).
 * Errors: ERROR_IO, ERROR_PERMISSION, ERROR_MODEL (not a model, truncated, corrupt), ERROR_VERSION
 * (written by a newer format), ERROR_MEMORY. On success `*ret_model` is the caller's:
 * triage_model_free().
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_model_open(const char *path,
                                                          triage_model **ret_model,
                                                          triage_error *err);

/* Compares the checksum of the whole file. ERROR_MODEL if a byte differs. About 10 GB/s. */
TRIAGE_API TRIAGE_CHECKED triage_status triage_model_verify(const triage_model *model,
                                                            triage_error *err);

/*
 * Writes `model` to `path`: to a temporary file beside it, synced, renamed, so that `path` is at
 * any time either the old file or the whole new one. Errors: ERROR_IO, ERROR_PERMISSION.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_model_save(const triage_model *model,
                                                          const char *path, triage_error *err);

/* Unmaps and frees; NULL is fine. Predictors of the model must have been freed before. */
TRIAGE_API void triage_model_free(triage_model *model);

/* Size of the file in bytes. */
TRIAGE_API size_t triage_model_size_bytes(const triage_model *model);

/* SHA-256 of the file's bytes as 64 hexadecimal digits and a NUL. Reads the whole file. */
TRIAGE_API void triage_model_sha256(const triage_model *model, char ret_hex[65]);

/* What the trainer wrote about itself: options, data hash, metrics. JSON text; owned by the model.
 */
TRIAGE_API const char *triage_model_metadata(const triage_model *model, size_t *ret_length);

/* The number of fields, at least 1. */
TRIAGE_API size_t triage_model_n_fields(const triage_model *model);

/* The name of field `field` (< n_fields), NUL-terminated; owned by the model. */
TRIAGE_API const char *triage_model_field_name(const triage_model *model, size_t field);

/* The number of labels of `field`, at least 1. */
TRIAGE_API size_t triage_model_n_labels(const triage_model *model, size_t field);

/* The text of label `label` (< n_labels) of `field`, NUL-terminated; owned by the model. */
TRIAGE_API const char *triage_model_label_name(const triage_model *model, size_t field,
                                               size_t label);

/*
 * The confidence from which a ticket predicted as `label` is routed without a person; above 1 where
 * the label never reached the target precision.
 */
TRIAGE_API float triage_model_threshold(const triage_model *model, size_t field, size_t label);

/* Share of the training tickets with this label, in [0, 1]. */
TRIAGE_API float triage_model_prior(const triage_model *model, size_t field, size_t label);

/* The number of features (words, n-grams, character n-grams) that carry weights. */
TRIAGE_API size_t triage_model_n_features(const triage_model *model);

typedef enum triage_decision {
    TRIAGE_REVIEW, /* a person should look */
    TRIAGE_AUTO,   /* sure enough to route without one */
} triage_decision;

/* The outcome for one field. */
typedef struct triage_outcome {
    uint32_t label;     /* index of the most probable label; the lowest one if several are equal */
    uint32_t runner_up; /* index of the second; equal to `label` if the field has only one label */
    float confidence;   /* calibrated probability of `label`, in [0, 1] */
    float threshold;    /* that label's threshold */
    triage_decision decision;
} triage_outcome;

/* What the text was made of. */
typedef struct triage_text_facts {
    uint32_t n_tokens;       /* words in the ticket */
    uint32_t n_known_tokens; /* words that the model knows */
    uint32_t n_invalid_utf8; /* byte sequences that were not UTF-8 and were replaced */
} triage_text_facts;

/* Scratch memory for predictions with `model`, which must outlive it. ERROR_MEMORY. */
TRIAGE_API TRIAGE_CHECKED triage_status triage_predictor_new(const triage_model *model,
                                                             triage_predictor **ret_predictor,
                                                             triage_error *err);

/* Frees `predictor`; NULL is fine. */
TRIAGE_API void triage_predictor_free(triage_predictor *predictor);

/*
 * Predicts all fields of one ticket. `text`: `length` bytes, any bytes, no NUL needed.
 * `ret_outcomes`: n_fields entries, filled. A ticket without a single known word that weighs
 * anything gets the prior and TRIAGE_REVIEW. The result depends on nothing but the model and the
 * text. ERROR_MEMORY.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_predict(triage_predictor *predictor,
                                                       const char *text, size_t length,
                                                       triage_outcome *ret_outcomes,
                                                       triage_error *err);

/*
 * Calibrated probabilities of the last prediction: n_labels(field) numbers in [0, 1] that sum to 1.
 * Owned by the predictor, valid until its next triage_predict().
 */
TRIAGE_API const float *triage_predictor_probabilities(const triage_predictor *predictor,
                                                       size_t field);

/* Facts about the text of the last prediction. */
TRIAGE_API triage_text_facts triage_predictor_text_facts(const triage_predictor *predictor);

/*
 * One reason for a prediction. Its text is "word"; "first second" for neighbours; "^ word" and
 * "word $" for a word at the beginning or end of the ticket; "^word" for one near the beginning;
 * "~word" for a word that the model does not know and that counts by its character n-grams. Each is
 * one term, however often it occurs.
 */
typedef struct triage_term {
    const char *text; /* NUL-terminated; owned by the predictor */
    double weight;    /* what it adds to the explanation's logit; negative: it speaks against */
} triage_term;

/*
 * Logits here are the scores before the last step of calibration (docs/formats/model.md): their
 * order is that of the confidences.
 */
typedef struct triage_explanation {
    double intercept;         /* the part of the logit difference that no term has */
    double logit;             /* logit(label) - logit(runner_up) = intercept + sum of all weights */
    size_t n_terms;           /* all terms that the model knows in this ticket */
    const triage_term *terms; /* sorted by absolute weight, largest first; owned by the predictor */
} triage_explanation;

/*
 * Why `label` rather than `other` for `field`, for the text of the last triage_predict(), which
 * must still be at its place in memory. Valid until the predictor's next call. ERROR_MEMORY;
 * ERROR_ARGUMENT for an index out of range or without a prediction.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_explain(triage_predictor *predictor, size_t field,
                                                       size_t label, size_t other,
                                                       triage_explanation *ret_explanation,
                                                       triage_error *err);

#ifdef __cplusplus
}
#endif

#endif
