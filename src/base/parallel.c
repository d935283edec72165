/* SPDX-License-Identifier: MIT */
/* Work on several threads: a shared counter hands out the numbered tasks. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* More threads than this only cost memory: no job here has more tasks. */
#define MAX_THREADS 256

typedef struct job {
    atomic_size_t next;  /* the first task that nobody has taken */
    atomic_bool stopped; /* a task returned false */
    size_t n_tasks;
    parallel_task task;
    void *context;
} job;

uint32_t parallel_n_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (uint32_t)count : 1;
}

uint32_t parallel_n_threads(uint32_t n_threads)
{
    if (n_threads == 0)
        n_threads = parallel_n_cores();
    return n_threads < MAX_THREADS ? n_threads : MAX_THREADS;
}

static void *work(void *argument)
{
    job *j = argument;
    while (!atomic_load(&j->stopped)) {
        size_t task = atomic_fetch_add(&j->next, 1);
        if (task >= j->n_tasks)
            break;
        if (!j->task(j->context, task))
            atomic_store(&j->stopped, true);
    }
    return NULL;
}

bool parallel_run(uint32_t n_threads, size_t n_tasks, parallel_task task, void *context)
{
    job j = {.n_tasks = n_tasks, .task = task, .context = context};
    n_threads = parallel_n_threads(n_threads);
    if (n_threads > n_tasks)
        n_threads = (uint32_t)n_tasks;
    pthread_t threads[MAX_THREADS];
    uint32_t n_started = 0;
    while (n_started + 1 < n_threads && pthread_create(&threads[n_started], NULL, work, &j) == 0)
        n_started++;
    work(&j);
    for (uint32_t i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    return !atomic_load(&j.stopped);
}
