/* SPDX-License-Identifier: MIT */
/* Streams: suspended while their reader has nothing, resumed by whoever has. */
#include "http/stream.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* For HTTP/1.0, where there are no chunks to fill. */
#define BLOCK_BYTES 4096

struct http_stream {
    http_server *server;
    http_connection *client;
    struct MHD_Connection *connection;
    bool (*read)(void *context, buffer *out, size_t room);
    void (*free_context)(void *context);
    void *context;
    struct http_stream *previous, *next; /* guarded by the server's streams_lock */

    /* The event thread's own. */
    buffer pending; /* read, from `n_sent` on not yet handed over */
    size_t n_sent;
    bool is_read_to_end;
    answer *answer; /* the exchange's, which counts the bytes; NULL once that is over */

    pthread_mutex_t lock; /* guards all below */
    bool is_asleep;       /* its connection is suspended */
    bool is_called;       /* woken while it was not asleep */
    bool is_ending;       /* the server stops */
};

http_stream *stream_new(http_exchange *x, bool (*read)(void *context, buffer *out, size_t room),
                        void (*free_context)(void *context), void *context)
{
    http_stream *stream = mem_new_zeroed(1, sizeof *stream);
    if (!stream)
        return NULL;
    http_server *server = x->shard->server;
    stream->server = server;
    stream->client = x->client;
    stream->connection = x->connection;
    stream->answer = &x->answer;
    stream->read = read;
    stream->free_context = free_context;
    stream->context = context;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_mutex_lock(&server->streams_lock);
    /* Under the lock, so that none is missed by streams_wake(). */
    stream->is_ending = atomic_load(&server->is_draining);
    stream->next = server->streams;
    if (server->streams)
        server->streams->previous = stream;
    server->streams = stream;
    pthread_mutex_unlock(&server->streams_lock);
    return stream;
}

void stream_free(http_stream *stream)
{
    if (!stream)
        return;
    http_server *server = stream->server;
    stream->free_context(stream->context);
    if (stream->answer)
        stream->answer->stream = NULL;
    pthread_mutex_lock(&server->streams_lock);
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        server->streams = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    pthread_mutex_unlock(&server->streams_lock);
    pthread_mutex_destroy(&stream->lock);
    buffer_free(&stream->pending);
    free(stream);
}

static void free_stream(void *context)
{
    stream_free(context);
}

void stream_detach(http_stream *stream)
{
    if (stream)
        stream->answer = NULL;
}

static void wake(http_stream *stream, bool is_end)
{
    pthread_mutex_lock(&stream->lock);
    stream->is_ending = stream->is_ending || is_end;
    if (stream->is_asleep) {
        stream->is_asleep = false;
        MHD_resume_connection(stream->connection);
    } else {
        stream->is_called = true;
    }
    pthread_mutex_unlock(&stream->lock);
}

void http_stream_wake(http_stream *stream)
{
    wake(stream, false);
}

void streams_wake(http_server *server, bool is_end)
{
    pthread_mutex_lock(&server->streams_lock);
    for (http_stream *stream = server->streams; stream; stream = stream->next)
        wake(stream, is_end);
    pthread_mutex_unlock(&server->streams_lock);
}

/* Nobody reads from a connection that sleeps, so that its end would be noticed late or never. */
static bool is_client_gone(const http_stream *stream)
{
    char byte;
    return recv(stream->client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_ending(http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool ending = stream->is_ending;
    stream->is_called = false;
    pthread_mutex_unlock(&stream->lock);
    return ending;
}

/* Suspends the connection, unless somebody has called since `read` was. */
static bool fall_asleep(http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool sleeps = !stream->is_called && !stream->is_ending;
    if (sleeps) {
        stream->is_asleep = true;
        connection_set_deadline(stream->client, 0);
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return sleeps;
}

/* Fills `pending` if it is empty; false if the stream has ended or failed. */
static bool refill(http_stream *stream, size_t room, ssize_t *ret_end)
{
    if (stream->n_sent < stream->pending.length)
        return true;
    *ret_end = MHD_CONTENT_READER_END_OF_STREAM;
    if (stream->is_read_to_end || is_ending(stream))
        return false;
    buffer_clear(&stream->pending);
    stream->n_sent = 0;
    stream->is_read_to_end = !stream->read(stream->context, &stream->pending, room);
    *ret_end = MHD_CONTENT_READER_END_WITH_ERROR;
    return !stream->pending.failed;
}

/* libmicrohttpd wants up to `room` bytes; 0 is only allowed with the connection suspended. */
static ssize_t give(void *context, uint64_t position, char *out, size_t room)
{
    http_stream *stream = context;
    ssize_t end;
    (void)position;
    connection_set_deadline(stream->client,
                            server_now(stream->server) + stream->server->options.idle_seconds);
    for (;;) {
        if (!refill(stream, room, &end))
            return end;
        size_t n = stream->pending.length - stream->n_sent;
        if (n > 0) {
            n = n < room ? n : room;
            memcpy(out, stream->pending.data + stream->n_sent, n);
            stream->n_sent += n;
            stream->answer->length += n;
            return (ssize_t)n;
        }
        if (stream->is_read_to_end)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (is_client_gone(stream))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (fall_asleep(stream))
            return 0;
    }
}

struct MHD_Response *stream_response(http_stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, give, stream,
                                             free_stream);
}
