/* SPDX-License-Identifier: MIT */
/*
 * Making the training set. All tickets and all corrected texts first go into one pool, so that
 * spellings of a label are merged over all of them; then each goes where it belongs.
 */
#include "services/retrainer/training_set.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/limits.h"
#include "services/retrainer/corrections.h"

#include <stdlib.h>

/* The hold-out is cut in thousandths of the hash. */
#define HOLDOUT_PARTS 1000

typedef struct label_facts {
    bool is_retired;
    uint64_t n; /* base tickets with it */
} label_facts;

typedef struct making {
    const training_set_options *options;
    corrections corrections;
    ticket_pool pool; /* base tickets, then corrected texts */
    size_t n_base;
    bool *is_in_base;               /* by corrected text: a base ticket has it */
    label_facts *facts[MAX_FIELDS]; /* by field of the pool, by label */
    size_t fields[MAX_FIELDS];      /* of the result: which of the pool's; n_fields */
    bool is_learnable[MAX_FIELDS];  /* by field of the pool: a training ticket has a label */
    size_t n_fields;
    training_set set;
} making;

/* A ticket on its way from the pool: the labels are indices of the pool's. */
typedef struct placed_ticket {
    size_t index; /* whose text it has */
    int32_t labels[MAX_FIELDS];
    bool is_corrected, is_held_out, has_label;
    bool was_held_out; /* before it was corrected */
} placed_ticket;

void training_set_free(training_set *set)
{
    triage_dataset_free(set->training);
    triage_dataset_free(set->holdout);
    *set = (training_set){0};
}

static void making_free(making *m)
{
    corrections_free(&m->corrections);
    ticket_pool_free(&m->pool);
    free(m->is_in_base);
    for (size_t f = 0; f < MAX_FIELDS; f++)
        free(m->facts[f]);
}

static triage_status fill_pool(making *m, triage_error *err)
{
    const base_source *source = &m->options->base;
    triage_status status = corrections_read(source->store, &m->corrections, err);
    if (status == TRIAGE_OK)
        status = base_tickets_kind(source, &m->set.base, err);
    if (status == TRIAGE_OK)
        status = base_tickets_load(source, m->set.base, &m->pool, err);
    if (status != TRIAGE_OK)
        return status;
    m->n_base = ticket_pool_size(&m->pool);
    m->set.n_base = m->n_base;
    m->set.feedback_sequence = m->corrections.last_sequence;
    if (m->n_base == 0)
        return error_set(err, TRIAGE_ERROR_DATA, "there are no labelled tickets to train on");
    status = corrections_add_to(&m->corrections, &m->pool, &m->set.n_feedback, err);
    return status == TRIAGE_OK ? triage_dataset_finish(m->pool.dataset, err) : status;
}

static triage_status gather_facts(making *m, triage_error *err)
{
    const triage_dataset *d = m->pool.dataset;
    for (size_t f = 0; f < triage_dataset_n_fields(d); f++) {
        size_t n = triage_dataset_n_labels(d, f);
        label_facts *facts = m->facts[f] = mem_new_zeroed(n, sizeof *facts);
        if (!facts)
            return error_memory(err);
        for (size_t k = 0; m->options->retired && k < n; k++)
            facts[k].is_retired = retired_has(m->options->retired, triage_dataset_field_name(d, f),
                                              triage_dataset_label_name(d, f, k));
        for (size_t i = 0; i < m->n_base; i++) {
            int32_t label = triage_dataset_label(d, f, i);
            if (label != TRIAGE_NO_LABEL)
                facts[label].n++;
        }
    }
    return TRIAGE_OK;
}

static triage_status mark_corrected(making *m, triage_error *err)
{
    size_t text;
    m->is_in_base = mem_new_zeroed(m->corrections.n_texts, sizeof *m->is_in_base);
    if (!m->is_in_base)
        return error_memory(err);
    for (size_t i = 0; i < m->n_base; i++)
        if (corrections_find(&m->corrections, m->pool.hashes[i], &text))
            m->is_in_base[text] = true;
    return TRIAGE_OK;
}

/* Whether the base ticket is held out as long as nobody corrects it. */
static bool is_for_holdout(const making *m, size_t i)
{
    const triage_dataset *d = m->pool.dataset;
    if ((double)(m->pool.hashes[i] % HOLDOUT_PARTS) >= m->options->holdout_share * HOLDOUT_PARTS)
        return false;
    for (size_t f = 0; f < triage_dataset_n_fields(d); f++) {
        int32_t label = triage_dataset_label(d, f, i);
        if (label != TRIAGE_NO_LABEL && m->facts[f][label].n < TRAINING_SET_RARE)
            return false;
    }
    return true;
}

/* Fills the labels of the ticket: those of `correction` (a place in the pool), else its own. */
static void place_labels(const making *m, size_t correction, placed_ticket *t)
{
    const triage_dataset *d = m->pool.dataset;
    for (size_t f = 0; f < triage_dataset_n_fields(d); f++) {
        int32_t label = triage_dataset_label(d, f, correction);
        if (label == TRIAGE_NO_LABEL)
            label = triage_dataset_label(d, f, t->index);
        if (label != TRIAGE_NO_LABEL && m->facts[f][label].is_retired)
            label = TRIAGE_NO_LABEL;
        t->labels[f] = label;
        t->has_label |= label != TRIAGE_NO_LABEL;
    }
}

/* Where ticket `i` of the pool goes, and with which labels. False: nowhere. */
static bool place(const making *m, size_t i, placed_ticket *ret_ticket)
{
    placed_ticket t = {.index = i, .is_corrected = i >= m->n_base};
    size_t correction = i, text;
    if (t.is_corrected && m->is_in_base[i - m->n_base])
        return false; /* its corrections are on the base tickets */
    if (!t.is_corrected) {
        t.is_held_out = is_for_holdout(m, i);
        if (corrections_find(&m->corrections, m->pool.hashes[i], &text)) {
            t.is_corrected = true;
            t.was_held_out = t.is_held_out;
            t.is_held_out = false;
            correction = m->n_base + text;
        }
    }
    place_labels(m, correction, &t);
    *ret_ticket = t;
    return t.has_label;
}

/* Fields without a label among the training tickets are left out. */
static triage_status choose_fields(making *m, triage_error *err)
{
    const triage_dataset *d = m->pool.dataset;
    placed_ticket t;
    for (size_t i = 0; i < triage_dataset_size(d); i++)
        if (place(m, i, &t) && !t.is_held_out)
            for (size_t f = 0; f < triage_dataset_n_fields(d); f++)
                m->is_learnable[f] |= t.labels[f] != TRIAGE_NO_LABEL;
    const char *names[MAX_FIELDS];
    for (size_t f = 0; f < triage_dataset_n_fields(d); f++)
        if (m->is_learnable[f]) {
            names[m->n_fields] = triage_dataset_field_name(d, f);
            m->fields[m->n_fields++] = f;
        }
    if (m->n_fields == 0)
        return error_set(err, TRIAGE_ERROR_DATA, "there are no labelled tickets to train on");
    triage_status status = triage_dataset_new(names, m->n_fields, &m->set.training, err);
    return status == TRIAGE_OK ? triage_dataset_new(names, m->n_fields, &m->set.holdout, err)
                               : status;
}

/* Round 0 is for all base tickets but those that a correction took out of the hold-out; the others
 * are for what corrections add. */
static bool goes_in_round(const making *m, const placed_ticket *t, uint32_t round)
{
    if (round == 0)
        return t->index < m->n_base && !t->was_held_out;
    uint32_t n_before = t->index < m->n_base && !t->was_held_out ? 1 : 0;
    return t->is_corrected && round + n_before <= m->options->correction_weight;
}

static triage_status add_placed(making *m, const placed_ticket *t, triage_error *err)
{
    const triage_dataset *d = m->pool.dataset;
    slice text, labels[MAX_FIELDS];
    text.data = triage_dataset_text(d, t->index, &text.length);
    uint64_t hash = hash_mix(m->set.hash ^ hash_bytes(text.data, text.length));
    for (size_t k = 0; k < m->n_fields; k++) {
        int32_t label = t->labels[m->fields[k]];
        labels[k] = (slice){0};
        if (label != TRIAGE_NO_LABEL) {
            labels[k].data = triage_dataset_label_name(d, m->fields[k], (size_t)label);
            labels[k].length = strlen(labels[k].data);
        }
        hash = hash_mix(hash ^ hash_bytes(labels[k].data, labels[k].length));
    }
    m->set.hash = hash_mix(hash + (t->is_held_out ? 1 : 0) + (t->is_corrected ? 2 : 0));
    return dataset_add(t->is_held_out ? m->set.holdout : m->set.training, text, labels, err);
}

/*
 * One round over the pool: first the tickets that were in training before they were corrected, or
 * are held out; then, for each time that a correction counts, what corrections add. What is added
 * is behind all else, because the order of training then stays what it was (train/sgd.c).
 */
static triage_status split_round(making *m, uint32_t round, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; i < triage_dataset_size(m->pool.dataset) && status == TRIAGE_OK; i++) {
        placed_ticket t;
        if (place(m, i, &t) && goes_in_round(m, &t, round))
            status = add_placed(m, &t, err);
    }
    return status;
}

static triage_status split(making *m, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (uint32_t round = 0; round <= m->options->correction_weight && status == TRIAGE_OK; round++)
        status = split_round(m, round, err);
    if (status == TRIAGE_OK)
        status = triage_dataset_finish(m->set.training, err);
    return status == TRIAGE_OK ? triage_dataset_finish(m->set.holdout, err) : status;
}

triage_status training_set_make(const training_set_options *options, training_set *ret_set,
                                triage_error *err)
{
    static triage_status (*const steps[])(making *, triage_error *) = {
        fill_pool, gather_facts, mark_corrected, choose_fields, split,
    };
    triage_status status = TRIAGE_OK;
    making *m = mem_new_zeroed(1, sizeof *m);
    if (!m)
        return error_memory(err);
    m->options = options;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == TRIAGE_OK; i++)
        status = steps[i](m, err);
    if (status == TRIAGE_OK)
        *ret_set = m->set;
    else
        training_set_free(&m->set);
    making_free(m);
    free(m);
    return status;
}
