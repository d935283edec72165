/* SPDX-License-Identifier: MIT */
/*
 * The log: one JSON object a line, by the Elastic Common Schema (ECS). A line is begun, gets its
 * members and is ended; it is written by a thread of the log's own, so that no request waits for a
 * disk. When more than a bounded amount waits, further lines of level info and below are dropped
 * and counted.
 *
 * Ticket text is never a member, unless log_ticket_text() is switched on, which redacts it.
 *
 * Thread-safety: a log is shared. A line belongs to the thread that began it.
 */
#ifndef TELEMETRY_LOG_H
#define TELEMETRY_LOG_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct log_output log_output;
typedef struct log_line log_line;

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF } log_level;

/* "debug", "info", "warn", "error", "off". */
bool log_level_parse(const char *name, log_level *ret_level) TRIAGE_CHECKED;

typedef struct log_options {
    const char *path;                           /* NULL or "-": standard output */
    log_level level;                            /* lines below are not made */
    const char *service_name, *service_version; /* borrowed for the log's life */
    bool is_for_people; /* short coloured-free lines instead of JSON, for a terminal */
} log_options;

triage_status log_open(const log_options *options, log_output **ret_log,
                       triage_error *err) TRIAGE_CHECKED;
/* Opens the file again, after a rotation. Any thread; not from a signal handler. */
triage_status log_reopen(log_output *log, triage_error *err) TRIAGE_CHECKED;
/* Writes what waits and closes; NULL is fine. */
void log_close(log_output *log);
/* Waits until everything that was ended before is written. */
void log_flush(log_output *log);
uint64_t log_n_dropped(const log_output *log);

/* Starts a line; NULL if the level is not logged or there is no memory, and every function below
 * takes that. `message` is for people, `action` (may be NULL) is event.action. */
log_line *log_begin(log_output *log, log_level level, const char *action, const char *message);
/* Keys are dotted ECS names, written as they are. */
void log_text(log_line *line, const char *key, const char *value); /* NULL: left out */
void log_text_n(log_line *line, const char *key, const char *value, size_t length);
void log_int(log_line *line, const char *key, int64_t value);
void log_real(log_line *line, const char *key, double value);
void log_bool(log_line *line, const char *key, bool value);
/* Ends the line and hands it over. */
void log_end(log_line *line);

#endif
