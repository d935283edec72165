/* SPDX-License-Identifier: MIT */
/* A request on its way through the server. */
#include "http/events.h"

#include "base/clock.h"
#include "base/mem.h"
#include "http/exchange.h"
#include "http/listener.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The body of a refused request is read and dropped up to this length, so that the connection can
 * be used again; a longer one is not waited for. */
#define MAX_DROPPED_BYTES ((uint64_t)64 << 10)

/* Bytes that buy an upload another second: whoever sends more slowly on average is cut. */
#define UPLOAD_BYTES_PER_SECOND 4096

/* --- connections ---------------------------------------------------------------------------- */

static void open_connection(http_shard *shard, struct MHD_Connection *connection, void **client)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    atomic_fetch_add(&shard->n_connections, 1);
    http_connection *c = mem_new_zeroed(1, sizeof *c);
    *client = c;
    if (!c)
        return; /* its first request is refused */
    c->shard = shard;
    c->fd = fd->connect_fd;
    address_of_caller(address->client_addr, &c->caller);
    atomic_store(&c->is_idle, true);
    connection_set_deadline(c, server_now(shard->server) + shard->server->options.idle_seconds);
    pthread_mutex_lock(&shard->lock);
    c->next = shard->connections;
    if (c->next)
        c->next->previous = c;
    shard->connections = c;
    pthread_mutex_unlock(&shard->lock);
}

/* Called before the socket is closed: nobody shuts down a stranger's. */
static void close_connection(http_shard *shard, http_connection *c)
{
    http_server *server = shard->server;
    if (c) {
        pthread_mutex_lock(&shard->lock);
        if (c->previous)
            c->previous->next = c->next;
        else
            shard->connections = c->next;
        if (c->next)
            c->next->previous = c->previous;
        pthread_mutex_unlock(&shard->lock);
        free(c);
    }
    atomic_fetch_sub(&shard->n_connections, 1);
    if (atomic_load(&server->is_draining)) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->lock);
    }
}

void events_on_connection(void *context, struct MHD_Connection *connection, void **client,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        open_connection(context, connection, client);
    else
        close_connection(context, *client);
}

/* --- requests ------------------------------------------------------------------------------- */

size_t events_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

void *events_on_request_line(void *context, const char *raw, struct MHD_Connection *connection)
{
    http_shard *shard = context;
    http_connection *client =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    http_exchange *x = client ? exchange_take(shard, client, connection, raw ? raw : "") : NULL;
    /* The query is read from our copy. libmicrohttpd would make a record for each parameter, and
     * with some hundred of them run out of the memory in which it could refuse them: it is not to
     * see them. */
    char *query = raw ? strchr(raw, '?') : NULL;
    if (query && query[1])
        query[1] = '\0';
    if (!x)
        return NULL;
    atomic_store_explicit(&client->is_idle, false, memory_order_relaxed);
    atomic_store_explicit(&client->has_asked, true, memory_order_relaxed);
    connection_set_deadline(client,
                            server_now(shard->server) + shard->server->options.receive_seconds);
    return x;
}

static enum MHD_Result send_answer(http_exchange *x)
{
    if (x->answer.kind == ANSWER_NONE)
        http_problem(x, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL, "The request was not answered.");
    return answer_send(x) ? MHD_YES : MHD_NO;
}

/* A refusal waits for a short body. It is given at once, which ends the connection, if the client
 * waits for leave to send one, has announced too much, or where the request ends is in doubt. */
static bool is_early_refusal(const http_exchange *x)
{
    if (!x->is_framed)
        return true;
    return x->has_body && (x->headers.transfer_encoding || x->headers.expect ||
                           x->content_length > MAX_DROPPED_BYTES ||
                           x->answer.status == MHD_HTTP_CONTENT_TOO_LARGE);
}

static enum MHD_Result on_headers(http_exchange *x, const char *method, const char *version)
{
    size_t length = strnlen(method, sizeof x->method - 1);
    memcpy(x->method, method, length);
    x->method[length] = '\0';
    x->is_http_1_1 = strcmp(version, "HTTP/1.1") == 0;
    exchange_read_headers(x);
    x->phase = PHASE_BODY;
    if (exchange_is_admitted(x) && x->match.row->route->kind == HTTP_UPLOAD) {
        x->upload = x->match.row->route->upload->begin(x->match.row->service, x);
        x->has_upload = x->upload;
        if (!x->has_upload && x->answer.kind == ANSWER_NONE)
            http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The upload could not begin.");
    }
    if (x->answer.kind == ANSWER_NONE || !is_early_refusal(x))
        return MHD_YES;
    x->is_early = true;
    return send_answer(x);
}

/* In the middle of a body libmicrohttpd takes no answer: it is written, and the connection closed.
 * What was refused for its length is so at once; other refusals have waited for a short rest. */
static enum MHD_Result cut_body(http_exchange *x)
{
    x->is_early = true;
    answer_write(x);
    return MHD_NO;
}

static enum MHD_Result take_piece(http_exchange *x, const char *bytes, size_t length)
{
    const router_row *row = x->match.row;
    if (row->route->kind == HTTP_UPLOAD) {
        uint32_t more = (uint32_t)(x->n_received / UPLOAD_BYTES_PER_SECOND < UINT32_MAX / 4
                                       ? x->n_received / UPLOAD_BYTES_PER_SECOND
                                       : UINT32_MAX / 4);
        const http_server *server = x->shard->server;
        uint32_t begun = (uint32_t)(x->start - server->start);
        connection_set_deadline(x->client, begun + server->options.receive_seconds + more + 1);
        row->route->upload->data(row->service, x, x->upload, bytes, length);
    } else if (x->n_received > x->body_limit) {
        http_problem(x, MHD_HTTP_CONTENT_TOO_LARGE, NULL, "The body may have %u bytes at most.",
                     (unsigned)x->body_limit);
    } else {
        buffer_append(&x->body, bytes, length);
        if (x->body.failed)
            http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is out of memory.");
    }
    return MHD_YES;
}

static enum MHD_Result on_piece(http_exchange *x, const char *bytes, size_t *length)
{
    x->n_received += *length;
    if (x->answer.kind == ANSWER_NONE)
        take_piece(x, bytes, *length);
    *length = 0;
    if (x->answer.kind == ANSWER_NONE)
        return MHD_YES;
    bool is_short = !x->headers.transfer_encoding && x->content_length <= MAX_DROPPED_BYTES;
    return is_short || x->answer.kind != ANSWER_COPIED ? MHD_YES : cut_body(x);
}

/* Suspends the request until a worker has answered it. */
static enum MHD_Result hand_to_worker(http_exchange *x)
{
    http_shard *shard = x->shard;
    worker_pool *pool = shard->server->pool;
    if (!worker_pool_reserve(pool)) {
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "Too many requests are waiting.");
        shard_let_go(shard);
        return send_answer(x);
    }
    x->phase = PHASE_HELD;
    x->thread = ON_WORKER;
    MHD_suspend_connection(x->connection);
    if (!worker_pool_submit(pool, x))
        events_run_blocking(x, true);
    return MHD_YES;
}

void events_run_blocking(void *exchange, bool is_stopping)
{
    http_exchange *x = exchange;
    http_shard *shard = x->shard;
    if (is_stopping)
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is stopping.");
    else
        x->match.row->route->handle(x->match.row->service, x);
    MHD_resume_connection(x->connection);
    shard_let_go_elsewhere(shard);
}

/* The handler's turn. The shard is held from before the look at is_stopping, so that a server that
 * stops either sees the hold or is seen. */
static enum MHD_Result on_end(http_exchange *x)
{
    http_shard *shard = x->shard;
    connection_set_deadline(x->client, 0);
    if (x->answer.kind != ANSWER_NONE)
        return send_answer(x);
    const router_row *row = x->match.row;
    atomic_fetch_add(&shard->n_held, 1);
    if (atomic_load(&shard->server->is_stopping)) {
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is stopping.");
    } else if (row->route->kind == HTTP_BLOCKING) {
        return hand_to_worker(x);
    } else if (row->route->kind == HTTP_UPLOAD) {
        row->route->upload->end(row->service, x, x->upload);
    } else {
        row->route->handle(row->service, x);
    }
    if (x->thread == DEFERRED)
        return MHD_YES; /* no longer ours */
    shard_let_go(shard);
    return send_answer(x);
}

enum MHD_Result events_on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *length, void **exchange)
{
    http_exchange *x = *exchange;
    (void)context;
    (void)connection;
    (void)path;
    if (!x)
        return MHD_NO;
    switch (x->phase) {
    case PHASE_HEADERS: return on_headers(x, method, version);
    case PHASE_BODY: return *length > 0 ? on_piece(x, bytes, length) : on_end(x);
    case PHASE_HELD: return send_answer(x);
    case PHASE_SENT: break;
    }
    *length = 0;
    return MHD_YES;
}

/* --- the end -------------------------------------------------------------------------------- */

/* What became of the request. libmicrohttpd refuses some by itself: broken framing, too many
 * headers. */
static unsigned final_status(const http_exchange *x, struct MHD_Connection *connection,
                             enum MHD_RequestTerminationCode code)
{
    if (x->phase == PHASE_SENT && (code == MHD_REQUEST_TERMINATED_COMPLETED_OK || x->is_early))
        return x->answer.status;
    if (atomic_load_explicit(&x->client->is_cut, memory_order_relaxed))
        return x->phase < PHASE_HELD ? MHD_HTTP_REQUEST_TIMEOUT : 499;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    return x->phase < PHASE_HELD && info && info->http_status ? info->http_status : 499;
}

/* Decoded, or as it was sent if it was refused; never with the query, which may hold a ticket. */
static const char *path_for_record(http_exchange *x)
{
    if (x->target.path_length > 0)
        return x->target.path;
    char *question =
        x->raw_target.length > 0 ? memchr(x->raw_target.data, '?', x->raw_target.length) : NULL;
    if (question)
        x->raw_target.length = (size_t)(question - x->raw_target.data);
    const char *raw = buffer_string(&x->raw_target);
    return raw ? raw : "";
}

static void record(http_exchange *x, unsigned status)
{
    const http_server_options *options = &x->shard->server->options;
    const router_row *row = x->match.row;
    http_record record = {
        .method = x->method,
        .route = row ? row->path : "",
        .path = path_for_record(x),
        .request_id = x->request_id,
        .key_id = x->caller.id,
        .traceparent = x->traceparent[0] ? x->traceparent : NULL,
        .remote = x->client->caller.text,
        .status = status,
        .request_bytes = x->n_received,
        .response_bytes = strcmp(x->method, "HEAD") == 0 || status == 499 ? 0 : x->answer.length,
        .seconds = clock_seconds() - x->start,
        .row = row ? row->route : NULL,
        .note = x->note,
    };
    options->on_done(options->context, &record);
}

/* Answered before all was read: the socket lives on under another descriptor, so that the client
 * can be listened to until it has seen the answer. */
static void linger(const http_exchange *x)
{
    http_server *server = x->shard->server;
    int fd = fcntl(x->client->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return;
    linger_add(&server->lingering, fd, clock_seconds());
    listener_wake(server); /* it reads from now on */
}

void events_on_completed(void *context, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode code)
{
    http_shard *shard = context;
    http_exchange *x = *exchange;
    if (!x)
        return;
    *exchange = NULL;
    const http_server *server = shard->server;
    http_connection *client = x->client;
    if (server->options.on_done)
        record(x, final_status(x, connection, code));
    if (x->is_early)
        linger(x);
    exchange_give_back(x);
    connection_set_deadline(client, server_now(server) + server->options.idle_seconds);
    atomic_store_explicit(&client->is_idle, true, memory_order_relaxed);
}
