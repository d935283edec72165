/* SPDX-License-Identifier: MIT */
/* What libmicrohttpd calls on an event thread; `context` is always the thread's shard. */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include <microhttpd.h>
#include <stdbool.h>

/* A connection begins or ends. */
void events_on_connection(void *context, struct MHD_Connection *connection, void **client,
                          enum MHD_ConnectionNotificationCode code);
/* The request line is there: makes the exchange. */
void *events_on_request_line(void *context, const char *raw, struct MHD_Connection *connection);
/* Headers, each piece of the body, its end, and once more after it was resumed. */
enum MHD_Result events_on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *length, void **exchange);
/* The request is over, however that came. */
void events_on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode code);
/* Leaves percent encodings alone: the target is decoded in one place (target.h). */
size_t events_unescape(void *context, struct MHD_Connection *connection, char *text);

/* What a worker does with a blocking exchange (worker_task). */
void events_run_blocking(void *exchange, bool is_stopping);

#endif
