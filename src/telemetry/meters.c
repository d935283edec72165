/* SPDX-License-Identifier: MIT */
/* Counters, gauges and histograms: their series, and recording into them. */
#define _GNU_SOURCE
#include "telemetry/meters.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "telemetry/series.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEY_BYTES (METRIC_MAX_LABELS * (METRIC_VALUE_MAX_BYTES + 1))

/* Numbers beyond are no longer all exact in a double. */
#define MAX_WHOLE 9007199254740992.0 /* 2^53 */

static size_t count_labels(const metric_row *row)
{
    size_t n = 0;
    while (n < METRIC_MAX_LABELS && row->labels[n])
        n++;
    return n;
}

/* Label values as one key, each cut to what it may have and with its NUL. The length. */
static size_t make_key(size_t n_labels, const char *const *values, char ret_key[MAX_KEY_BYTES])
{
    size_t length = 0;
    for (size_t i = 0; i < n_labels; i++) {
        const char *value = values[i] ? values[i] : "";
        size_t n = strnlen(value, METRIC_VALUE_MAX_BYTES + 1);
        if (n > METRIC_VALUE_MAX_BYTES) {
            n = METRIC_VALUE_MAX_BYTES;
            while (n > METRIC_VALUE_MAX_BYTES - 3 && ((unsigned char)value[n] & 0xC0) == 0x80)
                n--;
        }
        memcpy(ret_key + length, value, n);
        ret_key[length + n] = '\0';
        length += n + 1;
    }
    return length;
}

/* A label's value within its quotes: both formats escape the same three characters. */
static void append_value(buffer *out, const char *value)
{
    size_t length = strlen(value);
    while (length > 0) {
        size_t valid = utf8_valid_length(value, length);
        for (size_t i = 0; i < valid; i++) {
            if (value[i] == '\n')
                buffer_append_text(out, "\\n");
            else if (value[i] == '"' || value[i] == '\\')
                buffer_append(out, (char[]){'\\', value[i]}, 2);
            else
                buffer_append_char(out, value[i]);
        }
        value += valid;
        length -= valid;
        if (length > 0) {
            buffer_append_text(out, "\xEF\xBF\xBD");
            value++;
            length--;
        }
    }
}

/* `a="b",c="d"`, to be freed; NULL if out of memory. */
static char *make_labels(const metric_row *row, const char *key, size_t key_length)
{
    buffer out = {0};
    size_t at = 0;
    for (size_t i = 0; at < key_length; at += strlen(key + at) + 1, i++) {
        if (i > 0)
            buffer_append_char(&out, ',');
        buffer_append_text(&out, row->labels[i]);
        buffer_append_text(&out, "=\"");
        append_value(&out, key + at);
        buffer_append_char(&out, '"');
    }
    if (buffer_string(&out))
        return out.data;
    buffer_free(&out);
    return NULL;
}

static void series_free(metric_series *s)
{
    if (!s)
        return;
    free(s->key);
    free(s->labels);
    free(s);
}

/* NULL if out of memory. Cache lines of its own, so that two series do not slow each other down. */
static metric_series *series_new(const metric_row *row, const char *key, size_t key_length,
                                 uint64_t hash)
{
    size_t n_counts = row->kind == METRIC_HISTOGRAM ? row->n_buckets + 1 : 0;
    size_t size = sizeof(metric_series) + n_counts * sizeof(_Atomic uint64_t);
    metric_series *s = mem_new_aligned(1, size);
    if (!s)
        return NULL;
    memset(s, 0, size);
    s->row = row;
    s->hash = hash;
    s->key = mem_copy_string(key, key_length);
    s->key_length = key_length;
    s->labels = make_labels(row, key, key_length);
    if (s->key && s->labels)
        return s;
    series_free(s);
    return NULL;
}

static void family_push(metric_family *f, metric_series *s)
{
    if (f->last)
        f->last->next = s;
    else
        f->first = s;
    f->last = s;
}

/* Mostly shown already: then its cache line need not be written. */
static void show(metric_series *s)
{
    if (!atomic_load_explicit(&s->is_shown, memory_order_relaxed))
        atomic_store_explicit(&s->is_shown, true, memory_order_relaxed);
}

/* False if out of memory. */
static bool family_init(metric_family *f, const metric_row *row)
{
    static const char *const others[METRIC_MAX_LABELS] = {"other", "other", "other", "other"};
    char key[MAX_KEY_BYTES];
    f->row = row;
    f->n_labels = count_labels(row);
    size_t length = make_key(f->n_labels, others, key);
    f->other = series_new(row, key, length, hash_bytes(key, length));
    if (!f->other)
        return false;
    family_push(f, f->other);
    if (f->n_labels == 0)
        show(f->other);
    if (f->n_labels > 0)
        f->slots = mem_new_zeroed(FAMILY_N_SLOTS, sizeof *f->slots);
    return f->n_labels == 0 || f->slots;
}

triage_status meters_new(const metric_row *rows, size_t n_rows, meters **ret_metrics,
                         triage_error *err)
{
    meters *m = mem_new_zeroed(1, sizeof *m);
    if (!m)
        return error_memory(err);
    pthread_mutex_init(&m->lock, NULL);
    m->families = mem_new_zeroed(n_rows, sizeof *m->families);
    if (m->families)
        while (m->n_families < n_rows &&
               family_init(&m->families[m->n_families], &rows[m->n_families]))
            m->n_families++;
    if (!m->families || m->n_families < n_rows) {
        m->n_families += m->families ? 1 : 0; /* the one that was begun */
        meters_free(m);
        return error_memory(err);
    }
    *ret_metrics = m;
    return TRIAGE_OK;
}

void meters_free(meters *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_families; i++) {
        metric_series *next;
        for (metric_series *s = m->families[i].first; s; s = next) {
            next = s->next;
            series_free(s);
        }
        free(m->families[i].slots);
    }
    free(m->families);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* The series with this key, or NULL and the slot where it belongs. */
static metric_series *family_find(const metric_family *f, const char *key, size_t length,
                                  uint64_t hash, size_t *ret_slot)
{
    size_t slot = hash % FAMILY_N_SLOTS;
    for (;; slot = (slot + 1) % FAMILY_N_SLOTS) {
        metric_series *s = atomic_load_explicit(&f->slots[slot], memory_order_acquire);
        if (!s)
            break;
        if (s->hash == hash && s->key_length == length && memcmp(s->key, key, length) == 0)
            return s;
    }
    *ret_slot = slot;
    return NULL;
}

/* With the lock. */
static metric_series *family_add(metric_family *f, const char *key, size_t length, uint64_t hash)
{
    size_t slot;
    metric_series *s = family_find(f, key, length, hash, &slot);
    if (s)
        return s;
    bool is_other = length == f->other->key_length && memcmp(key, f->other->key, length) == 0;
    if (!is_other && f->n_series < METRIC_MAX_SERIES)
        s = series_new(f->row, key, length, hash);
    if (!s) {
        show(f->other);
        return f->other;
    }
    show(s);
    family_push(f, s);
    f->n_series++;
    atomic_store_explicit(&f->slots[slot], s, memory_order_release);
    return s;
}

metric_series *metric_at(meters *m, size_t row, const char *const *values)
{
    assert(row < m->n_families);
    metric_family *f = &m->families[row];
    if (f->n_labels == 0) {
        show(f->other);
        return f->other;
    }
    char key[MAX_KEY_BYTES];
    size_t length = make_key(f->n_labels, values, key), slot;
    uint64_t hash = hash_bytes(key, length);
    metric_series *s = family_find(f, key, length, hash, &slot);
    if (s)
        return s;
    pthread_mutex_lock(&m->lock);
    s = family_add(f, key, length, hash);
    pthread_mutex_unlock(&m->lock);
    return s;
}

/*
 * Who walks the slots at the same time may miss a series that is still there, and then finds with
 * the lock that it is gone. Removed series stay in memory for whoever still writes to them.
 */
void metric_clear(meters *m, size_t row)
{
    assert(row < m->n_families);
    metric_family *f = &m->families[row];
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; f->slots && i < FAMILY_N_SLOTS; i++)
        atomic_store_explicit(&f->slots[i], NULL, memory_order_release);
    for (metric_series *s = f->first; s; s = s->next)
        atomic_store_explicit(&s->is_shown, false, memory_order_relaxed);
    f->n_series = 0;
    pthread_mutex_unlock(&m->lock);
}

static void sum_store(metric_series *s, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store_explicit(&s->sum, bits, memory_order_relaxed);
}

static void sum_add(metric_series *s, double value)
{
    uint64_t before = atomic_load_explicit(&s->sum, memory_order_relaxed), after;
    do {
        double sum;
        memcpy(&sum, &before, sizeof sum);
        sum += value;
        memcpy(&after, &sum, sizeof after);
    } while (!atomic_compare_exchange_weak_explicit(&s->sum, &before, after, memory_order_relaxed,
                                                    memory_order_relaxed));
}

void metric_add(metric_series *s, double value)
{
    assert(s->row->kind != METRIC_HISTOGRAM);
    if (!isfinite(value))
        return;
    if (s->row->kind == METRIC_GAUGE) {
        sum_add(s, value);
    } else if (value >= 0) {
        if (value < MAX_WHOLE && value == (double)(uint64_t)value)
            atomic_fetch_add_explicit(&s->whole, (uint64_t)value, memory_order_relaxed);
        else
            sum_add(s, value);
    }
}

void metric_set(metric_series *s, double value)
{
    assert(s->row->kind == METRIC_GAUGE);
    if (isfinite(value))
        sum_store(s, value);
}

void metric_observe(metric_series *s, double value)
{
    assert(s->row->kind == METRIC_HISTOGRAM);
    if (!isfinite(value))
        return;
    size_t i = 0;
    while (i < s->row->n_buckets && value > s->row->buckets[i])
        i++;
    atomic_fetch_add_explicit(&s->counts[i], 1, memory_order_relaxed);
    sum_add(s, value);
}

static uint64_t series_count(const metric_series *s)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= s->row->n_buckets; i++)
        count += atomic_load_explicit(&s->counts[i], memory_order_relaxed);
    return count;
}

double metric_value(const metric_series *s)
{
    if (s->row->kind == METRIC_HISTOGRAM)
        return (double)series_count(s);
    return (double)atomic_load_explicit(&s->whole, memory_order_relaxed) + series_sum(s);
}

/* Prometheus' histogram_quantile(): the lowest bucket begins at 0 if its bound is positive, and
 * what is above the highest bound counts as that bound. */
double metric_quantile(const metric_series *s, double q)
{
    assert(s->row->kind == METRIC_HISTOGRAM);
    const double *bounds = s->row->buckets;
    size_t n = s->row->n_buckets;
    double total = (double)series_count(s), below = 0;
    if (!(total > 0) || n == 0 || isnan(q))
        return (double)NAN;
    double rank = fmin(fmax(q, 0), 1) * total;
    for (size_t i = 0; i < n; i++) {
        double count = (double)atomic_load_explicit(&s->counts[i], memory_order_relaxed);
        if (below + count >= rank && count > 0) {
            double low = i > 0 ? bounds[i - 1] : fmin(bounds[0], 0);
            if (i == 0 && bounds[0] <= 0)
                return bounds[0];
            return low + (bounds[i] - low) * (rank - below) / count;
        }
        below += count;
    }
    return bounds[n - 1];
}
