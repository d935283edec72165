/* SPDX-License-Identifier: MIT */
/* The end of a server, with requests in every phase. */
#include "http_support.h"

#include <stdatomic.h>

typedef struct shared {
    gate begun, may_end, freed;
    http_exchange *deferred;
    atomic_int n_handled;
} shared;

static void quick(void *service, http_exchange *x)
{
    shared *s = service;
    atomic_fetch_add(&s->n_handled, 1);
    http_reply(x, 200, "text/plain", "quick", 5);
}

static void slow(void *service, http_exchange *x)
{
    shared *s = service;
    gate_open(&s->begun);
    gate_wait(&s->may_end, 1);
    http_reply(x, 200, "text/plain", "slow", 4);
}

static void defer(void *service, http_exchange *x)
{
    shared *s = service;
    http_defer(x);
    s->deferred = x;
    gate_open(&s->begun);
}

static bool nothing(void *context, buffer *out, size_t room)
{
    shared *s = context;
    (void)out;
    (void)room;
    gate_open(&s->begun);
    return true;
}

static void freed(void *context)
{
    shared *s = context;
    gate_open(&s->freed);
}

static void stream(void *service, http_exchange *x)
{
    http_reply_stream(x, "text/event-stream", nothing, freed, service);
}

static const http_route rows[] = {
    HTTP_ROUTE("POST", "/quick", HTTP_ROLE_PUBLIC, 100, HTTP_RATE_NONE, HTTP_INLINE, quick),
    HTTP_ROUTE("GET", "/slow", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, slow),
    HTTP_ROUTE("GET", "/defer", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, defer),
    HTTP_ROUTE("GET", "/stream", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, stream),
};

static shared *shared_new(void)
{
    static const gate fresh = GATE_INIT;
    shared *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->begun = s->may_end = s->freed = fresh;
    return s;
}

static test_server start(shared *s, http_routes *group)
{
    *group = (http_routes){.prefix = "", .rows = rows, .n_rows = 4, .service = s};
    http_server_options o = {.n_threads = 2, .n_workers = 1, .routes = group, .n_routes = 1};
    return server_start(o);
}

/* Drains or stops on a thread of its own. */
typedef struct ending {
    http_server *server;
    int timeout_ms;
    bool is_stop;
    atomic_bool is_over;
    pthread_t thread;
} ending;

static void *end(void *argument)
{
    ending *e = argument;
    if (e->is_stop)
        http_server_stop(e->server, e->timeout_ms);
    else
        http_server_drain(e->server, e->timeout_ms);
    atomic_store(&e->is_over, true);
    return NULL;
}

static void begin_end(ending *e)
{
    assert_int_equal(pthread_create(&e->thread, NULL, end, e), 0);
}

/* Waits until nobody listens on the port any more. */
static void wait_until_closed(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 100000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int result = connect(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
        if (result != 0)
            return;
    }
    fail_msg("still listening");
}

static void requests_under_way_are_finished(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = start(s, &group);
    (void)state;
    raw_client slow_one = raw_connect(t.port), half = raw_connect(t.port),
               idle = raw_connect(t.port), used = raw_connect(t.port);
    raw_send(&slow_one, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->begun, 1));
    raw_answer a;
    raw_send(&half, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: "
                    "100-continue\r\n\r\n");
    assert_true(raw_read_head(&half, &a, true)); /* it has begun */
    assert_int_equal(a.status, 100);
    raw_send(&used, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    a = raw_read(&used);
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);

    ending e = {.server = t.server, .timeout_ms = WAIT_MS};
    begin_end(&e);
    wait_until_closed(t.port);
    /* Connections that do nothing are closed; one that was used and one that was not. */
    assert_true(raw_is_closed(&idle));
    assert_true(raw_is_closed(&used));
    assert_false(atomic_load(&e.is_over));
    raw_send(&half, "body");
    a = raw_read(&half);
    assert_int_equal(a.status, 200);
    assert_string_equal(raw_header(&a, "Connection"), "close");
    buffer_free(&a.body);
    assert_true(raw_is_closed(&half));
    assert_false(atomic_load(&e.is_over));
    gate_open(&s->may_end);
    a = raw_read(&slow_one);
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);
    assert_true(raw_is_closed(&slow_one));
    pthread_join(e.thread, NULL);
    assert_int_equal(journal_count(t.journal), 3);
    raw_close(&slow_one);
    raw_close(&half);
    raw_close(&idle);
    raw_close(&used);
    server_stop(&t);
    free(s);
}

/* What comes after the word to stop, on a connection that was busy, is answered as the last one. */
static void later_requests_end_their_connections(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = start(s, &group);
    (void)state;
    raw_client c = raw_connect(t.port);
    raw_send(&c, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->begun, 1));
    raw_client other = raw_connect(t.port);
    /* The request line alone: a request is under way, but its headers come too late. */
    raw_send(&other, "POST /quick HTTP/1.1\r\n");
    raw_client pinged = raw_connect(t.port);
    raw_send(&pinged, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    raw_answer a = raw_read(&pinged);
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);
    int n_before = atomic_load(&s->n_handled);
    ending e = {.server = t.server, .timeout_ms = WAIT_MS};
    begin_end(&e);
    wait_until_closed(t.port);
    raw_send(&other, "Host: x\r\nContent-Length: 0\r\n\r\n");
    a = raw_read(&other);
    assert_int_equal(a.status, 200);
    assert_string_equal(raw_header(&a, "Connection"), "close");
    buffer_free(&a.body);
    gate_open(&s->may_end);
    a = raw_read(&c);
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);
    pthread_join(e.thread, NULL);
    assert_int_equal(atomic_load(&s->n_handled), n_before + 1);
    raw_close(&c);
    raw_close(&other);
    raw_close(&pinged);
    server_stop(&t);
    free(s);
}

static void streams_end(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = start(s, &group);
    raw_client c = raw_connect(t.port);
    raw_answer a;
    (void)state;
    raw_send(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(raw_read_head(&c, &a, false));
    assert_true(gate_wait(&s->begun, 1));
    http_server_drain(t.server, WAIT_MS);
    assert_int_equal(raw_read_chunk(&c, &a), 0); /* in order, not cut off */
    assert_true(raw_is_closed(&c));
    assert_true(gate_wait(&s->freed, 1));
    assert_int_equal(journal_at(t.journal, 0)->status, 200);
    raw_close(&c);
    server_stop(&t);
    free(s);
}

/* When time is up, those who do not send or take are cut; a handler that runs is waited for. */
static void stopping_waits_for_handlers_only(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = start(s, &group);
    (void)state;
    raw_client running = raw_connect(t.port), waiting = raw_connect(t.port),
               half = raw_connect(t.port), idle = raw_connect(t.port);
    raw_answer a;
    raw_send(&running, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->begun, 1));
    raw_send(&half, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: "
                    "100-continue\r\n\r\n");
    assert_true(raw_read_head(&half, &a, true));
    raw_send(&waiting, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    ending e = {.server = t.server, .timeout_ms = 0, .is_stop = true};
    begin_end(&e);
    assert_true(raw_is_closed(&half));
    assert_true(raw_is_closed(&idle));
    assert_false(atomic_load(&e.is_over));
    gate_open(&s->may_end);
    pthread_join(e.thread, NULL);
    /* Each request is over exactly once; only the one that ran may have been in time. */
    assert_in_range(journal_count(t.journal), 2, 3);
    for (unsigned i = 0; i < journal_count(t.journal); i++)
        assert_true(t.journal->records[i].status != 200 ||
                    strcmp(t.journal->records[i].route, "/slow") == 0);
    assert_int_equal(atomic_load(&s->n_handled), 0);
    raw_close(&running);
    raw_close(&waiting);
    raw_close(&half);
    raw_close(&idle);
    free(t.journal);
    free(s);
}

static void stopping_waits_for_what_is_deferred(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = start(s, &group);
    raw_client c = raw_connect(t.port);
    (void)state;
    raw_send(&c, "GET /defer HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->begun, 1));
    ending e = {.server = t.server, .timeout_ms = 0, .is_stop = true};
    begin_end(&e);
    assert_true(raw_is_closed(&c)); /* cut */
    assert_false(atomic_load(&e.is_over));
    http_reply(s->deferred, 200, "text/plain", "late", 4);
    pthread_join(e.thread, NULL);
    assert_int_equal(journal_count(t.journal), 1);
    raw_close(&c);
    free(t.journal);
    free(s);
}

static void servers_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        shared *s = shared_new();
        http_routes group;
        test_server t = start(s, &group);
        if (i % 3 > 0)
            assert_int_equal(
                raw_status(t.port, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
                200);
        raw_client c = raw_connect(t.port);
        /* Who has just connected and says nothing is waited for, for a second or two: a few times.
         */
        bool is_silent = i < 6;
        if (!is_silent)
            raw_close(&c);
        if (i % 3 == 2)
            http_server_drain(t.server, 1000);
        server_stop(&t);
        if (is_silent)
            raw_close(&c);
        free(s);
    }
    http_server_stop(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_under_way_are_finished),
        cmocka_unit_test(later_requests_end_their_connections),
        cmocka_unit_test(streams_end),
        cmocka_unit_test(stopping_waits_for_handlers_only),
        cmocka_unit_test(stopping_waits_for_what_is_deferred),
        cmocka_unit_test(servers_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
