/* SPDX-License-Identifier: MIT */
/*
 * The log: one JSON object a line, by the Elastic Common Schema (ECS). A line is begun, gets its
 * members and is ended; it is written by a thread of the log's own, so that no request waits for a
 * disk. When more than a bounded amount waits, further lines of level info and below are dropped
 * and counted; warnings and errors have a reserve. What cannot be written (a full disk, a reader
 * that has gone) is dropped and counted as well: logging neither blocks nor ends the process.
 *
 * A line begins with @timestamp, log.level and message, then come ecs.version, service.name,
 * service.version, process.pid, event.dataset and event.action, then the caller's members in their
 * order. For people it is "12:31:05 info  message key=value ..." instead, in local time, without
 * those of the service and the event. Values are escaped in both, so that none can forge a line or
 * move a terminal's cursor.
 *
 * Ticket text is never a member. A service that is told to log it hands over the redacted text.
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

/* A longer value is cut here, at a character boundary. In bytes. */
#define LOG_VALUE_MAX_BYTES 8192
/* A member that would make a line longer than this is left out. In bytes. */
#define LOG_LINE_MAX_BYTES 65536

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF } log_level;

/* "debug", "info", "warn", "error", "off". */
bool log_level_parse(const char *name, log_level *ret_level) TRIAGE_CHECKED;

typedef struct log_options {
    const char *path;                           /* NULL or "-": standard output */
    log_level level;                            /* lines below are not made */
    const char *service_name, *service_version; /* borrowed for the log's life; NULL: left out */
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

/* Starts a line; NULL if the level is not logged, `log` is NULL or there is no memory, and every
 * function below takes that. `message` is for people, `action` (may be NULL) is event.action. */
log_line *log_begin(log_output *log, log_level level, const char *action, const char *message);
/* Keys are dotted ECS names, written as they are. */
void log_text(log_line *line, const char *key, const char *value); /* NULL: left out */
void log_text_n(log_line *line, const char *key, const char *value, size_t length);
void log_int(log_line *line, const char *key, int64_t value);
/* To six significant digits or six digits behind the point, whichever is more: a log is for
 * reading. NaN and infinities are null. */
void log_real(log_line *line, const char *key, double value);
void log_bool(log_line *line, const char *key, bool value);
/* Ends the line and hands it over. */
void log_end(log_line *line);

#endif
