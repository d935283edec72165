/* SPDX-License-Identifier: MIT */
/* Handing a noted answer to libmicrohttpd, on the event thread. */
#include "http/exchange.h"

#include "http/stream.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A client must take this many bytes a second on average, or it is cut. */
#define MIN_BYTES_PER_SECOND 4096

static struct MHD_Response *make_response(answer *a)
{
    struct MHD_Response *response = NULL;
    switch (a->kind) {
    case ANSWER_COPIED:
        /* Kept in the exchange until the request is over. */
        return MHD_create_response_from_buffer(a->body.length, a->body.data,
                                               MHD_RESPMEM_PERSISTENT);
    case ANSWER_BORROWED:
        return MHD_create_response_from_buffer((size_t)a->length, (void *)(uintptr_t)a->bytes,
                                               MHD_RESPMEM_PERSISTENT);
    case ANSWER_FILE:
        response = MHD_create_response_from_fd_at_offset64(a->length, a->fd, a->offset);
        a->is_handed_over = response;
        return response;
    case ANSWER_STREAM:
        response = stream_response(a->stream);
        a->is_handed_over = response;
        return response;
    case ANSWER_NONE: break;
    }
    return NULL;
}

/* The headers that every answer has, as name and value pairs; NULL-terminated. */
static void add_headers(const http_exchange *x, struct MHD_Response *response)
{
    const answer *a = &x->answer;
    const char *end = a->headers.data + a->headers.length;
    for (const char *name = a->headers.data; name < end;) {
        const char *value = name + strlen(name) + 1;
        MHD_add_response_header(response, name, value);
        name = value + strlen(value) + 1;
    }
    MHD_add_response_header(response, "X-Request-Id", x->request_id);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (!a->has_cache_control)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    if (atomic_load_explicit(&x->shard->server->is_draining, memory_order_relaxed))
        MHD_add_response_header(response, "Connection", "close");
}

static uint32_t sending_deadline(const http_exchange *x)
{
    const http_server *server = x->shard->server;
    uint64_t seconds = x->answer.length / MIN_BYTES_PER_SECOND + server->options.idle_seconds;
    return server_now(server) + (seconds < UINT32_MAX / 2 ? (uint32_t)seconds : UINT32_MAX / 2);
}

bool answer_send(http_exchange *x)
{
    answer *a = &x->answer;
    if (a->headers.failed || a->body.failed)
        return false;
    struct MHD_Response *response = make_response(a);
    if (!response)
        return false;
    add_headers(x, response);
    x->phase = PHASE_SENT;
    connection_set_deadline(x->client, sending_deadline(x));
    enum MHD_Result result = MHD_queue_response(x->connection, a->status, response);
    MHD_destroy_response(response);
    return result == MHD_YES;
}

void answer_write(http_exchange *x)
{
    answer *a = &x->answer;
    buffer out = {0};
    buffer_printf(&out, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: %zu\r\n", a->status,
                  MHD_get_reason_phrase_for(a->status), a->body.length);
    for (const char *name = a->headers.data; name < a->headers.data + a->headers.length;) {
        const char *value = name + strlen(name) + 1;
        buffer_printf(&out, "%s: %s\r\n", name, value);
        name = value + strlen(value) + 1;
    }
    buffer_printf(&out,
                  "X-Request-Id: %s\r\nX-Content-Type-Options: nosniff\r\n"
                  "Cache-Control: no-store\r\n\r\n",
                  x->request_id);
    buffer_append(&out, a->body.data, a->body.length);
    x->phase = PHASE_SENT;
    /* A few hundred bytes into an empty socket: if they do not fit, the client is gone anyway. */
    if (!out.failed && !a->headers.failed && !a->body.failed)
        (void)!send(x->client->fd, out.data, out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    buffer_free(&out);
}
