/* SPDX-License-Identifier: MIT */
/* Many clients at once, on every kind of route: each gets its own answer, and each request has one
 * record. Meant for the thread sanitizer as much as for itself. */
#include "http_support.h"

#include <sched.h>
#include <stdatomic.h>

#define N_CLIENTS  8
#define N_REQUESTS 150

typedef struct shared {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t has_one;
    http_exchange *waiting[N_CLIENTS];
    int n_waiting;
    bool is_over;
    http_stream *streams[N_CLIENTS];
    atomic_int n_done;
} shared;

static void echo(void *service, http_exchange *x)
{
    size_t length;
    const char *body = http_body(x, &length);
    (void)service;
    buffer_append(http_scratch(x), body, length);
    http_reply(x, 200, "text/plain", http_scratch(x)->data, http_scratch(x)->length);
}

static void defer(void *service, http_exchange *x)
{
    shared *s = service;
    http_defer(x);
    pthread_mutex_lock(&s->lock);
    s->waiting[s->n_waiting++] = x;
    pthread_cond_signal(&s->has_one);
    pthread_mutex_unlock(&s->lock);
}

/* Answers what was deferred, until it is told that there is no more. */
static void *answer(void *argument)
{
    shared *s = argument;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        while (s->n_waiting == 0 && !s->is_over)
            pthread_cond_wait(&s->has_one, &s->lock);
        http_exchange *x = s->n_waiting > 0 ? s->waiting[--s->n_waiting] : NULL;
        pthread_mutex_unlock(&s->lock);
        if (!x)
            return NULL;
        echo(s, x);
    }
}

/* A stream that says its number and its step, each time it is woken. */
typedef struct told {
    shared *s;
    int slot, step;
} told;

static bool tell(void *context, buffer *out, size_t room)
{
    told *d = context;
    (void)room;
    if (d->step++ % 2 == 0)
        return true; /* nothing yet: sleeps until it is woken */
    buffer_append_text(out, ".");
    return d->step < 10;
}

static void forget(void *context)
{
    told *d = context;
    pthread_mutex_lock(&d->s->lock);
    d->s->streams[d->slot] = NULL;
    pthread_mutex_unlock(&d->s->lock);
    free(d);
}

static void stream(void *service, http_exchange *x)
{
    shared *s = service;
    told *d = calloc(1, sizeof *d);
    pthread_mutex_lock(&s->lock);
    *d = (told){.s = s};
    while (s->streams[d->slot])
        d->slot++;
    s->streams[d->slot] = http_reply_stream(x, "text/plain", tell, forget, d);
    pthread_mutex_unlock(&s->lock);
}

static void *wake(void *argument)
{
    shared *s = argument;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        bool is_over = s->is_over;
        for (int i = 0; i < N_CLIENTS; i++)
            if (s->streams[i])
                http_stream_wake(s->streams[i]);
        pthread_mutex_unlock(&s->lock);
        if (is_over)
            return NULL;
        sched_yield();
    }
}

static const http_route rows[] = {
    HTTP_ROUTE("POST", "/echo", HTTP_ROLE_PREDICT, 1000, HTTP_RATE_PREDICT, HTTP_INLINE, echo),
    HTTP_ROUTE("POST", "/slow", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_BLOCKING, echo),
    HTTP_ROUTE("POST", "/defer", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, defer),
    HTTP_ROUTE("POST", "/stream", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, stream),
};

typedef struct client {
    pthread_t thread;
    uint16_t port;
    unsigned number;
    const char *problem; /* NULL: all was well */
} client;

static const char *ask(raw_client *c, const client *self, unsigned i)
{
    static const char *const paths[] = {"echo", "slow", "defer", "stream"};
    unsigned path = (i + self->number) % 4;
    char body[64], request[256];
    int length = snprintf(body, sizeof body, "client %u, request %u", self->number, i);
    snprintf(request, sizeof request,
             "POST /%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer predict-key\r\n"
             "Content-Length: %d\r\n\r\n%s",
             paths[path], length, body);
    if (!raw_send(c, request))
        return "the connection was closed";
    raw_answer a = raw_read(c);
    const char *problem = NULL;
    if (a.status != 200)
        problem = "not 200";
    else if (strcmp(a.body.data ? a.body.data : "", path == 3 ? "....." : body) != 0)
        problem = "another's answer";
    buffer_free(&a.body);
    return problem;
}

static void *run_client(void *argument)
{
    client *self = argument;
    raw_client c;
    if (!raw_try_connect(&c, self->port))
        self->problem = "not connected";
    for (unsigned i = 0; i < N_REQUESTS && !self->problem; i++) {
        if (i % 50 == 49) {
            raw_close(&c);
            if (!raw_try_connect(&c, self->port))
                self->problem = "not connected";
        }
        if (!self->problem)
            self->problem = ask(&c, self, i);
    }
    raw_close(&c);
    return NULL;
}

static void many_clients(void **state)
{
    shared s = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_one = PTHREAD_COND_INITIALIZER};
    http_routes group = {.prefix = "", .rows = rows, .n_rows = 4, .service = &s};
    http_server_options o = {.n_threads = 3, .n_workers = 3, .routes = &group, .n_routes = 1};
    o.rates[HTTP_RATE_PREDICT] = 1e9;
    test_server t = server_start(o);
    client clients[N_CLIENTS];
    pthread_t answerer, waker;
    (void)state;
    assert_int_equal(pthread_create(&answerer, NULL, answer, &s), 0);
    assert_int_equal(pthread_create(&waker, NULL, wake, &s), 0);
    for (unsigned i = 0; i < N_CLIENTS; i++) {
        clients[i] = (client){.port = t.port, .number = i};
        assert_int_equal(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]), 0);
    }
    for (unsigned i = 0; i < N_CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        if (clients[i].problem)
            fail_msg("client %u: %s", i, clients[i].problem);
    }
    pthread_mutex_lock(&s.lock);
    s.is_over = true;
    pthread_cond_broadcast(&s.has_one);
    pthread_mutex_unlock(&s.lock);
    pthread_join(answerer, NULL);
    pthread_join(waker, NULL);
    http_server_stop(t.server, 5000);
    assert_int_equal(journal_count(t.journal), N_CLIENTS * N_REQUESTS);
    for (unsigned i = 0; i < N_CLIENTS * N_REQUESTS; i++)
        assert_int_equal(t.journal->records[i].status, 200);
    free(t.journal);
}

/* Stopped in the middle of it all: nothing hangs, nothing is lost from the records. */
static void a_stop_under_load(void **state)
{
    shared s = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_one = PTHREAD_COND_INITIALIZER};
    http_routes group = {.prefix = "", .rows = rows, .n_rows = 4, .service = &s};
    http_server_options o = {.n_threads = 2, .n_workers = 2, .routes = &group, .n_routes = 1};
    (void)state;
    for (int round = 0; round < 6; round++) {
        test_server t = server_start(o);
        client clients[N_CLIENTS];
        pthread_t answerer, waker;
        s.is_over = false;
        assert_int_equal(pthread_create(&answerer, NULL, answer, &s), 0);
        assert_int_equal(pthread_create(&waker, NULL, wake, &s), 0);
        for (unsigned i = 0; i < N_CLIENTS; i++) {
            clients[i] = (client){.port = t.port, .number = i};
            assert_int_equal(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]), 0);
        }
        assert_true(gate_wait(&t.journal->gate, 50 + 20 * (unsigned)round));
        http_server_stop(t.server, round % 2 ? 2000 : 0);
        for (unsigned i = 0; i < N_CLIENTS; i++)
            pthread_join(clients[i].thread, NULL);
        pthread_mutex_lock(&s.lock);
        assert_int_equal(s.n_waiting, 0);
        for (int i = 0; i < N_CLIENTS; i++)
            assert_null(s.streams[i]);
        s.is_over = true;
        pthread_cond_broadcast(&s.has_one);
        pthread_mutex_unlock(&s.lock);
        pthread_join(answerer, NULL);
        pthread_join(waker, NULL);
        free(t.journal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_clients),
        cmocka_unit_test(a_stop_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
