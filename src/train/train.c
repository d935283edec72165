/* SPDX-License-Identifier: MIT */
/*
 * Training, station by station: words, features, choice of a recipe, cross-fitting, calibration,
 * thresholds, metrics, model.
 */
#include "triage/train.h"

#include "base/error.h"
#include "base/mem.h"
#include "features/oov_rate.h"
#include "train/assemble.h"
#include "train/choose.h"
#include "train/metadata.h"
#include "train/metrics.h"
#include "train/thresholds.h"
#include "train/train_again.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A choice is made anew when the number of tickets has changed by more than a quarter. */
#define CHOICE_LASTS 4

/* What belongs to one field on its way through training. */
typedef struct field_work {
    const char **names; /* of the labels; the array is owned */
    int32_t *labels;    /* by ticket */
    float *thresholds, *priors;
    label_cuts *cuts; /* by label */
    calibration calibration;
    metrics metrics;
} field_work;

typedef struct training {
    const triage_dataset *dataset;
    const triage_model *previous; /* whose choice may be taken over; NULL */
    triage_train_options options;
    watch watch;
    corpus corpus;
    uint32_t *docs; /* all tickets: 0 .. n - 1 */
    size_t n_docs, n_fields;
    int32_t **labels; /* by field, by ticket; the same arrays as in `work` */
    size_t *n_labels;
    field_work *work;
    choice choice;
    recipe recipe;
    feature_space space;
    doc_matrix matrix;
    uint8_t *folds;
    fit_field *fits;
    buffer metadata;
} training;

bool triage_preset_parse(const char *name, triage_preset *ret_preset)
{
    for (triage_preset p = TRIAGE_PRESET_AUTO; p <= TRIAGE_PRESET_SEED; p++)
        if (strcmp(name, triage_preset_name(p)) == 0) {
            *ret_preset = p;
            return true;
        }
    return false;
}

const char *triage_preset_name(triage_preset preset)
{
    switch (preset) {
    case TRIAGE_PRESET_AUTO: return "auto";
    case TRIAGE_PRESET_WORDS: return "words";
    case TRIAGE_PRESET_SEED: return "seed";
    }
    return "unknown";
}

triage_train_options triage_train_options_default(void)
{
    return (triage_train_options){
        .preset = TRIAGE_PRESET_AUTO, .seed = 1, .target_precision = 0.95};
}

/* Copies the labels of one field and counts them. ERROR_DATA if no ticket has one. */
static triage_status read_field(training *t, size_t field, triage_error *err)
{
    field_work *w = &t->work[field];
    size_t n_labels = t->n_labels[field] = triage_dataset_n_labels(t->dataset, field),
           n_labelled = 0;
    w->names = mem_new(n_labels, sizeof *w->names);
    w->labels = t->labels[field] = mem_new(t->n_docs, sizeof *w->labels);
    w->thresholds = mem_new(n_labels, sizeof *w->thresholds);
    w->priors = mem_new_zeroed(n_labels, sizeof *w->priors);
    w->cuts = mem_new_zeroed(n_labels, sizeof *w->cuts);
    if (!w->names || !w->labels || !w->thresholds || !w->priors || !w->cuts)
        return error_memory(err);
    for (size_t k = 0; k < n_labels; k++)
        w->names[k] = triage_dataset_label_name(t->dataset, field, k);
    for (size_t i = 0; i < t->n_docs; i++) {
        w->labels[i] = triage_dataset_label(t->dataset, field, i);
        if (w->labels[i] >= (int32_t)n_labels)
            return error_set(err, TRIAGE_ERROR_ARGUMENT,
                             "the dataset has not been closed by triage_dataset_finish()");
        if (w->labels[i] >= 0) {
            w->priors[w->labels[i]] += 1;
            n_labelled++;
        }
    }
    if (n_labelled == 0)
        return error_set(err, TRIAGE_ERROR_DATA, "no ticket has a label for the field '%s'",
                         triage_dataset_field_name(t->dataset, field));
    for (size_t k = 0; k < n_labels; k++)
        w->priors[k] /= (float)n_labelled;
    return TRIAGE_OK;
}

static triage_status read_dataset(training *t, triage_error *err)
{
    t->n_docs = triage_dataset_size(t->dataset);
    t->n_fields = triage_dataset_n_fields(t->dataset);
    if (t->n_docs == 0 || t->n_docs > INT32_MAX)
        return error_set(err, TRIAGE_ERROR_DATA, "the data has %zu tickets", t->n_docs);
    t->docs = mem_new(t->n_docs, sizeof *t->docs);
    t->labels = mem_new_zeroed(t->n_fields, sizeof *t->labels);
    t->n_labels = mem_new_zeroed(t->n_fields, sizeof *t->n_labels);
    t->work = mem_new_zeroed(t->n_fields, sizeof *t->work);
    t->fits = mem_new_zeroed(t->n_fields, sizeof *t->fits);
    if (!t->docs || !t->labels || !t->n_labels || !t->work || !t->fits)
        return error_memory(err);
    for (size_t i = 0; i < t->n_docs; i++)
        t->docs[i] = (uint32_t)i;
    for (size_t f = 0; f < t->n_fields; f++) {
        triage_status status = read_field(t, f, err);
        if (status != TRIAGE_OK)
            return status;
    }
    watch_stage(&t->watch, "read words", 0);
    return corpus_build(t->dataset, t->options.n_threads, t->options.seed, &t->corpus, err);
}

/* Says what `auto` picked and why. */
static void tell_choice(training *t)
{
    char message[TRIAGE_ERROR_MESSAGE_SIZE];
    const choice *c = &t->choice;
    const trial *best = &c->trials[c->best], *simplest = &c->trials[0];
    snprintf(message, sizeof message,
             "auto picked %s, penalty %.3g: log loss %.4f, accuracy %.2f %% on held-out tickets "
             "(%s, penalty %.3g: %.4f, %.2f %%); %zu recipes compared on %zu tickets",
             best->recipe.name, best->recipe.fit.lambda, best->log_loss, 100 * best->accuracy,
             simplest->recipe.name, simplest->recipe.fit.lambda, simplest->log_loss,
             100 * simplest->accuracy, c->n_trials, c->n_sample);
    watch_say(&t->watch, message);
}

/* Takes over what was chosen for the previous model, if it was chosen for data like these. */
static bool inherit_choice(training *t)
{
    size_t length, n = t->n_docs;
    if (!t->previous)
        return false;
    const char *text = triage_model_metadata(t->previous, &length);
    choice c;
    if (!metadata_read_choice(text, length, &t->options, &c) ||
        n > c.n_docs + c.n_docs / CHOICE_LASTS || n < c.n_docs - c.n_docs / CHOICE_LASTS)
        return false;
    t->choice = c;
    return true;
}

static triage_status pick_recipe(training *t, triage_error *err)
{
    data_size size = {t->n_docs, t->corpus.offsets[t->n_docs]};
    if (t->options.preset == TRIAGE_PRESET_SEED) {
        t->recipe = recipe_seed(&t->options);
        return TRIAGE_OK;
    }
    t->recipe = recipe_words(size, &t->options);
    if (t->options.preset == TRIAGE_PRESET_WORDS)
        return TRIAGE_OK;
    labelled_docs data = {.c = &t->corpus,
                          .docs = t->docs,
                          .n = t->n_docs,
                          .labels = t->labels,
                          .n_labels = t->n_labels,
                          .n_fields = t->n_fields};
    triage_status status = TRIAGE_OK;
    bool is_inherited = inherit_choice(t);
    if (!is_inherited)
        status = choose_recipe(&data, &t->options, &t->watch, &t->choice, err);
    if (status != TRIAGE_OK)
        return status;
    /* What depends on the size of the data is taken for the whole of it, the rest from the sample.
     */
    recipe candidates[RECIPE_MAX_CANDIDATES];
    const trial *best = &t->choice.trials[t->choice.best];
    recipe_candidates(size, &t->options, candidates);
    t->recipe = candidates[best->candidate];
    t->recipe.fit.lambda = best->recipe.fit.lambda;
    if (!is_inherited)
        tell_choice(t);
    return TRIAGE_OK;
}

static triage_status build_features(training *t, triage_error *err)
{
    uint32_t n = (uint32_t)t->n_docs;
    watch_stage(&t->watch, "find features", 0);
    triage_status status = feature_space_build(&t->corpus, t->docs, n, &t->recipe.features,
                                               t->options.n_threads, &t->space, err);
    if (status == TRIAGE_OK)
        status = doc_matrix_build(&t->corpus, &t->space, t->docs, n, t->options.n_threads,
                                  &t->matrix, err);
    return status;
}

static triage_status fit_fields(training *t, triage_error *err)
{
    const fit_options *o = &t->recipe.fit;
    t->folds = mem_new(t->n_docs, 1);
    if (!t->folds)
        return error_memory(err);
    folds_assign(&t->corpus, t->docs, t->n_docs, o->n_folds, t->folds);
    fit_job job = {.matrix = &t->matrix,
                   .space = &t->space,
                   .folds = t->folds,
                   .fields = t->fits,
                   .n_fields = t->n_fields,
                   .n_threads = t->options.n_threads,
                   .advance = watch_advance,
                   .context = &t->watch};
    for (size_t f = 0; f < t->n_fields; f++) {
        t->fits[f].labels = t->labels[f];
        t->fits[f].n_labels = t->n_labels[f];
        t->fits[f].options = *o;
    }
    watch_stage(&t->watch, "fit", (uint64_t)t->n_fields * (1 + o->n_folds) * o->n_epochs);
    return fit_run(&job, err);
}

/* A ticket without a known feature gets the prior, as it does from the predictor. */
static bool apply_prior(const training *t, size_t field, size_t ticket)
{
    const sparse_rows *own = &t->matrix.own;
    scored_tickets *s = &t->fits[field].held_out;
    if (own->offsets[ticket] != own->offsets[ticket + 1])
        return false;
    memcpy(s->scores + ticket * s->lanes, t->work[field].priors, s->n_labels * sizeof(float));
    return true;
}

static metrics_row judge(const training *t, size_t field, size_t ticket, bool has_features)
{
    const scored_tickets *s = &t->fits[field].held_out;
    const float *row = s->scores + ticket * s->lanes;
    metrics_row r = {.ticket = ticket, .truth = (uint32_t)s->labels[ticket], .confidence = row[0]};
    for (uint32_t k = 1; k < s->n_labels; k++)
        if (row[k] > r.confidence) {
            r.predicted = k;
            r.confidence = row[k];
        }
    r.truth_probability = row[r.truth];
    r.is_auto = has_features && r.confidence >= t->work[field].thresholds[r.predicted];
    return r;
}

static triage_status measure_field(training *t, size_t field, triage_error *err)
{
    field_work *w = &t->work[field];
    const scored_tickets *s = &t->fits[field].held_out;
    metrics_row *rows = mem_new(t->n_docs, sizeof *rows);
    if (!rows)
        return error_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < t->n_docs; i++)
        if (s->labels[i] >= 0) {
            bool has_features = !apply_prior(t, field, i);
            rows[n++] = judge(t, field, i, has_features);
        }
    metrics_input input = {.field = triage_dataset_field_name(t->dataset, field),
                           .labels = w->names,
                           .thresholds = w->thresholds,
                           .n_labels = t->n_labels[field],
                           .n_model_labels = t->n_labels[field],
                           .target_precision = t->options.target_precision,
                           .rows = rows,
                           .n_rows = n};
    triage_status status = metrics_compute(&input, &w->metrics, err);
    free(rows);
    return status;
}

static triage_status calibrate_fields(training *t, triage_error *err)
{
    watch_stage(&t->watch, "calibrate", t->n_fields);
    for (size_t f = 0; f < t->n_fields; f++) {
        field_work *w = &t->work[f];
        scored_tickets *s = &t->fits[f].held_out;
        if (!(t->recipe.fit.is_raw ? calibration_identity(s->n_labels, &w->calibration)
                                   : calibration_fit(s, &w->calibration)))
            return error_memory(err);
        calibration_apply(&w->calibration, s);
        if (!thresholds_fit(s, t->options.target_precision, w->cuts, w->thresholds))
            return error_memory(err);
        triage_status status = measure_field(t, f, err);
        if (status != TRIAGE_OK)
            return status;
        watch_advance(&t->watch);
    }
    return TRIAGE_OK;
}

/* A number for the texts and labels, in order: the same data gives the same. */
static uint64_t hash_dataset(const training *t)
{
    uint64_t hash = hash_mix(t->n_docs);
    for (size_t i = 0; i < t->n_docs; i++) {
        size_t length;
        const char *text = triage_dataset_text(t->dataset, i, &length);
        hash = hash_mix(hash ^ hash_bytes(text, length));
        for (size_t f = 0; f < t->n_fields; f++)
            hash = hash_mix(hash ^ (uint32_t)t->labels[f][i]);
    }
    return hash;
}

static bool write_metadata(training *t)
{
    metadata_field *fields = mem_new(t->n_fields, sizeof *fields);
    if (!fields)
        return false;
    for (size_t f = 0; f < t->n_fields; f++)
        fields[f] = (metadata_field){.metrics = &t->work[f].metrics.field,
                                     .cuts = t->work[f].cuts,
                                     .n_labels = t->n_labels[f]};
    metadata m = {.options = &t->options,
                  .recipe = &t->recipe,
                  .choice = t->choice.n_trials ? &t->choice : NULL,
                  .space = &t->space,
                  .n_tickets = t->n_docs,
                  .data_hash = hash_dataset(t),
                  .fields = fields,
                  .n_fields = t->n_fields};
    bool is_counted = oov_rate_estimate(&t->corpus, &t->space, &m.oov_rate);
    metadata_write(&m, &t->metadata);
    free(fields);
    return is_counted && !t->metadata.failed;
}

static triage_status assemble(training *t, triage_model **ret_model, triage_error *err)
{
    if (!watch_stage(&t->watch, "assemble", 0))
        return error_set(err, TRIAGE_ERROR_CANCELLED, "training was cancelled");
    field_result *results = mem_new_zeroed(t->n_fields, sizeof *results);
    if (!results || !write_metadata(t)) {
        free(results);
        return error_memory(err);
    }
    for (size_t f = 0; f < t->n_fields; f++)
        results[f] = (field_result){.name = triage_dataset_field_name(t->dataset, f),
                                    .labels = t->work[f].names,
                                    .n_labels = t->n_labels[f],
                                    .model = &t->fits[f].model,
                                    .calibration = &t->work[f].calibration,
                                    .thresholds = t->work[f].thresholds,
                                    .priors = t->work[f].priors};
    assembly a = {.space = &t->space,
                  .fields = results,
                  .n_fields = t->n_fields,
                  .metadata = &t->metadata,
                  .n_threads = t->options.n_threads};
    triage_status status = assemble_model(&a, ret_model, err);
    free(results);
    return status;
}

static void training_free(training *t)
{
    for (size_t f = 0; f < t->n_fields; f++) {
        if (t->work) {
            free(t->work[f].names);
            free(t->work[f].labels);
            free(t->work[f].thresholds);
            free(t->work[f].priors);
            free(t->work[f].cuts);
            calibration_free(&t->work[f].calibration);
            metrics_free(&t->work[f].metrics);
        }
        if (t->fits)
            fit_field_free(&t->fits[f]);
    }
    free(t->work);
    free(t->fits);
    free(t->labels);
    free(t->n_labels);
    free(t->docs);
    free(t->folds);
    corpus_free(&t->corpus);
    feature_space_free(&t->space);
    doc_matrix_free(&t->matrix);
    buffer_free(&t->metadata);
}

static triage_status check_options(const triage_train_options *o, triage_error *err)
{
    if (!(o->target_precision > 0 && o->target_precision < 1))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "the target precision must be between 0 and 1");
    if (!(o->max_df >= 0 && o->max_df <= 1))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "max_df is a share, from 0 to 1");
    if ((unsigned)o->preset > TRIAGE_PRESET_SEED)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "no such preset");
    return TRIAGE_OK;
}

triage_status train_again(const triage_dataset *dataset, const triage_train_options *options,
                          const triage_model *previous, triage_model **ret_model, triage_error *err)
{
    static triage_status (*const stations[])(training *, triage_error *) = {
        read_dataset, pick_recipe, build_features, fit_fields, calibrate_fields,
    };
    if (!dataset || !ret_model)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "triage_train: dataset and ret_model are needed");
    training t = {.dataset = dataset,
                  .previous = previous,
                  .options = options ? *options : triage_train_options_default()};
    triage_status status = check_options(&t.options, err);
    watch_init(&t.watch, &t.options);
    for (size_t i = 0; i < sizeof stations / sizeof *stations && status == TRIAGE_OK; i++) {
        status = stations[i](&t, err);
        if (atomic_load(&t.watch.is_cancelled))
            status = error_set(err, TRIAGE_ERROR_CANCELLED, "training was cancelled");
    }
    if (status == TRIAGE_OK)
        status = assemble(&t, ret_model, err);
    training_free(&t);
    return status;
}

triage_status triage_train(const triage_dataset *dataset, const triage_train_options *options,
                           triage_model **ret_model, triage_error *err)
{
    return train_again(dataset, options, NULL, ret_model, err);
}
