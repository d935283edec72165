/* SPDX-License-Identifier: MIT */
/* Trials on a sample, several at a time, each on one thread. */
#include "train/choose.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>

/* More tickets would not change the choice, only the time. */
#define SAMPLE_MAX_DOCS 9000

#define TRIAL_FOLDS 3

/* Steps of a trial: enough to tell the candidates apart. */
#define TRIAL_STEPS 50000

/* Penalties tried around the one of the best recipe. */
#define LAMBDA_FACTOR 3.0

typedef struct comparison {
    labelled_docs sample;
    const uint8_t *folds;
    watch *w;
    trial *trials;
} comparison;

/* Mean log loss and accuracy over the fields of a fitted job. */
static bool judge(fit_field *fields, size_t n_fields, trial *t)
{
    for (size_t f = 0; f < n_fields; f++) {
        scored_tickets *s = &fields[f].held_out;
        calibration c = {0};
        double loss = 0;
        size_t n = 0, n_right = 0;
        if (!calibration_fit(s, &c))
            return false;
        calibration_apply(&c, s);
        calibration_free(&c);
        for (size_t i = 0; i < s->n; i++) {
            const float *row = s->scores + i * s->lanes;
            if (s->labels[i] < 0)
                continue;
            size_t best = 0;
            for (size_t k = 1; k < s->n_labels; k++)
                best = row[k] > row[best] ? k : best;
            loss -= log(fmax((double)row[s->labels[i]], 1e-15));
            n_right += (int32_t)best == s->labels[i];
            n++;
        }
        t->log_loss += n ? loss / (double)n / (double)n_fields : 0;
        t->accuracy += n ? (double)n_right / (double)n / (double)n_fields : 0;
    }
    return true;
}

static bool fit_trial(const comparison *c, const feature_space *space, const doc_matrix *matrix,
                      trial *t)
{
    const labelled_docs *sample = &c->sample;
    fit_field *fields = mem_new_zeroed(sample->n_fields, sizeof *fields);
    fit_job job = {.matrix = matrix,
                   .space = space,
                   .folds = c->folds,
                   .fields = fields,
                   .n_fields = sample->n_fields,
                   .n_threads = 1,
                   .is_trial = true,
                   .advance = watch_advance,
                   .context = c->w};
    for (size_t f = 0; fields && f < sample->n_fields; f++) {
        fields[f].labels = sample->labels[f];
        fields[f].n_labels = sample->n_labels[f];
        fields[f].options = t->recipe.fit;
    }
    bool done = fields && fit_run(&job, NULL) == TRIAGE_OK && judge(fields, sample->n_fields, t);
    for (size_t f = 0; fields && f < sample->n_fields; f++)
        fit_field_free(&fields[f]);
    free(fields);
    return done;
}

/* Task: one trial. */
static bool run_trial(void *context, size_t task)
{
    const comparison *c = context;
    trial *t = &c->trials[task];
    feature_space space = {0};
    doc_matrix matrix = {0};
    uint32_t n = (uint32_t)c->sample.n;
    bool done =
        feature_space_build(c->sample.c, c->sample.docs, n, &t->recipe.features, 1, &space, NULL) ==
            TRIAGE_OK &&
        doc_matrix_build(c->sample.c, &space, c->sample.docs, n, 1, &matrix, NULL) == TRIAGE_OK &&
        fit_trial(c, &space, &matrix, t);
    doc_matrix_free(&matrix);
    feature_space_free(&space);
    return done;
}

/* Runs trials first .. n - 1 and updates the best. */
static bool run_trials(comparison *c, choice *result, size_t first, uint32_t n_threads)
{
    c->trials = result->trials + first;
    if (!parallel_run(n_threads, result->n_trials - first, run_trial, c))
        return false;
    for (size_t i = first; i < result->n_trials; i++)
        if (result->trials[i].log_loss < result->trials[result->best].log_loss)
            result->best = i;
    return true;
}

static bool compare(comparison *c, choice *result, const triage_train_options *options)
{
    uint32_t n_threads = options->n_threads;
    recipe candidates[RECIPE_MAX_CANDIDATES];
    data_size size = {.n_docs = c->sample.n};
    for (size_t i = 0; i < c->sample.n; i++) {
        uint32_t n;
        corpus_doc(c->sample.c, c->sample.docs[i], &n);
        size.n_words += n;
    }
    result->n_sample = c->sample.n;
    result->n_trials = recipe_candidates(size, options, candidates);
    for (size_t i = 0; i < result->n_trials; i++) {
        uint32_t most = (uint32_t)(TRIAL_STEPS / (size.n_docs + 1)) + 1;
        if (candidates[i].fit.n_epochs > most)
            candidates[i].fit.n_epochs = most;
        result->trials[i] = (trial){.recipe = candidates[i], .candidate = i};
    }
    if (!watch_stage(c->w, "choose features", 0) || !run_trials(c, result, 0, n_threads))
        return false;
    size_t first = result->n_trials;
    for (int i = 0; i < 2; i++) {
        trial t = result->trials[result->best];
        t.log_loss = t.accuracy = 0;
        t.recipe.fit.lambda *= i == 0 ? LAMBDA_FACTOR : 1 / LAMBDA_FACTOR;
        result->trials[result->n_trials++] = t;
    }
    return watch_stage(c->w, "choose penalty", 0) && run_trials(c, result, first, n_threads);
}

/* Every k-th ticket, so that at most SAMPLE_MAX_DOCS remain: docs and labels are the caller's. */
static bool take_sample(const labelled_docs *data, labelled_docs *sample, uint32_t **ret_docs,
                        int32_t ***ret_labels)
{
    size_t step = (data->n + SAMPLE_MAX_DOCS - 1) / SAMPLE_MAX_DOCS,
           n = (data->n + step - 1) / step;
    uint32_t *docs = *ret_docs = mem_new(n, sizeof *docs);
    int32_t **labels = *ret_labels = mem_new_zeroed(data->n_fields, sizeof *labels);
    if (!docs || !labels)
        return false;
    for (size_t i = 0; i < n; i++)
        docs[i] = data->docs[i * step];
    for (size_t f = 0; f < data->n_fields; f++) {
        labels[f] = mem_new(n, sizeof **labels);
        for (size_t i = 0; labels[f] && i < n; i++)
            labels[f][i] = data->labels[f][i * step];
        if (!labels[f])
            return false;
    }
    *sample = *data;
    sample->docs = docs;
    sample->labels = labels;
    sample->n = n;
    return true;
}

triage_status choose_recipe(const labelled_docs *data, const triage_train_options *options,
                            watch *w, choice *ret_choice, triage_error *err)
{
    comparison c = {.w = w};
    choice result = {.n_docs = data->n};
    uint32_t *docs = NULL;
    int32_t **labels = NULL;
    uint8_t *folds = NULL;
    bool done = take_sample(data, &c.sample, &docs, &labels);
    if (done) {
        folds = mem_new(c.sample.n, 1);
        done = folds != NULL;
    }
    if (done) {
        folds_assign(data->c, docs, c.sample.n, TRIAL_FOLDS, folds);
        c.folds = folds;
        done = compare(&c, &result, options);
    }
    for (size_t f = 0; labels && f < data->n_fields; f++)
        free(labels[f]);
    free(labels);
    free(docs);
    free(folds);
    if (!done)
        return error_memory(err);
    *ret_choice = result;
    return TRIAGE_OK;
}
