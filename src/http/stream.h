/* SPDX-License-Identifier: MIT */
/*
 * An answer that goes on: it sleeps while there is nothing to send. Locks are taken in this order:
 * those of the service, the server's list of streams, a stream's, libmicrohttpd's.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/exchange.h"

/* A stream for the exchange's answer; NULL, with nothing taken over, if out of memory. */
http_stream *stream_new(http_exchange *x, bool (*read)(void *context, buffer *out, size_t room),
                        void (*free_context)(void *context), void *context);
/* Ends it, however far it came. NULL is fine. */
void stream_free(http_stream *stream);

/* The answer that sends it; it then belongs to libmicrohttpd. NULL, and the stream is still the
 * caller's, if out of memory. */
struct MHD_Response *stream_response(http_stream *stream);

/* The exchange is over before the stream is freed: its answer's length is settled, and the stream
 * will not touch the exchange any more. NULL is fine. */
void stream_detach(http_stream *stream);

/* Wakes all streams, so that they ask again; with `is_end` they end. Any thread. */
void streams_wake(http_server *server, bool is_end);

#endif
