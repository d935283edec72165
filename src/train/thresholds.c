/* SPDX-License-Identifier: MIT */
/* The lowest cut of each label whose precision is proven. */
#include "train/thresholds.h"

#include "base/mem.h"
#include "base/binomial.h"

#include <stdlib.h>

/* One ticket, as it was predicted. */
typedef struct prediction {
    int32_t label;
    float confidence;
    bool is_right;
} prediction;

/* By label; the most confident first. */
static int prediction_compare(const void *left, const void *right)
{
    const prediction *a = left, *b = right;
    if (a->label != b->label)
        return a->label < b->label ? -1 : 1;
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence ? -1 : 1;
    return 0;
}

static prediction predict(const scored_tickets *tickets, size_t i)
{
    const float *row = tickets->scores + i * tickets->lanes;
    prediction p = {.label = 0, .confidence = row[0]};
    for (size_t k = 1; k < tickets->n_labels; k++)
        if (row[k] > p.confidence)
            p = (prediction){.label = (int32_t)k, .confidence = row[k]};
    p.is_right = p.label == tickets->labels[i];
    return p;
}

/* Cuts to try among `n` predictions: a cut every THRESHOLD_CUT_TICKETS, but not more than are worth
 * trying. */
static size_t count_cuts(size_t n)
{
    size_t cuts = n / THRESHOLD_CUT_TICKETS;
    return cuts < 1 ? 1 : cuts > THRESHOLD_CANDIDATES ? THRESHOLD_CANDIDATES : cuts;
}

/* The threshold of one label, whose `n` predictions are ordered by confidence. */
static float label_threshold(const prediction *predictions, size_t n, double target)
{
    size_t n_cuts = count_cuts(n), n_right = 0, cut = 1;
    double alpha = THRESHOLD_ALPHA / (double)n_cuts;
    float threshold = THRESHOLD_NEVER;
    for (size_t i = 0; i < n; i++) {
        n_right += predictions[i].is_right;
        bool is_tied = i + 1 < n && predictions[i + 1].confidence == predictions[i].confidence;
        if (is_tied || (i + 1) * n_cuts < n * cut)
            continue;
        while ((i + 1) * n_cuts >= n * cut)
            cut++;
        /* The bound reaches the target exactly if so many right ones are that unlikely at the
         * target. */
        if (binomial_upper_tail(n_right, i + 1, target) <= alpha)
            threshold = predictions[i].confidence;
    }
    return threshold;
}

bool thresholds_fit(const scored_tickets *tickets, double target_precision, float *ret_thresholds)
{
    prediction *predictions = mem_new(tickets->n, sizeof *predictions);
    if (!predictions)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < tickets->n; i++)
        if (tickets->labels[i] >= 0)
            predictions[n++] = predict(tickets, i);
    qsort(predictions, n, sizeof *predictions, prediction_compare);
    for (size_t k = 0; k < tickets->n_labels; k++)
        ret_thresholds[k] = THRESHOLD_NEVER;
    for (size_t begin = 0; begin < n;) {
        size_t end = begin;
        while (end < n && predictions[end].label == predictions[begin].label)
            end++;
        ret_thresholds[predictions[begin].label] =
            label_threshold(predictions + begin, end - begin, target_precision);
        begin = end;
    }
    free(predictions);
    return true;
}
