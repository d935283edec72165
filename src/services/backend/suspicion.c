/* SPDX-License-Identifier: MIT */
/* Looking at what was accepted before. */
#include "services/backend/suspicion.h"

#include <string.h>

double suspicion_rank(const prediction *p, size_t field, size_t label)
{
    const view_field *f = &p->view->fields[field];
    const float *probabilities = p->probabilities + f->first;
    size_t predicted = p->outcomes[field].label, n_above = 0;
    if (label == predicted || f->n_labels < 3)
        return 0;
    for (size_t k = 0; k < f->n_labels; k++)
        n_above += k != predicted && k != label && probabilities[k] > probabilities[label];
    return (double)n_above / (double)(f->n_labels - 2);
}

typedef struct key_ranks {
    double sum;
    uint64_t n;
} key_ranks;

static bool add_rank(void *context, const store_feedback *feedback)
{
    key_ranks *ranks = context;
    if (feedback->surprise >= 0) {
        ranks->sum += feedback->surprise;
        ranks->n++;
    }
    return true;
}

triage_status suspicion_of_key(store *s, const char *key_id, double rank, bool *ret_is_outlier,
                               triage_error *err)
{
    key_ranks ranks = {0};
    store_feedback_filter filter = {.key_id = key_id ? key_id : "", .limit = SUSPICION_LATEST};
    triage_status status = store_each_feedback(s, &filter, add_rank, &ranks, err);
    if (status != TRIAGE_OK)
        return status;
    if (rank >= 0) {
        ranks.sum += rank;
        ranks.n++;
    }
    *ret_is_outlier = ranks.n >= SUSPICION_MIN && ranks.sum > SUSPICION_MEAN * (double)ranks.n;
    return TRIAGE_OK;
}

typedef struct other_label {
    const char *label;
    size_t length;
    buffer *found;
} other_label;

static bool note_other(void *context, const store_feedback *feedback)
{
    other_label *o = context;
    bool is_same = feedback->label.length == o->length &&
                   memcmp(feedback->label.data, o->label, o->length) == 0;
    if (!is_same && o->found->length == 0)
        buffer_append(o->found, feedback->label.data, feedback->label.length);
    return true;
}

triage_status suspicion_contradicts(store *s, uint64_t text_hash, const char *field,
                                    const char *label, size_t label_length, buffer *ret_label,
                                    bool *ret_contradicts, triage_error *err)
{
    other_label other = {label, label_length, ret_label};
    store_feedback_filter filter = {.field = field,
                                    .has_status = true,
                                    .status = STORE_FEEDBACK_ACCEPTED,
                                    .has_text = true,
                                    .text_hash = text_hash,
                                    .limit = 1};
    triage_status status = store_each_feedback(s, &filter, note_other, &other, err);
    if (status == TRIAGE_OK)
        *ret_contradicts = ret_label->length > 0;
    return status;
}
