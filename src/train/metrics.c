/* SPDX-License-Identifier: MIT */
/* Counts, ratios and rankings of predictions. */
#include "train/metrics.h"

#include "base/error.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_BINS           TRIAGE_N_RELIABILITY_BINS
#define MAX_CURVE_POINTS 200

/* Probabilities are cut here before the logarithm: one impossible truth must not decide it all. */
#define MIN_PROBABILITY 1e-15

/* The threshold of a label that the model does not know: above 1, never `auto`. */
#define NO_THRESHOLD 2.0f

void metrics_free(metrics *m)
{
    if (!m)
        return;
    free(m->names);
    free(m->labels);
    free(m->confusion);
    free(m->curve);
    free(m->mistakes);
    *m = (metrics){0};
}

static double ratio(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

/* A model file with damaged weights may give anything. */
static float sane_confidence(float confidence)
{
    return confidence > 0 ? fminf(confidence, 1) : 0;
}

/* The size of all names in one block; false if it does not fit. */
static bool names_size(const metrics_input *in, size_t *ret_size)
{
    size_t size = strlen(in->field) + 1;
    for (size_t i = 0; i < in->n_labels; i++)
        if (!size_add(size, strlen(in->labels[i]) + 1, &size))
            return false;
    *ret_size = size;
    return true;
}

static char *copy_name(char **end, const char *name)
{
    size_t size = strlen(name) + 1;
    char *copy = memcpy(*end, name, size);
    *end += size;
    return copy;
}

/* All memory that does not depend on the predictions, and what the field and labels are called. */
static bool allocate(const metrics_input *in, metrics *m)
{
    size_t size, n_cells, n = in->n_labels;
    if (!names_size(in, &size) || !size_multiply(n, n, &n_cells))
        return false;
    m->names = mem_new(size, 1);
    m->labels = mem_new_zeroed(n, sizeof *m->labels);
    m->confusion = mem_new_zeroed(n_cells, sizeof *m->confusion);
    m->curve = mem_new(MAX_CURVE_POINTS, sizeof *m->curve);
    if (!m->names || !m->labels || !m->confusion || !m->curve)
        return false;
    char *end = m->names;
    m->field.name = copy_name(&end, in->field);
    for (size_t i = 0; i < n; i++) {
        m->labels[i].label = copy_name(&end, in->labels[i]);
        m->labels[i].threshold = i < in->n_model_labels ? in->thresholds[i] : NO_THRESHOLD;
    }
    m->field.n_labels = n;
    m->field.labels = m->labels;
    m->field.confusion = m->confusion;
    m->field.curve = m->curve;
    m->field.n_tickets = in->n_rows;
    m->field.target_precision = in->target_precision;
    return true;
}

/* Counts every row; what is decided `auto` gets its ratios here. */
static void count_rows(const metrics_input *in, metrics *m)
{
    size_t n = in->n_labels;
    uint64_t n_auto = 0, n_auto_right = 0;
    for (size_t i = 0; i < in->n_rows; i++) {
        const metrics_row *row = &in->rows[i];
        assert(row->truth < n && row->predicted < n);
        triage_label_metrics *predicted = &m->labels[row->predicted];
        bool is_right = row->truth == row->predicted;
        m->labels[row->truth].support++;
        predicted->n_predicted++;
        m->confusion[row->truth * n + row->predicted]++;
        m->field.n_unknown_labels += row->truth >= in->n_model_labels;
        m->n_mistakes += !is_right;
        if (row->is_auto) {
            predicted->n_auto++;
            predicted->auto_precision += is_right; /* a count until the end */
            n_auto++;
            n_auto_right += is_right;
        }
    }
    for (size_t i = 0; i < n; i++) {
        triage_label_metrics *label = &m->labels[i];
        label->auto_coverage = ratio(label->n_auto, label->n_predicted);
        label->auto_precision = ratio((uint64_t)label->auto_precision, label->n_auto);
    }
    m->field.accuracy = ratio(in->n_rows - m->n_mistakes, in->n_rows);
    m->field.auto_coverage = ratio(n_auto, in->n_rows);
    m->field.auto_precision = ratio(n_auto_right, n_auto);
}

/* Precision, recall and F1 of each label; a ratio with nothing below the line is 0. */
static void rate_labels(metrics *m)
{
    size_t n = m->field.n_labels;
    for (size_t i = 0; i < n; i++) {
        triage_label_metrics *label = &m->labels[i];
        uint64_t n_right = m->confusion[i * n + i];
        label->precision = ratio(n_right, label->n_predicted);
        label->recall = ratio(n_right, label->support);
        label->f1 = ratio(2 * n_right, label->n_predicted + label->support);
    }
}

static void average_labels(metrics *m)
{
    triage_field_metrics *f = &m->field;
    uint64_t n_occurring = 0;
    for (size_t i = 0; i < f->n_labels; i++) {
        const triage_label_metrics *label = &m->labels[i];
        double weight = (double)label->support;
        n_occurring += label->support + label->n_predicted > 0;
        f->macro_precision += label->precision;
        f->macro_recall += label->recall;
        f->macro_f1 += label->f1;
        f->weighted_precision += label->precision * weight;
        f->weighted_recall += label->recall * weight;
        f->weighted_f1 += label->f1 * weight;
    }
    if (n_occurring == 0)
        return;
    f->macro_precision /= (double)n_occurring;
    f->macro_recall /= (double)n_occurring;
    f->macro_f1 /= (double)n_occurring;
    f->weighted_precision /= (double)f->n_tickets;
    f->weighted_recall /= (double)f->n_tickets;
    f->weighted_f1 /= (double)f->n_tickets;
}

static void measure_log_loss(const metrics_input *in, metrics *m)
{
    double sum = 0;
    for (size_t i = 0; i < in->n_rows; i++)
        sum -= log(fmin(fmax((double)in->rows[i].truth_probability, MIN_PROBABILITY), 1));
    m->field.log_loss = in->n_rows > 0 ? sum / (double)in->n_rows : 0;
}

/*
 * Bins and expected calibration error (Guo et al., "On Calibration of Modern Neural Networks",
 * 2017): the mean distance of confidence and accuracy in a bin, weighted by its tickets.
 */
static void measure_reliability(const metrics_input *in, metrics *m)
{
    triage_reliability_bin *bins = m->field.reliability;
    for (size_t i = 0; i < in->n_rows; i++) {
        const metrics_row *row = &in->rows[i];
        double confidence = (double)sane_confidence(row->confidence);
        int bin = (int)ceil(confidence * N_BINS) - 1; /* exact: a float has 24 bits, 15 has 4 */
        triage_reliability_bin *b = &bins[bin > 0 ? bin : 0];
        b->count++;
        b->mean_confidence += confidence;
        b->accuracy += row->truth == row->predicted;
    }
    for (int i = 0; i < N_BINS; i++) {
        if (bins[i].count == 0)
            continue;
        double count = (double)bins[i].count;
        m->field.ece += fabs(bins[i].accuracy - bins[i].mean_confidence) / (double)in->n_rows;
        bins[i].mean_confidence /= count;
        bins[i].accuracy /= count;
    }
}

/* A ticket as far as rankings go. */
typedef struct ranked {
    float confidence;
    uint32_t row;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->confidence != y->confidence)
        return x->confidence < y->confidence ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All rows, most confident first. NULL: out of memory. */
static ranked *rank_rows(const metrics_input *in)
{
    if (in->n_rows > UINT32_MAX)
        return NULL;
    ranked *ranking = mem_new(in->n_rows, sizeof *ranking);
    if (!ranking)
        return NULL;
    for (size_t i = 0; i < in->n_rows; i++)
        ranking[i] =
            (ranked){.confidence = sane_confidence(in->rows[i].confidence), .row = (uint32_t)i};
    qsort(ranking, in->n_rows, sizeof *ranking, compare_ranked);
    return ranking;
}

/*
 * Walks down the ranking. The curve gets a point at the first end of a group of equal confidence at
 * or behind each 200th of the tickets; coverage at a precision looks at every such end.
 */
static void measure_ranking(const metrics_input *in, const ranked *ranking, metrics *m)
{
    size_t n = in->n_rows, n_right = 0;
    triage_field_metrics *f = &m->field;
    for (size_t i = 0; i < n; i++) {
        const metrics_row *row = &in->rows[ranking[i].row];
        n_right += row->truth == row->predicted;
        if (i + 1 < n && ranking[i + 1].confidence == ranking[i].confidence)
            continue;
        double precision = ratio(n_right, i + 1), coverage = ratio(i + 1, n);
        if (precision >= 0.90)
            f->coverage_at_90 = coverage;
        if (precision >= 0.95)
            f->coverage_at_95 = coverage;
        double next = ratio(f->n_curve + 1, MAX_CURVE_POINTS);
        if (coverage < next)
            continue;
        m->curve[f->n_curve] = (triage_curve_point){
            .coverage = coverage,
            .precision = precision,
            .confidence = (double)ranking[i].confidence,
        };
        f->n_curve++;
    }
}

static bool collect_mistakes(const metrics_input *in, const ranked *ranking, metrics *m)
{
    m->mistakes = mem_new(m->n_mistakes, sizeof *m->mistakes);
    if (!m->mistakes)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < in->n_rows; i++) {
        const metrics_row *row = &in->rows[ranking[i].row];
        if (row->truth == row->predicted)
            continue;
        m->mistakes[n++] = (triage_mistake){
            .ticket = row->ticket,
            .truth = row->truth,
            .predicted = row->predicted,
            .confidence = ranking[i].confidence,
        };
    }
    return true;
}

triage_status metrics_compute(const metrics_input *input, metrics *ret_metrics, triage_error *err)
{
    if (input->n_labels > METRICS_MAX_LABELS)
        return error_set(err, TRIAGE_ERROR_DATA,
                         "field \"%s\" has %zu labels, %zu of them unknown to the model; at most "
                         "%d can be evaluated: is this the right column?",
                         input->field, input->n_labels, input->n_labels - input->n_model_labels,
                         METRICS_MAX_LABELS);
    metrics m = {0};
    ranked *ranking = NULL;
    triage_status status = TRIAGE_OK;
    if (!allocate(input, &m) || !(ranking = rank_rows(input))) {
        status = error_memory(err);
        goto done;
    }
    count_rows(input, &m);
    rate_labels(&m);
    average_labels(&m);
    measure_log_loss(input, &m);
    measure_reliability(input, &m);
    measure_ranking(input, ranking, &m);
    if (!collect_mistakes(input, ranking, &m)) {
        status = error_memory(err);
        goto done;
    }
    *ret_metrics = m;
    m = (metrics){0};
done:
    free(ranking);
    metrics_free(&m);
    return status;
}

/* Puts `pair` at its place in the descending list; the last one falls out if it is full. */
static size_t insert_confusion(metrics_confusion *pairs, size_t n, size_t max,
                               metrics_confusion pair)
{
    size_t at = n < max ? n : max - 1;
    if (n == max && pairs[at].count >= pair.count)
        return n;
    for (; at > 0 && pairs[at - 1].count < pair.count; at--)
        pairs[at] = pairs[at - 1];
    pairs[at] = pair;
    return n < max ? n + 1 : n;
}

size_t metrics_worst_confusions(const triage_field_metrics *m, size_t max,
                                metrics_confusion *ret_pairs)
{
    size_t n = 0;
    for (size_t t = 0; max > 0 && t < m->n_labels; t++) {
        if (m->labels[t].support == 0)
            continue;
        for (size_t p = 0; p < m->n_labels; p++) {
            uint64_t count = m->confusion[t * m->n_labels + p];
            if (t == p || count == 0)
                continue;
            metrics_confusion pair = {
                .truth = (uint32_t)t, .predicted = (uint32_t)p, .count = count};
            n = insert_confusion(ret_pairs, n, max, pair);
        }
    }
    return n;
}

size_t metrics_find_examples(const metrics_view *view, const metrics_confusion *pair, size_t max,
                             size_t *ret_examples)
{
    size_t n = 0;
    for (size_t i = 0; i < view->n_mistakes && n < max; i++)
        if (view->mistakes[i].truth == pair->truth &&
            view->mistakes[i].predicted == pair->predicted)
            ret_examples[n++] = i;
    return n;
}
