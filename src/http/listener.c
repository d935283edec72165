/* SPDX-License-Identifier: MIT */
/* Accepting, and the clock of deadlines. */
#define _GNU_SOURCE /* accept4 */
#include "http/listener.h"

#include "base/clock.h"
#include "base/error.h"
#include "http/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Connections taken in a row before anything else is looked at. */
#define MAX_ACCEPTS 64

/* How long nothing is accepted after the process ran out of descriptors. */
#define PAUSE_SECONDS 0.1

#define TICK_SECONDS 1.0

typedef struct listener_state {
    http_server *server;
    double next_tick, paused_until;
    uint32_t next_shard;
} listener_state;

#define TOO_MANY_BODY                                                                              \
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"                  \
    "\"detail\":\"There are too many connections.\"}"

static const char too_many[] = "HTTP/1.1 503 Service Unavailable\r\n"
                               "Connection: close\r\n"
                               "Content-Type: application/problem+json\r\n"
                               "Content-Length: 108\r\n"
                               "Retry-After: 1\r\n"
                               "X-Content-Type-Options: nosniff\r\n"
                               "Cache-Control: no-store\r\n"
                               "\r\n" TOO_MANY_BODY;
_Static_assert(sizeof TOO_MANY_BODY - 1 == 108, "the Content-Length above");

static bool is_full(const http_server *server)
{
    return http_server_n_connections(server) >= server->options.n_connections;
}

/* Takes one connection; false if there is none, or none can be taken now. */
static bool accept_one(listener_state *state, double now)
{
    http_server *server = state->server;
    union {
        struct sockaddr any;
        struct sockaddr_in6 v6;
    } address;
    socklen_t length = sizeof address;
    int fd = accept4(server->listen_fd, &address.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            state->paused_until = now + PAUSE_SECONDS;
        return errno == ECONNABORTED || errno == EINTR;
    }
    if (is_full(server)) {
        (void)!send(fd, too_many, sizeof too_many - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        linger_add(&server->lingering, fd, now);
        return true;
    }
    shard_add(server->shards[state->next_shard], fd, &address.any, length);
    state->next_shard = (state->next_shard + 1) % server->n_shards;
    return true;
}

static void tick(listener_state *state, double now)
{
    http_server *server = state->server;
    if (now < state->next_tick)
        return;
    state->next_tick = now + TICK_SECONDS;
    for (uint32_t i = 0; i < server->n_shards; i++)
        shard_sweep(server->shards[i], false);
    streams_wake(server, false);
}

static void close_listening(http_server *server)
{
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    server->listen_fd = -1;
}

/* Takes whoever has connected already: the system would cut them, with what they have sent. */
static void stop_listening(listener_state *state)
{
    http_server *server = state->server;
    if (server->listen_fd < 0)
        return;
    while (accept_one(state, clock_seconds()))
        ;
    close_listening(server);
    for (uint32_t i = 0; i < server->n_shards; i++)
        shard_sweep(server->shards[i], false);
    pthread_mutex_lock(&server->lock);
    atomic_store(&server->has_stopped_listening, true);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

/* Waits for something to do, a second at most. */
static void wait_for_work(const listener_state *state, double now, bool *ret_has_connection)
{
    http_server *server = state->server;
    struct pollfd fds[2 + LINGER_MAX];
    int lingering[LINGER_MAX];
    bool is_paused = now < state->paused_until;
    double until = is_paused ? state->paused_until : state->next_tick;
    size_t n = linger_descriptors(&server->lingering, lingering);
    fds[0] = (struct pollfd){.fd = server->wake_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = is_paused ? -1 : server->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < n; i++)
        fds[2 + i] = (struct pollfd){.fd = lingering[i], .events = POLLIN};
    double left = until > now ? until - now : 0;
    *ret_has_connection = false;
    if (poll(fds, 2 + n, (int)(left * 1000) + 1) <= 0)
        return;
    *ret_has_connection = fds[1].revents != 0;
    uint64_t count;
    if (fds[0].revents)
        (void)!read(server->wake_fd, &count, sizeof count);
}

static void *listen_on(void *argument)
{
    listener_state state = {.server = argument};
    http_server *server = argument;
    while (!atomic_load(&server->is_listener_ending)) {
        double now = clock_seconds();
        bool has_connection;
        atomic_store_explicit(&server->now, (uint32_t)(now - server->start) + 1,
                              memory_order_relaxed);
        tick(&state, now);
        linger_read(&server->lingering, now);
        if (atomic_load(&server->is_draining))
            stop_listening(&state);
        wait_for_work(&state, now, &has_connection);
        if (atomic_load(&server->is_draining))
            continue;
        for (int i = 0; has_connection && i < MAX_ACCEPTS; i++)
            has_connection = accept_one(&state, clock_seconds());
    }
    close_listening(server);
    return NULL;
}

triage_status listener_start(http_server *server, triage_error *err)
{
    if (pthread_create(&server->listener, NULL, listen_on, server) != 0)
        return error_set(err, TRIAGE_ERROR_MEMORY, "cannot start a thread");
    server->has_listener = true;
    return TRIAGE_OK;
}

void listener_wake(http_server *server)
{
    uint64_t one = 1;
    (void)!write(server->wake_fd, &one, sizeof one);
}

void listener_stop(http_server *server)
{
    if (!server->has_listener)
        return;
    atomic_store(&server->is_listener_ending, true);
    listener_wake(server);
    pthread_join(server->listener, NULL);
    server->has_listener = false;
}
