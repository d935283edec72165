/* SPDX-License-Identifier: MIT */
/*
 * What belongs to one event thread, and the server that all of them belong to. Each event thread is
 * a libmicrohttpd daemon of its own, so that a request needs nothing that threads share.
 */
#ifndef HTTP_SHARD_H
#define HTTP_SHARD_H

#include "http/address.h"
#include "http/linger.h"
#include "http/rate_limit.h"
#include "http/router.h"
#include "http/server.h"
#include "http/worker_pool.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct http_shard http_shard;

/* A client's connection. Made and freed on its event thread. */
typedef struct http_connection {
    http_shard *shard;
    int fd; /* owned by libmicrohttpd */
    address_caller caller;
    /* Guarded by the shard's lock. */
    struct http_connection *previous, *next;
    /* Written by the event thread, read by the listener's, which cuts what takes too long. */
    _Atomic(uint32_t) deadline; /* in seconds of http_server.now; 0: none */
    atomic_bool is_idle;        /* between two requests */
    atomic_bool has_asked;      /* a request has begun on it */
    uint32_t spared_until;      /* of the sweeps: while the server drains; 0: not seen yet */
    atomic_bool is_cut;         /* was shut down because of its deadline */
} http_connection;

struct http_shard {
    http_server *server;
    struct MHD_Daemon *daemon;
    /* The event thread's own. */
    struct http_exchange *spare; /* exchanges that are not in use, a list */
    uint32_t n_spare;
    uint64_t next_id; /* of requests that came without one; begins at random */
    /* Shared. */
    pthread_mutex_t lock; /* guards the list; innermost */
    http_connection *connections;
    atomic_uint n_connections;
    atomic_uint n_held; /* in the hands of a handler, here or on another thread */
};

struct http_server {
    http_server_options options; /* with defaults filled in */
    router *router;
    rate_limit *limit;
    worker_pool *pool;
    http_shard **shards;
    uint32_t n_shards;

    /* The listener: accepts, cuts, lingers. */
    pthread_t listener;
    bool has_listener;
    int listen_fd, wake_fd;
    linger_list lingering;
    atomic_bool is_listener_ending;

    _Atomic(uint32_t) now;   /* seconds since the start + 1; the listener moves it on */
    double start;            /* clock_seconds() */
    atomic_bool is_draining; /* takes no new connections; an answer ends its connection */
    atomic_bool has_stopped_listening;
    atomic_bool is_stopping;      /* runs no handlers any more */
    pthread_mutex_t lock;         /* with `changed`: for waiting until counters are zero */
    pthread_cond_t changed;       /* a counter went down while somebody may wait */
    pthread_mutex_t streams_lock; /* guards the list; a stream's lock is taken inside */
    struct http_stream *streams;
    char url[96];
    uint16_t port;
};

/* The time by which deadlines are set; a second is its grain. */
static inline uint32_t server_now(const http_server *server)
{
    return atomic_load_explicit(&server->now, memory_order_relaxed);
}

static inline void connection_set_deadline(http_connection *c, uint32_t deadline)
{
    atomic_store_explicit(&c->deadline, deadline, memory_order_relaxed);
}

/* Starts one more event thread. ERROR_MEMORY. */
triage_status shard_new(http_server *server, http_shard **ret_shard,
                        triage_error *err) TRIAGE_CHECKED;
/* Ends the event thread and all its connections; nothing may be held any more. NULL is fine. */
void shard_free(http_shard *shard);

/* Hands an accepted socket over; it is closed in any case, at the latest by shard_free(). */
void shard_add(http_shard *shard, int fd, const struct sockaddr *address, socklen_t length);

/* Cuts connections whose time is up. While draining, closes idle ones for further requests; with
 * `is_end` all are cut. Any thread. */
void shard_sweep(http_shard *shard, bool is_end);

/* A handler lets go of an exchange of the shard: on its event thread, or on another. */
void shard_let_go(http_shard *shard);
void shard_let_go_elsewhere(http_shard *shard);

#endif
