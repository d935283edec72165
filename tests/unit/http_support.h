/* SPDX-License-Identifier: MIT */
/*
 * A server on a free port of the loopback, what it has recorded, and a client that sends any bytes
 * as they are. Everything waits for events, ten seconds at most.
 */
#ifndef TEST_HTTP_SUPPORT_H
#define TEST_HTTP_SUPPORT_H

#include "base/buffer.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 10000

/* --- what happened ---------------------------------------------------------------------------- */

#define MAX_EVENTS 4096

/* A gate that tests and handlers pass one after the other: a number that only grows. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned count;
} gate;

#define GATE_INIT                                                                                  \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                     \
    }

static inline void gate_open(gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->count++;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

/* Waits until it was opened `count` times; false if that does not come. */
static inline bool gate_wait(gate *g, unsigned count)
{
    struct timespec until;
    int result = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    pthread_mutex_lock(&g->lock);
    while (g->count < count && result == 0)
        result = pthread_cond_timedwait(&g->moved, &g->lock, &until);
    bool is_there = g->count >= count;
    pthread_mutex_unlock(&g->lock);
    return is_there;
}

/* A record, copied. */
typedef struct kept_record {
    char method[16], route[64], path[256], request_id[65], key_id[64], traceparent[64], remote[48];
    unsigned status;
    uint64_t request_bytes, response_bytes;
    double seconds;
    char note[HTTP_NOTE_SIZE];
} kept_record;

typedef struct journal {
    gate gate; /* opened once for each record */
    kept_record records[MAX_EVENTS];
} journal;

static inline void keep_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "(none)");
}

/* on_done, with a journal at the beginning of the context. */
static inline void journal_keep(void *context, const http_record *record)
{
    journal *j = context;
    pthread_mutex_lock(&j->gate.lock);
    kept_record *k = &j->records[j->gate.count % MAX_EVENTS];
    keep_text(k->method, sizeof k->method, record->method);
    keep_text(k->route, sizeof k->route, record->route);
    keep_text(k->path, sizeof k->path, record->path);
    keep_text(k->request_id, sizeof k->request_id, record->request_id);
    keep_text(k->key_id, sizeof k->key_id, record->key_id);
    keep_text(k->traceparent, sizeof k->traceparent, record->traceparent);
    keep_text(k->remote, sizeof k->remote, record->remote);
    k->status = record->status;
    k->request_bytes = record->request_bytes;
    k->response_bytes = record->response_bytes;
    k->seconds = record->seconds;
    memcpy(k->note, record->note, sizeof k->note);
    j->gate.count++;
    pthread_cond_broadcast(&j->gate.moved);
    pthread_mutex_unlock(&j->gate.lock);
}

/* The record number `n`, from 0, once it is there. */
static inline const kept_record *journal_at(journal *j, unsigned n)
{
    assert_true(gate_wait(&j->gate, n + 1));
    return &j->records[n % MAX_EVENTS];
}

static inline unsigned journal_count(journal *j)
{
    pthread_mutex_lock(&j->gate.lock);
    unsigned count = j->gate.count;
    pthread_mutex_unlock(&j->gate.lock);
    return count;
}

/* --- a client --------------------------------------------------------------------------------- */

typedef struct raw_client {
    int fd;
    buffer in; /* read, but not yet part of an answer */
} raw_client;

typedef struct raw_answer {
    unsigned status; /* 0: the connection was closed before a whole answer */
    char head[2048]; /* status line and headers */
    buffer body;
} raw_answer;

/* False if nobody listens. */
static inline bool raw_try_connect(raw_client *ret_client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    *ret_client = (raw_client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ret_client->fd >= 0 &&
           connect(ret_client->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static inline raw_client raw_connect(uint16_t port)
{
    raw_client c;
    assert_true(raw_try_connect(&c, port));
    return c;
}

static inline void raw_close(raw_client *c)
{
    close(c->fd);
    buffer_free(&c->in);
    c->fd = -1;
}

/* False if the server has closed. */
static inline bool raw_send_n(raw_client *c, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(c->fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static inline bool raw_send(raw_client *c, const char *text)
{
    return raw_send_n(c, text, strlen(text));
}

/* Reads some more; false at the end or if nothing comes. */
static inline bool raw_read_more(raw_client *c)
{
    char bytes[65536];
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    if (poll(&p, 1, WAIT_MS) != 1)
        return false;
    ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return false;
    buffer_append(&c->in, bytes, (size_t)n);
    return true;
}

static inline void raw_drop(raw_client *c, size_t length)
{
    memmove(c->in.data, c->in.data + length, c->in.length - length);
    c->in.length -= length;
}

/* The value of a header of the answer, or NULL; valid until the next call on this thread. */
static inline const char *raw_header(const raw_answer *a, const char *name)
{
    static _Thread_local char value[512];
    size_t length = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            const char *text = line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(text, "\r"), text);
            return value;
        }
    return NULL;
}

/* One chunk into the body; -1: the connection ended, 0: the last one, 1: one. */
static inline int raw_read_chunk(raw_client *c, raw_answer *a)
{
    const char *end;
    while (!(end = buffer_string(&c->in) ? strstr(c->in.data, "\r\n") : NULL))
        if (!raw_read_more(c))
            return -1;
    size_t size = strtoul(c->in.data, NULL, 16), head = (size_t)(end - c->in.data) + 2;
    while (c->in.length < head + size + 2)
        if (!raw_read_more(c))
            return -1;
    buffer_append(&a->body, c->in.data + head, size);
    raw_drop(c, head + size + 2);
    return size > 0;
}

/* Status line and headers only; interim answers (100) are skipped unless asked for. */
static inline bool raw_read_head(raw_client *c, raw_answer *ret_answer, bool with_interim)
{
    const char *end;
    *ret_answer = (raw_answer){0};
    for (;;) {
        while (!(end = buffer_string(&c->in) ? strstr(c->in.data, "\r\n\r\n") : NULL))
            if (!raw_read_more(c))
                return false;
        size_t length = (size_t)(end - c->in.data) + 4;
        assert_true(length < sizeof ret_answer->head);
        memcpy(ret_answer->head, c->in.data, length);
        ret_answer->head[length] = '\0';
        assert_memory_equal(ret_answer->head, "HTTP/1.1 ", 9);
        ret_answer->status = (unsigned)strtoul(ret_answer->head + 9, NULL, 10);
        raw_drop(c, length);
        if (with_interim || ret_answer->status >= 200)
            return true;
    }
}

static inline raw_answer raw_read_for(raw_client *c, bool is_head)
{
    raw_answer a;
    if (!raw_read_head(c, &a, false))
        return (raw_answer){0};
    const char *length = raw_header(&a, "Content-Length");
    if (is_head || a.status == 204 || a.status == 304)
        return a;
    if (raw_header(&a, "Transfer-Encoding")) {
        int more;
        while ((more = raw_read_chunk(c, &a)) == 1)
            ;
        if (more < 0)
            a.status = 0;
    } else if (length) {
        size_t n = strtoul(length, NULL, 10);
        while (c->in.length < n)
            if (!raw_read_more(c)) {
                a.status = 0;
                return a;
            }
        buffer_append(&a.body, c->in.data, n);
        raw_drop(c, n);
    } else {
        while (raw_read_more(c))
            ;
        buffer_append(&a.body, c->in.data, c->in.length);
        raw_drop(c, c->in.length);
    }
    if (a.body.length > 0)
        (void)buffer_string(&a.body);
    return a;
}

static inline raw_answer raw_read(raw_client *c)
{
    return raw_read_for(c, false);
}

/* Whether the server closes, in the time that is waited, without a further word. */
static inline bool raw_is_closed(raw_client *c)
{
    char byte;
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return c->in.length == 0 && poll(&p, 1, WAIT_MS) == 1 && recv(c->fd, &byte, 1, 0) <= 0;
}

/* Sends `request` on a connection of its own and frees nothing: the answer's body is the caller's.
 */
static inline raw_answer raw_ask(uint16_t port, const char *request)
{
    raw_client c = raw_connect(port);
    raw_send(&c, request);
    raw_answer a = raw_read_for(&c, strncmp(request, "HEAD ", 5) == 0);
    raw_close(&c);
    return a;
}

/* The same, where only the status matters. */
static inline unsigned raw_status(uint16_t port, const char *request)
{
    raw_answer a = raw_ask(port, request);
    buffer_free(&a.body);
    return a.status;
}

/* --- a server --------------------------------------------------------------------------------- */

/* Keys are "predict-key", "agent-key", "admin-key"; their owner's id is the word before the dash.
 * Callers without a key have no role but the public one. */
static inline bool support_authenticate(void *context, const char *token, size_t length,
                                        http_identity *ret_identity)
{
    static const char *const ids[] = {"predict", "agent", "admin"};
    (void)context;
    for (size_t i = 0; token && i < 3; i++) {
        size_t n = strlen(ids[i]);
        if (length == n + 4 && memcmp(token, ids[i], n) == 0 && memcmp(token + n, "-key", 4) == 0) {
            *ret_identity = (http_identity){.role = (http_role)(HTTP_ROLE_PREDICT + i)};
            memcpy(ret_identity->id, ids[i], n);
            return true;
        }
    }
    return false;
}

typedef struct test_server {
    http_server *server;
    journal *journal;
    uint16_t port;
} test_server;

/* Records come in the order of requests only from one event thread.
 *
 * Starts with `options`, whose listen, authenticate, context and on_done are filled in. */
static inline test_server server_start(http_server_options options)
{
    test_server t = {.journal = calloc(1, sizeof(journal))};
    triage_error err;
    assert_non_null(t.journal);
    pthread_mutex_init(&t.journal->gate.lock, NULL);
    pthread_cond_init(&t.journal->gate.moved, NULL);
    if (!options.listen)
        options.listen = "127.0.0.1:0";
    options.authenticate = support_authenticate;
    options.on_done = journal_keep;
    options.context = t.journal;
    if (http_server_start(&options, &t.server, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    t.port = http_server_port(t.server);
    assert_true(t.port > 0);
    return t;
}

static inline void server_stop(test_server *t)
{
    http_server_stop(t->server, 2000);
    free(t->journal);
    *t = (test_server){0};
}

#endif
