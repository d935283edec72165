/* SPDX-License-Identifier: MIT */
/*
 * Predictions on their way to the store. They are added to a bounded amount of memory and written
 * behind in batches by a thread of low priority: a full log drops and counts, and never makes a
 * request wait. Near-copies of waiting tickets are found on the way, by the same thread.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_BACKEND_PREDICTION_LOG_H
#define SERVICES_BACKEND_PREDICTION_LOG_H

#include "services/prediction/answer.h"
#include "services/prediction/ticket.h"
#include "store/store.h"

typedef struct prediction_log prediction_log;

typedef struct prediction_log_counts {
    uint64_t n_written, n_dropped, n_waiting;
    bool is_failing; /* the last batch could not be written; it is tried again */
} prediction_log_counts;

typedef struct prediction_log_options {
    store *store;       /* borrowed */
    size_t max_bytes;   /* of waiting predictions */
    uint32_t n_similar; /* the newest so many waiting tickets are compared with new ones */
    int retention_days; /* older predictions are deleted; 0: kept */
    void (*on_fault)(void *context,
                     const char *message); /* once for each failing spell; may be NULL */
    void *context;
} prediction_log_options;

/* Starts the thread. ERROR_MEMORY, ERROR_IO. */
triage_status prediction_log_start(const prediction_log_options *options, prediction_log **ret_log,
                                   triage_error *err) TRIAGE_CHECKED;
/* Writes what waits, as far as the store lets it, and ends the thread; NULL is fine. */
void prediction_log_stop(prediction_log *log);

/* Adds one ticket and what was predicted; copies all. False if it was dropped. `id`: STORE_ID_SIZE.
 */
bool prediction_log_add(prediction_log *log, const char *id, int64_t now_ms,
                        const ticket_request *ticket, const prediction *p);

/*
 * Waits until what was added before is written, at most `timeout_ms`: false if that was too short,
 * or the store is failing.
 */
bool prediction_log_flush(prediction_log *log, int timeout_ms);

prediction_log_counts prediction_log_read(prediction_log *log);

#endif
