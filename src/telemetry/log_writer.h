/* SPDX-License-Identifier: MIT */
/*
 * Where the log's lines go: a bounded queue in memory and a thread that empties it into a file.
 * Appending costs a copy under a lock; only the thread touches the file. What the file does not
 * take (a full disk, a reader that has gone) is dropped and counted, and the next lines are tried
 * again.
 *
 * Thread-safety: shared.
 */
#ifndef TELEMETRY_LOG_WRITER_H
#define TELEMETRY_LOG_WRITER_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

/* More than this is not kept waiting... */
#define LOG_WRITER_MAX_BYTES ((size_t)8 << 20)
/* ... but urgent lines may fill this above it. */
#define LOG_WRITER_RESERVE_BYTES ((size_t)2 << 20)

typedef struct log_writer log_writer;

/* `path`: appended to, made with mode 0640; NULL or "-" for standard output. Copied. */
triage_status log_writer_open(const char *path, log_writer **ret_writer,
                              triage_error *err) TRIAGE_CHECKED;
/* Lines that were appended before may still come to the old file, none after the return. Nothing
 * to do for standard output. */
triage_status log_writer_reopen(log_writer *w, triage_error *err) TRIAGE_CHECKED;
/* Writes what waits, once, and closes; NULL is fine. Who reads from a pipe has two seconds for it;
 * what is not taken by then is left to the log's thread, which ends with the process if not before.
 */
void log_writer_close(log_writer *w);

/* `line` ends with its '\n'. Written within 100 ms, an urgent one at once. */
void log_writer_append(log_writer *w, const char *line, size_t length, bool is_urgent);
/* Counts a line that could not even be made. */
void log_writer_drop(log_writer *w);
/* Returns when what was appended before is written or dropped. */
void log_writer_flush(log_writer *w);
uint64_t log_writer_n_dropped(const log_writer *w);

#endif
