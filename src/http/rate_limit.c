/* SPDX-License-Identifier: MIT */
/* Token buckets in a table of sets: a caller's hash says the set, each set has a lock. */
#include "http/rate_limit.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* 2,048 sets of eight: 16,384 callers at the same time, in half a megabyte. */
#define N_SETS   2048
#define SET_SIZE 8

typedef struct bucket {
    uint64_t key; /* 0: free */
    double tokens;
    double seen; /* when `tokens` was right */
} bucket;

/* All buckets are guarded by the lock of their set. No other lock is taken with it. */
typedef struct bucket_set {
    pthread_mutex_t lock;
    bucket buckets[SET_SIZE];
} bucket_set;

struct rate_limit {
    double rates[HTTP_N_RATES];
    uint64_t secret; /* mixed into keys, so that nobody can aim at one set */
    bucket_set *sets;
};

triage_status rate_limit_new(const double rates[HTTP_N_RATES], rate_limit **ret_limit,
                             triage_error *err)
{
    rate_limit *limit = mem_new_zeroed(1, sizeof *limit);
    bucket_set *sets = mem_new_zeroed(N_SETS, sizeof *sets);
    if (!limit || !sets) {
        free(limit);
        free(sets);
        return error_memory(err);
    }
    for (size_t i = 0; i < HTTP_N_RATES; i++)
        limit->rates[i] = rates[i];
    random_bytes(&limit->secret, sizeof limit->secret);
    for (size_t i = 0; i < N_SETS; i++)
        pthread_mutex_init(&sets[i].lock, NULL);
    limit->sets = sets;
    *ret_limit = limit;
    return TRIAGE_OK;
}

void rate_limit_free(rate_limit *limit)
{
    if (!limit)
        return;
    for (size_t i = 0; i < N_SETS; i++)
        pthread_mutex_destroy(&limit->sets[i].lock);
    free(limit->sets);
    free(limit);
}

/* What the bucket may hold: a second's worth, but one request at least. */
static double size_of_bucket(double rate)
{
    return rate > 1 ? rate : 1;
}

/* The caller's bucket, or the one that makes room for it. */
static bucket *find_bucket(bucket_set *set, uint64_t key, double rate, double now)
{
    bucket *oldest = &set->buckets[0];
    for (size_t i = 0; i < SET_SIZE; i++) {
        bucket *b = &set->buckets[i];
        if (b->key == key)
            return b;
        if (b->key == 0 || (oldest->key != 0 && b->seen < oldest->seen))
            oldest = b;
    }
    *oldest = (bucket){.key = key, .tokens = size_of_bucket(rate), .seen = now};
    return oldest;
}

static bool take(bucket *b, double rate, double now, unsigned *ret_wait_seconds)
{
    if (now > b->seen) {
        b->tokens = fmin(b->tokens + (now - b->seen) * rate, size_of_bucket(rate));
        b->seen = now;
    }
    if (b->tokens >= 1) {
        b->tokens -= 1;
        return true;
    }
    double wait = ceil((1 - b->tokens) / rate);
    *ret_wait_seconds = wait < 1 ? 1 : wait > 3600 ? 3600 : (unsigned)wait;
    return false;
}

bool rate_limit_take(rate_limit *limit, http_rate rate, const void *key, size_t length, double now,
                     unsigned *ret_wait_seconds)
{
    double per_second = limit->rates[rate];
    if (!(per_second > 0))
        return true;
    uint64_t hash = hash_mix(hash_bytes(key, length) ^ limit->secret) + rate;
    hash = hash ? hash_mix(hash) : 1;
    bucket_set *set = &limit->sets[hash >> 32 & (N_SETS - 1)];
    pthread_mutex_lock(&set->lock);
    bool is_taken =
        take(find_bucket(set, hash, per_second, now), per_second, now, ret_wait_seconds);
    pthread_mutex_unlock(&set->lock);
    return is_taken;
}
