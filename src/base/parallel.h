/* SPDX-License-Identifier: MIT */
/*
 * Work on several threads. Tasks are numbered and must not depend on which thread runs them: then
 * the result is the same for any number of threads.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One task. Returns false to stop: tasks that have not begun are then left out. */
typedef bool (*parallel_task)(void *context, size_t task);

/*
 * Runs tasks 0 .. n_tasks - 1 in ascending order of start on up to `n_threads` threads (0: one per
 * core), the caller's among them, and returns when all are done: true if none returned false. If no
 * further thread can be started, fewer do the work.
 */
bool parallel_run(uint32_t n_threads, size_t n_tasks, parallel_task task, void *context);

/* The number of cores this process may use, at least 1. */
uint32_t parallel_n_cores(void);

/* How many threads a wish for `n_threads` (0: one per core) comes to, the highest number bounded:
 * for work that is cut into as many pieces. */
uint32_t parallel_n_threads(uint32_t n_threads);

#endif
