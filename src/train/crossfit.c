/* SPDX-License-Identifier: MIT */
/* Fold models and final models of all fields as independent tasks. */
#include "train/crossfit.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "train/objective.h"
#include "train/sgd.h"

#include <stdlib.h>
#include <string.h>

typedef struct run {
    fit_job *job;
    size_t tasks_per_field;
} run;

/* Puts the tickets of one model in a random order of its own, which the solver keeps: reading them
 * one behind the other in every pass is faster than shuffling anew, and as good. */
static void shuffle(uint32_t *rows, size_t n, uint64_t seed, size_t task)
{
    rng random = {hash_mix(seed + task)};
    rng_shuffle(&random, rows, (uint32_t)n);
}

static bool train_model(run *r, const fit_field *field, const example_set *set,
                        linear_model *ret_model)
{
    const fit_options *o = &field->options;
    linear_model model = {0};
    if (!linear_model_new(r->job->space, field->n_labels, &model))
        return false;
    sgd_options sgd = {o->n_epochs, o->step, o->lambda, o->seed};
    bool done = o->solver == SOLVER_OPTIMUM
                    ? optimum_train(&model, set, o->lambda)
                    : sgd_train(&model, r->job->space, set, &sgd, r->job->advance, r->job->context);
    if (!done) {
        linear_model_free(&model);
        return false;
    }
    *ret_model = model;
    return true;
}

/* The labelled rows of a field that are (`is_inside`) or are not in `fold`; n in `ret_n`. */
static uint32_t *list_rows(const fit_job *job, const fit_field *field, uint32_t fold,
                           bool is_inside, size_t *ret_n)
{
    size_t n = job->matrix->own.n;
    uint32_t *rows = mem_new(n, sizeof *rows);
    *ret_n = 0;
    for (size_t i = 0; rows && i < n; i++)
        if ((job->folds[i] == fold) == is_inside && (is_inside || field->labels[i] >= 0))
            rows[(*ret_n)++] = (uint32_t)i;
    return rows;
}

/* Scores the rows `places` by a fold's model into the field's held-out scores. */
static bool score_rows(const fit_job *job, fit_field *field, const linear_model *model,
                       const uint32_t *places, size_t n, const uint8_t *known)
{
    example_set set = {0};
    if (!example_set_build(job->matrix, job->space, places, n, field->labels, known, &set))
        return false;
    const kernels *k = kernels_get();
    for (size_t i = 0; i < n; i++) {
        linear_model_score(model, k, job->space, &set, i,
                           field->held_out.scores + places[i] * field->held_out.lanes);
        field->held_out.labels[places[i]] = set.labels[i];
    }
    example_set_free(&set);
    return true;
}

static bool fit_fold(run *r, fit_field *field, size_t task, uint32_t fold)
{
    fit_job *job = r->job;
    size_t n_training = 0, n_held_out = 0;
    uint32_t *training = list_rows(job, field, fold, false, &n_training);
    uint32_t *held_out = list_rows(job, field, fold, true, &n_held_out);
    uint8_t *known =
        training ? known_features(job->matrix, job->space, training, n_training) : NULL;
    example_set set = {0};
    linear_model model = {0};
    if (training)
        shuffle(training, n_training, field->options.seed, task);
    bool done = held_out && known &&
                example_set_build(job->matrix, job->space, training, n_training, field->labels,
                                  known, &set) &&
                train_model(r, field, &set, &model);
    example_set_free(&set);
    /* A model that has learnt from nothing says nothing about the one that all tickets give. */
    if (n_training > 0)
        done = done && score_rows(job, field, &model, held_out, n_held_out, known);
    linear_model_free(&model);
    free(training);
    free(held_out);
    free(known);
    return done;
}

static bool fit_final(run *r, fit_field *field, size_t task)
{
    const fit_job *job = r->job;
    size_t n = 0;
    /* No row is in this fold: all labelled ones are listed. */
    uint32_t *rows = list_rows(job, field, UINT8_MAX, false, &n);
    example_set set = {0};
    if (rows)
        shuffle(rows, n, field->options.seed, task);
    bool done = rows &&
                example_set_build(job->matrix, job->space, rows, n, field->labels, NULL, &set) &&
                train_model(r, field, &set, &field->model);
    example_set_free(&set);
    free(rows);
    return done;
}

/* Task: the final model of a field (the longest: first), or one of its folds. */
static bool fit_task(void *context, size_t task)
{
    run *r = context;
    fit_field *field = &r->job->fields[task / r->tasks_per_field];
    size_t part = task % r->tasks_per_field;
    if (r->job->is_trial)
        return fit_fold(r, field, task, 0);
    return part == 0 ? fit_final(r, field, task) : fit_fold(r, field, task, (uint32_t)part - 1);
}

static bool held_out_new(size_t n, fit_field *field)
{
    scored_tickets *t = &field->held_out;
    size_t count;
    *t = (scored_tickets){.n = n, .n_labels = field->n_labels, .lanes = lanes_for(field->n_labels)};
    if (!size_multiply(n, t->lanes, &count))
        return false;
    t->scores = mem_new_aligned(count, sizeof *t->scores);
    t->labels = mem_new(n, sizeof *t->labels);
    if (!t->scores || !t->labels)
        return false;
    memset(t->scores, 0, count * sizeof *t->scores);
    for (size_t i = 0; i < n; i++)
        t->labels[i] = TRIAGE_NO_LABEL;
    return true;
}

triage_status fit_run(fit_job *job, triage_error *err)
{
    run r = {.job = job, .tasks_per_field = job->is_trial ? 1 : 1 + job->fields[0].options.n_folds};
    for (size_t f = 0; f < job->n_fields; f++)
        if (!held_out_new(job->matrix->own.n, &job->fields[f]))
            return error_memory(err);
    if (!parallel_run(job->n_threads, job->n_fields * r.tasks_per_field, fit_task, &r))
        return error_memory(err);
    return TRIAGE_OK;
}

void fit_field_free(fit_field *field)
{
    linear_model_free(&field->model);
    free(field->held_out.scores);
    free(field->held_out.labels);
    field->held_out = (scored_tickets){0};
}

void folds_assign(const corpus *c, const uint32_t *docs, size_t n, uint32_t n_folds,
                  uint8_t *ret_folds)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t n_words;
        const uint32_t *words = corpus_doc(c, docs[i], &n_words);
        uint64_t hash = 0;
        for (uint32_t j = 0; j < n_words; j++)
            hash = hash_mix(hash ^ string_entry_hash(c->strings.entries[words[j]])) + j;
        ret_folds[i] = (uint8_t)(((hash_mix(hash) >> 32) * n_folds) >> 32);
    }
}
