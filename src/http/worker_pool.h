/* SPDX-License-Identifier: MIT */
/*
 * Threads for what may block, behind a queue of bounded length. A place in the queue is taken
 * before the task is handed over, so that whoever must prepare the task can still be refused.
 */
#ifndef HTTP_WORKER_POOL_H
#define HTTP_WORKER_POOL_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct worker_pool worker_pool;

/* What is done with a task: `is_stopping` says that the pool ends and the task is only to be
 * refused. Called on a thread of the pool. */
typedef void (*worker_task)(void *task, bool is_stopping);

/* Starts `n_threads` threads; `queue_length` tasks may wait beside those that run. ERROR_MEMORY. */
triage_status worker_pool_new(uint32_t n_threads, uint32_t queue_length, worker_task run,
                              worker_pool **ret_pool, triage_error *err) TRIAGE_CHECKED;

/* Takes a place; false if there is none. Any thread. */
bool worker_pool_reserve(worker_pool *pool);
/* Hands the task over into the place that was taken. False: the pool has stopped meanwhile, the
 * task is still the caller's and the place is given back. Any thread. */
bool worker_pool_submit(worker_pool *pool, void *task);

/* Waits for the tasks that have begun, has those that wait refused, ends the threads. */
void worker_pool_stop(worker_pool *pool); /* NULL is fine */
void worker_pool_free(worker_pool *pool); /* after worker_pool_stop(); NULL is fine */

#endif
