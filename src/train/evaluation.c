/* SPDX-License-Identifier: MIT */
/*
 * Evaluation: matches fields and labels by name, predicts every ticket on several threads, and has
 * the metrics of each field computed. A ticket's row depends on nothing but the model and the
 * ticket.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "train/metrics.h"

#include <stdlib.h>
#include <string.h>

/* Tickets a task: long enough to be worth a predictor of its own, short enough to share out. */
#define TASK_TICKETS 512

#define NO_TRUTH UINT32_MAX /* of a row: the ticket has no label for the field */

struct triage_evaluation {
    size_t n_fields;
    metrics *fields; /* n_fields */
};

/* A field that model and dataset have in common. */
typedef struct matched_field {
    size_t in_model, in_dataset;
    size_t n_model_labels, n_labels;
    const char **labels; /* n_labels: the model's, then those that it does not know */
    float *thresholds;   /* n_model_labels */
    uint32_t *truths;    /* of each label of the dataset, its index in `labels` */
    metrics_row *rows;   /* one a ticket, with NO_TRUTH where it has no label */
} matched_field;

typedef struct run {
    const triage_model *model;
    const triage_dataset *dataset;
    matched_field *fields;
    size_t n_fields;
    triage_error *errors; /* one a task; OK where it went well */
} run;

void triage_evaluation_free(triage_evaluation *evaluation)
{
    if (!evaluation)
        return;
    for (size_t i = 0; evaluation->fields && i < evaluation->n_fields; i++)
        metrics_free(&evaluation->fields[i]);
    free(evaluation->fields);
    free(evaluation);
}

size_t triage_evaluation_n_fields(const triage_evaluation *evaluation)
{
    return evaluation->n_fields;
}

const triage_field_metrics *triage_evaluation_field(const triage_evaluation *evaluation,
                                                    size_t field)
{
    return &evaluation->fields[field].field;
}

const triage_mistake *triage_evaluation_mistakes(const triage_evaluation *evaluation, size_t field,
                                                 size_t *ret_n)
{
    *ret_n = evaluation->fields[field].n_mistakes;
    return evaluation->fields[field].mistakes;
}

static void matched_field_free(matched_field *f)
{
    free(f->labels);
    free(f->thresholds);
    free(f->truths);
    free(f->rows);
}

/* A label of the model in the order of its name. */
typedef struct named_label {
    const char *name;
    uint32_t label;
} named_label;

static int compare_named(const void *a, const void *b)
{
    return strcmp(((const named_label *)a)->name, ((const named_label *)b)->name);
}

/* The model's labels sorted by name. NULL: out of memory. */
static named_label *sort_labels(const matched_field *f)
{
    named_label *sorted = mem_new(f->n_model_labels, sizeof *sorted);
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < f->n_model_labels; i++)
        sorted[i] = (named_label){.name = f->labels[i], .label = (uint32_t)i};
    qsort(sorted, f->n_model_labels, sizeof *sorted, compare_named);
    return sorted;
}

static bool allocate_labels(const run *r, matched_field *f)
{
    size_t n_dataset_labels = triage_dataset_n_labels(r->dataset, f->in_dataset), n_at_most;
    f->n_model_labels = triage_model_n_labels(r->model, f->in_model);
    if (!size_add(f->n_model_labels, n_dataset_labels, &n_at_most))
        return false;
    f->labels = mem_new(n_at_most, sizeof *f->labels);
    f->thresholds = mem_new(f->n_model_labels, sizeof *f->thresholds);
    f->truths = mem_new(n_dataset_labels, sizeof *f->truths);
    f->rows = mem_new(triage_dataset_size(r->dataset), sizeof *f->rows);
    return f->labels && f->thresholds && f->truths && f->rows;
}

/* Gives each label of the dataset the model's index of that name, or a new one behind those. */
static bool match_labels(const run *r, matched_field *f)
{
    if (!allocate_labels(r, f))
        return false;
    for (size_t i = 0; i < f->n_model_labels; i++) {
        f->labels[i] = triage_model_label_name(r->model, f->in_model, i);
        f->thresholds[i] = triage_model_threshold(r->model, f->in_model, i);
    }
    named_label *sorted = sort_labels(f);
    if (!sorted)
        return false;
    f->n_labels = f->n_model_labels;
    for (size_t i = 0; i < triage_dataset_n_labels(r->dataset, f->in_dataset); i++) {
        named_label wanted = {.name = triage_dataset_label_name(r->dataset, f->in_dataset, i)};
        const named_label *found =
            bsearch(&wanted, sorted, f->n_model_labels, sizeof *sorted, compare_named);
        f->truths[i] = found ? found->label : (uint32_t)f->n_labels;
        if (!found)
            f->labels[f->n_labels++] = wanted.name;
    }
    free(sorted);
    return true;
}

/* Fills `fields` with what model and dataset have in common, in the model's order. */
static triage_status match_fields(run *r, triage_error *err)
{
    size_t n_model = triage_model_n_fields(r->model);
    size_t n_dataset = triage_dataset_n_fields(r->dataset);
    for (size_t i = 0; i < n_model; i++) {
        const char *name = triage_model_field_name(r->model, i);
        for (size_t j = 0; j < n_dataset; j++) {
            if (strcmp(name, triage_dataset_field_name(r->dataset, j)) != 0)
                continue;
            matched_field *f = &r->fields[r->n_fields++];
            *f = (matched_field){.in_model = i, .in_dataset = j};
            if (!match_labels(r, f))
                return error_memory(err);
            break;
        }
    }
    if (r->n_fields > 0)
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_DATA,
                     "the tickets have no field in common with the model, whose first one is "
                     "\"%s\"; the first one of the tickets is \"%s\"",
                     triage_model_field_name(r->model, 0),
                     triage_dataset_field_name(r->dataset, 0));
}

static void fill_row(const matched_field *f, const triage_predictor *predictor,
                     const triage_outcome *outcome, size_t ticket, int32_t label)
{
    uint32_t truth = f->truths[label];
    bool is_known = truth < f->n_model_labels;
    f->rows[ticket] = (metrics_row){
        .ticket = ticket,
        .truth = truth,
        .predicted = outcome->label,
        .confidence = outcome->confidence,
        .truth_probability =
            is_known ? triage_predictor_probabilities(predictor, f->in_model)[truth] : 0,
        .is_auto = outcome->decision == TRIAGE_AUTO,
    };
}

/* Predicts the ticket if it has a label for any field, and fills its rows. */
static triage_status evaluate_ticket(const run *r, triage_predictor *predictor, size_t ticket,
                                     triage_outcome *outcomes, triage_error *err)
{
    bool is_predicted = false;
    for (size_t i = 0; i < r->n_fields; i++) {
        const matched_field *f = &r->fields[i];
        int32_t label = triage_dataset_label(r->dataset, f->in_dataset, ticket);
        f->rows[ticket].truth = NO_TRUTH;
        if (label == TRIAGE_NO_LABEL)
            continue;
        if (!is_predicted) {
            size_t length;
            const char *text = triage_dataset_text(r->dataset, ticket, &length);
            triage_status status = triage_predict(predictor, text, length, outcomes, err);
            if (status != TRIAGE_OK)
                return status;
            is_predicted = true;
        }
        fill_row(f, predictor, &outcomes[f->in_model], ticket, label);
    }
    return TRIAGE_OK;
}

static bool evaluate_task(void *context, size_t task)
{
    const run *r = context;
    triage_error *err = &r->errors[task];
    triage_predictor *predictor = NULL;
    triage_status status = TRIAGE_OK;
    triage_outcome *outcomes = mem_new(triage_model_n_fields(r->model), sizeof *outcomes);
    if (!outcomes) {
        status = error_memory(err);
        goto done;
    }
    status = triage_predictor_new(r->model, &predictor, err);
    size_t end = (task + 1) * TASK_TICKETS, n = triage_dataset_size(r->dataset);
    for (size_t i = task * TASK_TICKETS; status == TRIAGE_OK && i < end && i < n; i++)
        status = evaluate_ticket(r, predictor, i, outcomes, err);
done:
    triage_predictor_free(predictor);
    free(outcomes);
    return status == TRIAGE_OK;
}

/* Fills all rows. */
static triage_status evaluate_tickets(run *r, uint32_t n_threads, triage_error *err)
{
    size_t n_tasks = (triage_dataset_size(r->dataset) + TASK_TICKETS - 1) / TASK_TICKETS;
    r->errors = mem_new_zeroed(n_tasks, sizeof *r->errors);
    if (!r->errors)
        return error_memory(err);
    if (parallel_run(n_threads, n_tasks, evaluate_task, r))
        return TRIAGE_OK;
    for (size_t i = 0; i < n_tasks; i++)
        if (r->errors[i].status != TRIAGE_OK)
            return error_set(err, r->errors[i].status, "%s", r->errors[i].message);
    return error_memory(err);
}

/* The number behind metadata.fields.NAME.auto.target_precision; 0 if there is none. */
static double read_target_precision(const json_value *metadata, const char *field)
{
    const json_value *value = NULL;
    double target;
    if (json_member(metadata, "fields", &value) && json_member(value, field, &value) &&
        json_member(value, "auto", &value) && json_member(value, "target_precision", &value) &&
        json_double(value, &target) && target > 0 && target < 1)
        return target;
    return 0;
}

/* Moves the rows with a label to the front; their number. */
static size_t pack_rows(metrics_row *rows, size_t n)
{
    size_t n_packed = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i].truth != NO_TRUTH)
            rows[n_packed++] = rows[i];
    return n_packed;
}

static triage_status measure_fields(const run *r, const json_value *metadata, metrics *ret_fields,
                                    triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; status == TRIAGE_OK && i < r->n_fields; i++) {
        const matched_field *f = &r->fields[i];
        metrics_input input = {
            .field = triage_model_field_name(r->model, f->in_model),
            .labels = f->labels,
            .thresholds = f->thresholds,
            .n_labels = f->n_labels,
            .n_model_labels = f->n_model_labels,
            .rows = f->rows,
            .n_rows = pack_rows(f->rows, triage_dataset_size(r->dataset)),
        };
        input.target_precision = read_target_precision(metadata, input.field);
        status = metrics_compute(&input, &ret_fields[i], err);
    }
    return status;
}

/* The model's metadata, or NULL (null): a model is usable without any. */
static triage_status read_metadata(const triage_model *model, json_value **ret_metadata,
                                   triage_error *err)
{
    size_t length;
    const char *text = triage_model_metadata(model, &length);
    json_parser *parser = json_parser_new();
    if (!parser)
        return error_memory(err);
    triage_status status = json_parse(parser, text, length, ret_metadata, err);
    json_parser_free(parser);
    return status == TRIAGE_ERROR_DATA ? TRIAGE_OK : status;
}

triage_status triage_evaluate(const triage_model *model, const triage_dataset *dataset,
                              uint32_t n_threads, triage_evaluation **ret_evaluation,
                              triage_error *err)
{
    run r = {.model = model, .dataset = dataset};
    json_value *metadata = NULL;
    triage_status status = TRIAGE_OK;
    triage_evaluation *evaluation = mem_new_zeroed(1, sizeof *evaluation);
    r.fields = mem_new(triage_model_n_fields(model), sizeof *r.fields);
    if (!evaluation || !r.fields) {
        status = error_memory(err);
        goto done;
    }
    if ((status = match_fields(&r, err)) != TRIAGE_OK ||
        (status = read_metadata(model, &metadata, err)) != TRIAGE_OK ||
        (status = evaluate_tickets(&r, n_threads, err)) != TRIAGE_OK)
        goto done;
    evaluation->fields = mem_new_zeroed(r.n_fields, sizeof *evaluation->fields);
    if (!evaluation->fields) {
        status = error_memory(err);
        goto done;
    }
    evaluation->n_fields = r.n_fields;
    status = measure_fields(&r, metadata, evaluation->fields, err);
    if (status == TRIAGE_OK) {
        *ret_evaluation = evaluation;
        evaluation = NULL;
    }
done:
    triage_evaluation_free(evaluation);
    json_free(metadata);
    for (size_t i = 0; i < r.n_fields; i++)
        matched_field_free(&r.fields[i]);
    free(r.fields);
    free(r.errors);
    return status;
}
