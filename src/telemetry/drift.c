/* SPDX-License-Identifier: MIT */
/* Drift: sums of the last hour in buckets of five minutes, in shards that have a lock each. */
#define _GNU_SOURCE
#include "telemetry/drift.h"

#include "base/hash.h"
#include "base/mem.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Threads are spread over these by their id. */
#define N_SHARDS 8
/* Shares are taken for at least this, so that a label that was never seen gives a number. */
#define MIN_SHARE 1e-4

typedef struct bucket {
    int64_t period; /* `now` / DRIFT_BUCKET_SECONDS of what is in it; 0 of an empty one is fine */
    uint64_t n, n_words, n_known;
    double sum, squares; /* of confidences */
    uint64_t *labels;    /* in the shard's memory */
} bucket;

typedef struct shard {
    _Alignas(64) pthread_mutex_t lock;
    bucket buckets[DRIFT_N_BUCKETS];
    uint64_t *labels; /* owned: DRIFT_N_BUCKETS x n_labels */
} shard;

struct drift {
    shard shards[N_SHARDS];
    drift_reference reference; /* its priors are those below */
    double *priors;            /* owned; of sum 1 */
    pthread_mutex_t read_lock; /* taken before a shard's; guards `totals` */
    uint64_t *totals;          /* owned: predictions of each label in the window */
};

static bool init_shard(shard *s, size_t n_labels)
{
    size_t n;
    pthread_mutex_init(&s->lock, NULL);
    if (!size_multiply(n_labels, DRIFT_N_BUCKETS, &n))
        return false;
    s->labels = mem_new_zeroed(n, sizeof *s->labels);
    for (size_t i = 0; s->labels && i < DRIFT_N_BUCKETS; i++)
        s->buckets[i].labels = s->labels + i * n_labels;
    return s->labels != NULL;
}

static double *copy_priors(const drift_reference *reference)
{
    double sum = 0, *priors = mem_new(reference->n_labels, sizeof *priors);
    for (size_t i = 0; i < reference->n_labels; i++)
        sum += reference->priors[i];
    for (size_t i = 0; priors && i < reference->n_labels; i++)
        priors[i] = sum > 0 ? reference->priors[i] / sum : 1 / (double)reference->n_labels;
    return priors;
}

drift *drift_new(const drift_reference *reference)
{
    drift *d = mem_new_aligned(1, sizeof *d);
    if (!d)
        return NULL;
    memset(d, 0, sizeof *d);
    d->priors = copy_priors(reference);
    d->reference = *reference;
    d->reference.priors = d->priors;
    pthread_mutex_init(&d->read_lock, NULL);
    d->totals = mem_new(reference->n_labels, sizeof *d->totals);
    bool is_made = d->priors && d->totals;
    for (size_t i = 0; i < N_SHARDS; i++)
        is_made &= init_shard(&d->shards[i], reference->n_labels);
    if (is_made)
        return d;
    drift_free(d);
    return NULL;
}

void drift_free(drift *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < N_SHARDS; i++) {
        pthread_mutex_destroy(&d->shards[i].lock);
        free(d->shards[i].labels);
    }
    pthread_mutex_destroy(&d->read_lock);
    free(d->totals);
    free(d->priors);
    free(d);
}

/* Rounded down, for times before 0, too. */
static int64_t period_of(int64_t now)
{
    return now / DRIFT_BUCKET_SECONDS - (now % DRIFT_BUCKET_SECONDS < 0);
}

/* The bucket of a period, emptied if it still has an older one; NULL if it has a newer one. */
static bucket *bucket_for(shard *s, int64_t period, size_t n_labels)
{
    int64_t slot = period % DRIFT_N_BUCKETS;
    bucket *b = &s->buckets[slot < 0 ? slot + DRIFT_N_BUCKETS : slot];
    if (b->n > 0 && b->period > period)
        return NULL;
    if (b->period != period) {
        memset(b->labels, 0, n_labels * sizeof *b->labels);
        *b = (bucket){.period = period, .labels = b->labels};
    }
    return b;
}

void drift_add(drift *d, int64_t now, size_t label, double confidence, size_t n_words,
               size_t n_known)
{
    if (label >= d->reference.n_labels || !(confidence >= 0 && confidence <= 1))
        return;
    shard *s = &d->shards[hash_mix((uint64_t)pthread_self()) % N_SHARDS];
    pthread_mutex_lock(&s->lock);
    bucket *b = bucket_for(s, period_of(now), d->reference.n_labels);
    if (b) {
        b->n++;
        b->sum += confidence;
        b->squares += confidence * confidence;
        b->n_words += n_words;
        b->n_known += n_known < n_words ? n_known : n_words;
        b->labels[label]++;
    }
    pthread_mutex_unlock(&s->lock);
}

/* Adds up what is in the window, with the read lock. */
static bucket sum_window(drift *d, int64_t now)
{
    bucket all = {.labels = d->totals};
    memset(all.labels, 0, d->reference.n_labels * sizeof *all.labels);
    int64_t last = period_of(now);
    for (size_t i = 0; i < N_SHARDS; i++) {
        shard *s = &d->shards[i];
        pthread_mutex_lock(&s->lock);
        for (size_t k = 0; k < DRIFT_N_BUCKETS; k++) {
            const bucket *b = &s->buckets[k];
            if (b->n == 0 || b->period > last || b->period <= last - DRIFT_N_BUCKETS)
                continue;
            all.n += b->n;
            all.sum += b->sum;
            all.squares += b->squares;
            all.n_words += b->n_words;
            all.n_known += b->n_known;
            for (size_t label = 0; label < d->reference.n_labels; label++)
                all.labels[label] += b->labels[label];
        }
        pthread_mutex_unlock(&s->lock);
    }
    return all;
}

/* Sum over the labels of (actual - expected) * ln(actual / expected). Half a prediction is added to
 * each label, so that one that did not come by chance is not taken for one that is gone. */
static double stability_index(const drift_reference *reference, const uint64_t *labels, uint64_t n)
{
    double psi = 0, all = (double)n + 0.5 * (double)reference->n_labels;
    for (size_t i = 0; i < reference->n_labels; i++) {
        double actual = fmax(((double)labels[i] + 0.5) / all, MIN_SHARE);
        double expected = fmax(reference->priors[i], MIN_SHARE);
        psi += (actual - expected) * log(actual / expected);
    }
    return psi;
}

static drift_report make_report(const drift_reference *reference, const bucket *all)
{
    const double none = (double)NAN;
    double n = (double)all->n;
    drift_report r = {.n = all->n,
                      .mean_confidence = none,
                      .estimated_accuracy = none,
                      .standard_error = none,
                      .oov_rate = none,
                      .label_psi = none};
    if (all->n_words > 0)
        r.oov_rate = 1 - (double)all->n_known / (double)all->n_words;
    if (all->n == 0)
        return r;
    r.mean_confidence = all->sum / n;
    double bias = reference->accuracy - reference->mean_confidence;
    r.estimated_accuracy = fmin(fmax(r.mean_confidence + bias, 0), 1);
    r.label_psi = stability_index(reference, all->labels, all->n);
    if (all->n < 2)
        return r;
    double variance = fmax(all->squares - n * r.mean_confidence * r.mean_confidence, 0) / (n - 1);
    r.standard_error = sqrt(variance / n);
    double drop = reference->accuracy - r.estimated_accuracy;
    r.is_alarm = all->n >= DRIFT_MIN_ALARM && drop > DRIFT_MIN_DROP &&
                 drop > DRIFT_MIN_ERRORS * r.standard_error;
    return r;
}

void drift_read(drift *d, int64_t now, drift_report *ret_report)
{
    pthread_mutex_lock(&d->read_lock);
    bucket all = sum_window(d, now);
    *ret_report = make_report(&d->reference, &all);
    pthread_mutex_unlock(&d->read_lock);
}

void drift_read_labels(drift *d, int64_t now, uint64_t *ret_counts)
{
    pthread_mutex_lock(&d->read_lock);
    bucket all = sum_window(d, now);
    memcpy(ret_counts, all.labels, d->reference.n_labels * sizeof *ret_counts);
    pthread_mutex_unlock(&d->read_lock);
}
