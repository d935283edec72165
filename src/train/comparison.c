/* SPDX-License-Identifier: MIT */
/* Comparing two models: two evaluations on the same tickets, joined ticket by ticket. */
#include "train/comparison.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/binomial.h"
#include "triage/evaluate.h"

#include <stdlib.h>
#include <string.h>

/* Who was wrong on a ticket. */
#define CHAMPION_WRONG  1
#define CANDIDATE_WRONG 2

typedef struct side {
    const triage_model *model;
    triage_evaluation *evaluation; /* NULL: no field in common with the tickets */
} side;

static bool has_field(const triage_model *model, const char *name)
{
    for (size_t i = 0; i < triage_model_n_fields(model); i++)
        if (strcmp(triage_model_field_name(model, i), name) == 0)
            return true;
    return false;
}

static bool model_has_label(const triage_model *model, const char *field, const char *label)
{
    for (size_t i = 0; i < triage_model_n_fields(model); i++) {
        if (strcmp(triage_model_field_name(model, i), field) != 0)
            continue;
        for (size_t k = 0; k < triage_model_n_labels(model, i); k++)
            if (strcmp(triage_model_label_name(model, i, k), label) == 0)
                return true;
    }
    return false;
}

/* Evaluates, unless nothing is in common: that is no error of a comparison. */
static triage_status evaluate_side(side *s, const triage_dataset *holdout, uint32_t n_threads,
                                   triage_error *err)
{
    for (size_t i = 0; i < triage_dataset_n_fields(holdout); i++)
        if (has_field(s->model, triage_dataset_field_name(holdout, i)))
            return triage_evaluate(s->model, holdout, n_threads, &s->evaluation, err);
    return TRIAGE_OK;
}

/* The index of the field in the evaluation; false if it was not evaluated. */
static bool find_field(const triage_evaluation *evaluation, const char *name, size_t *ret_field)
{
    for (size_t i = 0; evaluation && i < triage_evaluation_n_fields(evaluation); i++)
        if (strcmp(triage_evaluation_field(evaluation, i)->name, name) == 0) {
            *ret_field = i;
            return true;
        }
    return false;
}

static field_side side_of_field(const triage_field_metrics *m)
{
    return (field_side){.accuracy = m->accuracy, .macro_f1 = m->macro_f1, .log_loss = m->log_loss};
}

static label_side side_of_label(const triage_model *model, const triage_field_metrics *m,
                                const char *label)
{
    label_side result = {.is_known = model_has_label(model, m->name, label)};
    for (size_t k = 0; k < m->n_labels; k++)
        if (strcmp(m->labels[k].label, label) == 0) {
            result.precision = m->labels[k].precision;
            result.recall = m->labels[k].recall;
            result.f1 = m->labels[k].f1;
        }
    return result;
}

static void mark_mistakes(const triage_evaluation *evaluation, size_t field, uint8_t mark,
                          uint8_t *marks)
{
    size_t n;
    const triage_mistake *mistakes = triage_evaluation_mistakes(evaluation, field, &n);
    for (size_t i = 0; i < n; i++)
        marks[mistakes[i].ticket] |= mark;
}

/* P(X >= lost) for lost + gained throws of a fair coin. */
static double coin_p(uint64_t n_gained, uint64_t n_lost)
{
    return binomial_upper_tail(n_lost, n_gained + n_lost, 0.5);
}

/* Counts gains and losses from the marks of each ticket. */
static void count_pairs(const triage_dataset *holdout, size_t field, const uint8_t *marks,
                        compared_field *f)
{
    for (size_t i = 0; i < triage_dataset_size(holdout); i++) {
        int32_t label = triage_dataset_label(holdout, field, i);
        if (label == TRIAGE_NO_LABEL)
            continue;
        f->n++;
        f->labels[label].support++;
        f->labels[label].n_gained += marks[i] == CHAMPION_WRONG;
        f->labels[label].n_lost += marks[i] == CANDIDATE_WRONG;
    }
    for (size_t k = 0; k < f->n_labels; k++) {
        compared_label *l = &f->labels[k];
        l->p = coin_p(l->n_gained, l->n_lost);
        f->n_gained += l->n_gained;
        f->n_lost += l->n_lost;
    }
    f->p = coin_p(f->n_gained, f->n_lost);
}

/* Fills field `index` of the tickets; both models have it. */
static bool compare_field(const side *champion, const side *candidate,
                          const triage_dataset *holdout, size_t index, compared_field *f)
{
    size_t in_champion = 0, in_candidate = 0;
    f->n_labels = triage_dataset_n_labels(holdout, index);
    f->labels = mem_new_zeroed(f->n_labels, sizeof *f->labels);
    uint8_t *marks = mem_new_zeroed(triage_dataset_size(holdout), 1);
    if (!f->labels || !marks || !find_field(champion->evaluation, f->name, &in_champion) ||
        !find_field(candidate->evaluation, f->name, &in_candidate)) {
        free(marks);
        return false;
    }
    mark_mistakes(champion->evaluation, in_champion, CHAMPION_WRONG, marks);
    mark_mistakes(candidate->evaluation, in_candidate, CANDIDATE_WRONG, marks);
    count_pairs(holdout, index, marks, f);
    free(marks);
    const triage_field_metrics *old = triage_evaluation_field(champion->evaluation, in_champion);
    const triage_field_metrics *new = triage_evaluation_field(candidate->evaluation, in_candidate);
    f->champion = side_of_field(old);
    f->candidate = side_of_field(new);
    for (size_t k = 0; k < f->n_labels; k++) {
        f->labels[k].label = triage_dataset_label_name(holdout, index, k);
        f->labels[k].champion = side_of_label(champion->model, old, f->labels[k].label);
        f->labels[k].candidate = side_of_label(candidate->model, new, f->labels[k].label);
    }
    return true;
}

static triage_status compare_fields(const side *champion, const side *candidate,
                                    const triage_dataset *holdout, comparison *c, triage_error *err)
{
    c->fields = mem_new_zeroed(triage_dataset_n_fields(holdout), sizeof *c->fields);
    if (!c->fields)
        return error_memory(err);
    for (size_t i = 0; i < triage_dataset_n_fields(holdout); i++) {
        const char *name = triage_dataset_field_name(holdout, i);
        compared_field *f = &c->fields[c->n_fields];
        *f = (compared_field){.name = name,
                              .in_champion = has_field(champion->model, name),
                              .in_candidate = has_field(candidate->model, name)};
        if (!f->in_champion && !f->in_candidate)
            continue;
        c->n_fields++;
        if (f->in_champion && f->in_candidate && !compare_field(champion, candidate, holdout, i, f))
            return error_memory(err);
    }
    return TRIAGE_OK;
}

triage_status comparison_make(const triage_model *champion, const triage_model *candidate,
                              const triage_dataset *holdout, uint32_t n_threads,
                              comparison *ret_comparison, triage_error *err)
{
    side old = {.model = champion}, new = {.model = candidate};
    comparison result = {0};
    triage_status status = evaluate_side(&old, holdout, n_threads, err);
    if (status == TRIAGE_OK)
        status = evaluate_side(&new, holdout, n_threads, err);
    if (status == TRIAGE_OK)
        status = compare_fields(&old, &new, holdout, &result, err);
    triage_evaluation_free(old.evaluation);
    triage_evaluation_free(new.evaluation);
    if (status == TRIAGE_OK)
        *ret_comparison = result;
    else
        comparison_free(&result);
    return status;
}

void comparison_free(comparison *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_fields; i++)
        free(c->fields[i].labels);
    free(c->fields);
    *c = (comparison){0};
}

static void write_real(json_writer *w, const char *key, double value)
{
    json_write_key(w, key);
    json_write_double(w, value);
}

static void write_count(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_uint(w, value);
}

static void write_label_side(json_writer *w, const char *key, const label_side *s)
{
    json_write_key(w, key);
    if (!s->is_known) {
        json_write_null(w);
        return;
    }
    json_begin_object(w);
    write_real(w, "precision", s->precision);
    write_real(w, "recall", s->recall);
    write_real(w, "f1", s->f1);
    json_end_object(w);
}

static void write_field_side(json_writer *w, const char *key, const field_side *s)
{
    json_write_key(w, key);
    json_begin_object(w);
    write_real(w, "accuracy", s->accuracy);
    write_real(w, "macro_f1", s->macro_f1);
    write_real(w, "log_loss", s->log_loss);
    json_end_object(w);
}

static void write_pairs(json_writer *w, uint64_t n_gained, uint64_t n_lost, double p)
{
    write_count(w, "gained", n_gained);
    write_count(w, "lost", n_lost);
    write_real(w, "p", p);
}

static void write_label(json_writer *w, const compared_label *l)
{
    json_begin_object(w);
    json_write_key(w, "label");
    json_write_text(w, l->label);
    write_count(w, "support", l->support);
    write_pairs(w, l->n_gained, l->n_lost, l->p);
    write_label_side(w, "champion", &l->champion);
    write_label_side(w, "candidate", &l->candidate);
    json_end_object(w);
}

static void write_field(json_writer *w, const compared_field *f)
{
    json_begin_object(w);
    json_write_key(w, "field");
    json_write_text(w, f->name);
    json_write_key(w, "in_champion");
    json_write_bool(w, f->in_champion);
    json_write_key(w, "in_candidate");
    json_write_bool(w, f->in_candidate);
    if (f->in_champion && f->in_candidate) {
        write_count(w, "tickets", f->n);
        write_pairs(w, f->n_gained, f->n_lost, f->p);
        write_field_side(w, "champion", &f->champion);
        write_field_side(w, "candidate", &f->candidate);
        json_write_key(w, "labels");
        json_begin_array(w);
        for (size_t k = 0; k < f->n_labels; k++)
            write_label(w, &f->labels[k]);
        json_end_array(w);
    }
    json_end_object(w);
}

void comparison_write(const comparison *c, json_writer *w)
{
    json_begin_array(w);
    for (size_t i = 0; i < c->n_fields; i++)
        write_field(w, &c->fields[i]);
    json_end_array(w);
}
