/* SPDX-License-Identifier: MIT */
/* A ring of tasks and the threads that take them. */
#include "http/worker_pool.h"

#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct worker_pool {
    worker_task run;
    atomic_uint n_places; /* taken */
    uint32_t capacity;

    pthread_mutex_t lock; /* guards all below; no other lock is taken with it */
    pthread_cond_t has_task;
    void **ring; /* `capacity` of them */
    uint32_t first, n_waiting;
    bool is_stopping;

    pthread_t *threads;
    uint32_t n_threads;
};

/* The next task, in the order of submission; NULL when the pool ends and none is left. */
static void *take(worker_pool *pool, bool *ret_is_stopping)
{
    void *task = NULL;
    pthread_mutex_lock(&pool->lock);
    while (pool->n_waiting == 0 && !pool->is_stopping)
        pthread_cond_wait(&pool->has_task, &pool->lock);
    if (pool->n_waiting > 0) {
        task = pool->ring[pool->first];
        pool->first = (pool->first + 1) % pool->capacity;
        pool->n_waiting--;
    }
    *ret_is_stopping = pool->is_stopping;
    pthread_mutex_unlock(&pool->lock);
    return task;
}

static void *work(void *argument)
{
    worker_pool *pool = argument;
    bool is_stopping;
    for (void *task = take(pool, &is_stopping); task; task = take(pool, &is_stopping)) {
        pool->run(task, is_stopping);
        atomic_fetch_sub(&pool->n_places, 1);
    }
    return NULL;
}

triage_status worker_pool_new(uint32_t n_threads, uint32_t queue_length, worker_task run,
                              worker_pool **ret_pool, triage_error *err)
{
    worker_pool *pool = mem_new_zeroed(1, sizeof *pool);
    if (!pool)
        return error_memory(err);
    pool->run = run;
    if (__builtin_add_overflow(queue_length, n_threads, &pool->capacity))
        pool->capacity = UINT32_MAX;
    pool->ring = mem_new(pool->capacity, sizeof *pool->ring);
    pool->threads = mem_new(n_threads, sizeof *pool->threads);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_task, NULL);
    bool is_started = pool->ring && pool->threads;
    while (is_started && pool->n_threads < n_threads) {
        is_started = pthread_create(&pool->threads[pool->n_threads], NULL, work, pool) == 0;
        pool->n_threads += is_started;
    }
    if (!is_started) {
        worker_pool_stop(pool);
        worker_pool_free(pool);
        return error_set(err, TRIAGE_ERROR_MEMORY, "cannot start a thread");
    }
    *ret_pool = pool;
    return TRIAGE_OK;
}

bool worker_pool_reserve(worker_pool *pool)
{
    if (atomic_fetch_add(&pool->n_places, 1) < pool->capacity)
        return true;
    atomic_fetch_sub(&pool->n_places, 1);
    return false;
}

bool worker_pool_submit(worker_pool *pool, void *task)
{
    pthread_mutex_lock(&pool->lock);
    bool is_taken = !pool->is_stopping;
    if (is_taken) {
        pool->ring[(pool->first + pool->n_waiting) % pool->capacity] = task;
        pool->n_waiting++;
        pthread_cond_signal(&pool->has_task);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!is_taken)
        atomic_fetch_sub(&pool->n_places, 1);
    return is_taken;
}

void worker_pool_stop(worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->has_task);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pool->n_threads = 0;
}

void worker_pool_free(worker_pool *pool)
{
    if (!pool)
        return;
    pthread_cond_destroy(&pool->has_task);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool->ring);
    free(pool);
}
