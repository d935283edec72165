/* SPDX-License-Identifier: MIT */
/* An event thread: its daemon, its connections. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "http/shard.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "http/events.h"
#include "http/exchange.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

/* Connections that are looked at with one call. */
#define SWEEP_BATCH 256

static struct MHD_Daemon *start_daemon(http_shard *shard)
{
    const http_server_options *options = &shard->server->options;
    /* Beside the request's headers the memory holds a record for each, and the answer's. */
    size_t memory = (size_t)options->header_bytes + options->header_bytes / 2 + 2048;
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
            MHD_USE_NO_LISTEN_SOCKET,
        0, NULL, NULL, events_on_request, shard, /* no port, no policy of acceptance */
        /* The listener keeps the real limit; libmicrohttpd's count follows a little later. */
        MHD_OPTION_CONNECTION_LIMIT, UINT_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        /* Time is the listener's matter: its limits also hold for who sends or takes slowly. */
        MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_URI_LOG_CALLBACK, events_on_request_line,
        shard, MHD_OPTION_UNESCAPE_CALLBACK, events_unescape, shard, MHD_OPTION_NOTIFY_COMPLETED,
        events_on_completed, shard, MHD_OPTION_NOTIFY_CONNECTION, events_on_connection, shard,
        MHD_OPTION_END);
}

triage_status shard_new(http_server *server, http_shard **ret_shard, triage_error *err)
{
    http_shard *shard = mem_new_aligned(1, sizeof *shard);
    if (!shard)
        return error_memory(err);
    *shard = (http_shard){.server = server};
    random_bytes(&shard->next_id, sizeof shard->next_id);
    pthread_mutex_init(&shard->lock, NULL);
    errno = 0;
    shard->daemon = start_daemon(shard);
    if (!shard->daemon) {
        pthread_mutex_destroy(&shard->lock);
        free(shard);
        return error_set(err, TRIAGE_ERROR_MEMORY, "cannot start an event thread");
    }
    *ret_shard = shard;
    return TRIAGE_OK;
}

void shard_free(http_shard *shard)
{
    if (!shard)
        return;
    MHD_stop_daemon(shard->daemon);
    exchange_free_list(shard->spare);
    pthread_mutex_destroy(&shard->lock);
    free(shard);
}

void shard_add(http_shard *shard, int fd, const struct sockaddr *address, socklen_t length)
{
    (void)MHD_add_connection(shard->daemon, fd, address, length);
}

/* Whoever has just connected is about to send: that is waited for a second or two. A connection
 * that was used may be closed at any time, and its client knows it (RFC 9112, 9.3.1). Under the
 * lock. */
static bool is_spared(http_connection *c, uint32_t now)
{
    if (atomic_load_explicit(&c->has_asked, memory_order_relaxed))
        return false;
    if (c->spared_until == 0)
        c->spared_until = now + 2;
    return now < c->spared_until;
}

static void sweep_connection(http_connection *c, uint32_t now, bool is_draining, bool is_end)
{
    uint32_t deadline = atomic_load_explicit(&c->deadline, memory_order_relaxed);
    bool is_late = deadline != 0 && now >= deadline;
    if (is_late)
        atomic_store_explicit(&c->is_cut, true, memory_order_relaxed);
    if (is_late || is_end) {
        shutdown(c->fd, SHUT_RDWR);
    } else if (is_draining && atomic_load_explicit(&c->is_idle, memory_order_relaxed) &&
               !is_spared(c, now)) {
        /* What has arrived is still read and answered; then the connection ends. */
        shutdown(c->fd, SHUT_RD);
    }
}

/* libmicrohttpd 0.9.75 misses the end of a connection that comes together with data, because it
 * asks for edges and stops reading too early. Shut down for reading, the socket gives another edge;
 * what has arrived, and the answer, are not touched by it. */
static void tell_of_ends(const struct pollfd *fds, nfds_t n)
{
    for (nfds_t i = 0; i < n; i++)
        if (fds[i].revents & POLLRDHUP)
            shutdown(fds[i].fd, SHUT_RD);
}

void shard_sweep(http_shard *shard, bool is_end)
{
    bool is_draining = atomic_load(&shard->server->is_draining);
    uint32_t now = server_now(shard->server);
    struct pollfd fds[SWEEP_BATCH];
    nfds_t n = 0;
    pthread_mutex_lock(&shard->lock);
    for (http_connection *c = shard->connections; c; c = c->next) {
        sweep_connection(c, now, is_draining, is_end);
        fds[n++] = (struct pollfd){.fd = c->fd, .events = POLLRDHUP};
        if (n < SWEEP_BATCH && c->next)
            continue;
        if (poll(fds, n, 0) > 0)
            tell_of_ends(fds, n);
        n = 0;
    }
    pthread_mutex_unlock(&shard->lock);
}

void shard_let_go(http_shard *shard)
{
    http_server *server = shard->server;
    atomic_fetch_sub(&shard->n_held, 1);
    if (!atomic_load(&server->is_stopping))
        return;
    pthread_mutex_lock(&server->lock);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* All under the lock: as soon as it is free, the server that waits for this may be gone. */
void shard_let_go_elsewhere(http_shard *shard)
{
    http_server *server = shard->server;
    pthread_mutex_lock(&server->lock);
    atomic_fetch_sub(&shard->n_held, 1);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}
