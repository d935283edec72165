/* SPDX-License-Identifier: MIT */
/*
 * Training: from a dataset to a model.
 */
#ifndef TRIAGE_TRAIN_H
#define TRIAGE_TRAIN_H

#include "triage/dataset.h"
#include "triage/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum triage_preset {
    TRIAGE_PRESET_AUTO,  /* features and regularisation chosen by cross-validation */
    TRIAGE_PRESET_WORDS, /* words and pairs of words, fixed: the fast one */
    TRIAGE_PRESET_SEED,  /* the 500 most frequent words, C = 1: equal to scikit-learn's pipeline */
} triage_preset;

/* Reads "auto", "words" or "seed"; false if `name` is none of them. */
TRIAGE_API TRIAGE_CHECKED bool triage_preset_parse(const char *name, triage_preset *ret_preset);

/* The name that triage_preset_parse() reads. */
TRIAGE_API const char *triage_preset_name(triage_preset preset);

/* Where training is. Called from the training thread only. */
typedef struct triage_train_progress {
    const char *stage;    /* "vocabulary", "features", "choose", "fit", ...; static string */
    uint64_t done, total; /* steps of work; the same scale for all calls of one stage */
    const char *message;  /* NULL, or a sentence such as what `auto` picked and why */
} triage_train_progress;

/* Fill with triage_train_options_default(), then change. */
typedef struct triage_train_options {
    triage_preset preset;
    uint32_t n_threads;      /* 0: one per core; the result is the same for any number */
    uint64_t seed;           /* of the order of the tickets and the folds */
    double target_precision; /* of `auto` decisions, in (0, 1); default 0.95 */
    uint32_t min_df; /* a word or pair in fewer tickets is not known; 0: as the preset has it */
    double max_df;   /* one in more than this share of the tickets, in (0, 1], weighs nothing; 0: as
                        the preset has it, which is no limit */
    /* Progress and messages; return false to cancel (TRIAGE_ERROR_CANCELLED). NULL: none. */
    bool (*on_progress)(void *context, const triage_train_progress *progress);
    void *context;
} triage_train_options;

/* preset auto, all cores, seed 1, target precision 0.95, the preset's own bounds of frequency. */
TRIAGE_API triage_train_options triage_train_options_default(void);

/*
 * Trains a model on all tickets of `dataset` (immutable during the call). `options` NULL: defaults.
 * The model is the caller's: triage_model_save(), triage_model_free(). Same data, options and seed
 * give the same bytes, whatever the number of threads. Errors: ERROR_ARGUMENT, ERROR_DATA (no
 * labelled ticket in a field), ERROR_MEMORY, ERROR_CANCELLED.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_train(const triage_dataset *dataset,
                                                     const triage_train_options *options,
                                                     triage_model **ret_model, triage_error *err);

#ifdef __cplusplus
}
#endif

#endif
