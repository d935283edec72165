/* SPDX-License-Identifier: MIT */
/* The cuts of each label, and the thresholds that follow. */
#include "train/thresholds.h"

#include "base/mem.h"

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

/* The cuts of one label, whose `n` predictions are ordered by confidence. */
static void cut(const prediction *predictions, size_t n, label_cuts *ret_cuts)
{
    size_t wanted = cuts_wanted(n), n_right = 0, next = 1;
    ret_cuts->n = 0;
    for (size_t i = 0; i < n; i++) {
        n_right += predictions[i].is_right;
        bool is_tied = i + 1 < n && predictions[i + 1].confidence == predictions[i].confidence;
        if (is_tied || (i + 1) * wanted < n * next)
            continue;
        while ((i + 1) * wanted >= n * next)
            next++;
        ret_cuts->items[ret_cuts->n++] = (label_cut){.confidence = predictions[i].confidence,
                                                     .n = (uint32_t)(i + 1),
                                                     .n_right = (uint32_t)n_right};
    }
}

bool thresholds_fit(const scored_tickets *tickets, double target_precision, label_cuts *ret_cuts,
                    float *ret_thresholds)
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
        ret_cuts[k].n = 0;
    for (size_t begin = 0; begin < n;) {
        size_t end = begin;
        while (end < n && predictions[end].label == predictions[begin].label)
            end++;
        cut(predictions + begin, end - begin, &ret_cuts[predictions[begin].label]);
        begin = end;
    }
    for (size_t k = 0; k < tickets->n_labels; k++)
        ret_thresholds[k] = cuts_threshold(&ret_cuts[k], target_precision);
    free(predictions);
    return true;
}
