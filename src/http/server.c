/* SPDX-License-Identifier: MIT */
/* Starting, draining and stopping a server. */
#define _GNU_SOURCE /* pthread_condattr_setclock */
#include "http/server.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "http/events.h"
#include "http/listener.h"
#include "http/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What options of 0 stand for. */
#define DEFAULT_WORKERS         4
#define DEFAULT_QUEUE           1024
#define DEFAULT_CONNECTIONS     10000
#define DEFAULT_BODY_BYTES      (1u << 20)
#define DEFAULT_HEADER_BYTES    (8u << 10)
#define DEFAULT_IDLE_SECONDS    60
#define DEFAULT_RECEIVE_SECONDS 60

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

static http_server_options with_defaults(const http_server_options *options)
{
    http_server_options o = *options;
    o.n_threads = parallel_n_threads(o.n_threads);
    o.n_workers = or_default(o.n_workers, DEFAULT_WORKERS);
    o.queue_length = or_default(o.queue_length, DEFAULT_QUEUE);
    o.n_connections = or_default(o.n_connections, DEFAULT_CONNECTIONS);
    o.body_bytes = or_default(o.body_bytes, DEFAULT_BODY_BYTES);
    o.header_bytes = or_default(o.header_bytes, DEFAULT_HEADER_BYTES);
    o.idle_seconds = or_default(o.idle_seconds, DEFAULT_IDLE_SECONDS);
    o.receive_seconds = or_default(o.receive_seconds, DEFAULT_RECEIVE_SECONDS);
    return o;
}

/* Which of the server's optional parts its rows call for. */
typedef struct parts {
    bool keys, workers, limits;
} parts;

static parts parts_of(const http_server_options *options)
{
    parts needed = {0};
    for (size_t i = 0; i < options->n_routes; i++)
        for (size_t k = 0; k < options->routes[i].n_rows; k++) {
            const http_route *row = &options->routes[i].rows[k];
            needed.keys = needed.keys || row->role != HTTP_ROLE_PUBLIC;
            needed.workers = needed.workers || row->kind == HTTP_BLOCKING;
            needed.limits = needed.limits || options->rates[row->rate] > 0;
        }
    return needed;
}

static triage_status make_parts(http_server *server, triage_error *err)
{
    const http_server_options *o = &server->options;
    triage_status status = router_new(o->routes, o->n_routes, &server->router, err);
    if (status != TRIAGE_OK)
        return status;
    parts needed = parts_of(o);
    if (needed.keys && !o->authenticate)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "routes need a role, but nothing tells who has it");
    if (needed.limits)
        status = rate_limit_new(o->rates, &server->limit, err);
    if (status == TRIAGE_OK && needed.workers)
        status =
            worker_pool_new(o->n_workers, o->queue_length, events_run_blocking, &server->pool, err);
    return status;
}

static triage_status open_sockets(http_server *server, triage_error *err)
{
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->wake_fd < 0)
        return error_errno(err, errno, "cannot listen on", server->options.listen);
    triage_status status = address_listen(server->options.listen, &server->listen_fd, err);
    if (status != TRIAGE_OK)
        return status;
    server->port = address_port(server->listen_fd);
    address_url(server->listen_fd, server->url, sizeof server->url);
    return TRIAGE_OK;
}

static triage_status start_threads(http_server *server, triage_error *err)
{
    server->shards = mem_new_zeroed(server->options.n_threads, sizeof(http_shard *));
    if (!server->shards)
        return error_memory(err);
    while (server->n_shards < server->options.n_threads) {
        triage_status status = shard_new(server, &server->shards[server->n_shards], err);
        if (status != TRIAGE_OK)
            return status;
        server->n_shards++;
    }
    return listener_start(server, err);
}

static http_server *server_new(const http_server_options *options)
{
    http_server *server = mem_new_zeroed(1, sizeof *server);
    pthread_condattr_t monotonic;
    if (!server)
        return NULL;
    server->options = with_defaults(options);
    server->listen_fd = server->wake_fd = -1;
    server->start = clock_seconds();
    atomic_store(&server->now, 1);
    linger_init(&server->lingering);
    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->streams_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return server;
}

triage_status http_server_start(const http_server_options *options, http_server **ret_server,
                                triage_error *err)
{
    if (!options->listen)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "there is no address to listen on");
    http_server *server = server_new(options);
    if (!server)
        return error_memory(err);
    triage_status status = make_parts(server, err);
    if (status == TRIAGE_OK)
        status = open_sockets(server, err);
    if (status == TRIAGE_OK)
        status = start_threads(server, err);
    if (status == TRIAGE_OK)
        *ret_server = server;
    else
        http_server_stop(server, 0);
    return status;
}

uint16_t http_server_port(const http_server *server)
{
    return server->port;
}

void http_server_url(const http_server *server, char *ret_url, size_t size)
{
    snprintf(ret_url, size, "%s", server->url);
}

unsigned http_server_n_connections(const http_server *server)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < server->n_shards; i++)
        n += atomic_load_explicit(&server->shards[i]->n_connections, memory_order_relaxed);
    return n;
}

/* --- the end -------------------------------------------------------------------------------- */

/* While it drains. An idle connection counts, too, until it is closed: what its client had sent
 * before may just be arriving. */
static bool has_connections(const http_server *server)
{
    if (server->has_listener && !atomic_load(&server->has_stopped_listening))
        return true;
    for (uint32_t i = 0; i < server->n_shards; i++)
        if (atomic_load(&server->shards[i]->n_connections) > 0)
            return true;
    return false;
}

static bool has_held(const http_server *server)
{
    for (uint32_t i = 0; i < server->n_shards; i++)
        if (atomic_load(&server->shards[i]->n_held) > 0)
            return true;
    return false;
}

static void sweep(http_server *server, bool is_end)
{
    for (uint32_t i = 0; i < server->n_shards; i++)
        shard_sweep(server->shards[i], is_end);
}

static struct timespec after_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

void http_server_drain(http_server *server, int timeout_ms)
{
    atomic_store(&server->is_draining, true);
    listener_wake(server);
    sweep(server, false);
    streams_wake(server, true);
    struct timespec until = after_ms(timeout_ms > 0 ? timeout_ms : 0);
    int result = 0;
    pthread_mutex_lock(&server->lock);
    while (result == 0 && has_connections(server))
        result = pthread_cond_timedwait(&server->changed, &server->lock, &until);
    pthread_mutex_unlock(&server->lock);
}

static void wait_until_let_go(http_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (has_held(server))
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

static void server_free(http_server *server)
{
    worker_pool_free(server->pool);
    rate_limit_free(server->limit);
    router_free(server->router);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    linger_destroy(&server->lingering);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->streams_lock);
    pthread_mutex_destroy(&server->lock);
    free(server->shards);
    free(server);
}

void http_server_stop(http_server *server, int timeout_ms)
{
    if (!server)
        return;
    http_server_drain(server, timeout_ms);
    atomic_store(&server->is_stopping, true);
    sweep(server, true);
    worker_pool_stop(server->pool);
    wait_until_let_go(server);
    listener_stop(server);
    for (uint32_t i = 0; i < server->n_shards; i++)
        shard_free(server->shards[i]);
    server_free(server);
}
