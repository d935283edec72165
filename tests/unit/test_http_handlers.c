/* SPDX-License-Identifier: MIT */
/* Handlers of every kind, and answers of every kind. */
#include "http_support.h"

#include <fcntl.h>
#include <stdatomic.h>

#include "temp_dir.h"

/* What handlers and the test share. */
typedef struct shared {
    gate begun, may_end;
    unsigned may_end_at;
    pthread_t thread;
    http_exchange *deferred;
    char path[512];
    /* uploads */
    gate freed;
    atomic_int n_pieces;
    /* streams */
    pthread_mutex_t lock;
    http_stream *stream; /* NULL when it is over */
    buffer next;         /* what it sends next */
    bool is_last;
    gate read, stream_freed;
} shared;

static shared *shared_new(void)
{
    static const gate fresh = GATE_INIT;
    shared *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->begun = s->may_end = s->freed = s->read = s->stream_freed = fresh;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void shared_free(shared *s)
{
    buffer_free(&s->next);
    free(s);
}

/* --- handlers --- */

static void echo(void *service, http_exchange *x)
{
    size_t length;
    const char *body = http_body(x, &length);
    (void)service;
    http_reply(x, 200, "text/plain", body, length);
}

static void no_answer(void *service, http_exchange *x)
{
    (void)service;
    (void)x;
}

static void two_answers(void *service, http_exchange *x)
{
    (void)service;
    http_set_header(x, "X-Note", "one\r\nX-Injected: two");
    http_set_header(x, "Cache-Control", "max-age=60");
    memcpy(http_note(x), "noted", sizeof "noted");
    http_reply(x, 201, "text/plain", "first", 5);
    http_set_header(x, "X-Late", "late");
    http_reply(x, 202, "text/plain", "second", 6);
    http_problem(x, 500, NULL, "third");
    http_reply_file(x, 200, "text/plain", open("/dev/null", O_RDONLY), 0, 0);
}

static void failed_json(void *service, http_exchange *x)
{
    (void)service;
    buffer json = {.failed = true};
    http_reply_json(x, 200, &json);
}

static void wait_for_gate(void *service, http_exchange *x)
{
    shared *s = service;
    s->thread = pthread_self();
    gate_open(&s->begun);
    gate_wait(&s->may_end, s->may_end_at);
    memcpy(http_note(x), &s, sizeof s);
    echo(service, x);
}

static void defer(void *service, http_exchange *x)
{
    shared *s = service;
    http_defer(x);
    s->deferred = x;
    gate_open(&s->begun);
}

static void defer_and_answer(void *service, http_exchange *x)
{
    http_defer(x);
    echo(service, x);
}

static void file(void *service, http_exchange *x)
{
    shared *s = service;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    http_reply_file(x, 200, "application/octet-stream", fd, 3, 1000000);
}

static const char page[] = "<p>page</p>";

static void page_with_tag(void *service, http_exchange *x)
{
    (void)service;
    http_reply_static(x, "text/html", "\"tag\"", page, sizeof page - 1);
}

static const http_route basic_rows[] = {
    HTTP_ROUTE("POST", "/echo", HTTP_ROLE_PUBLIC, 1 << 20, HTTP_RATE_NONE, HTTP_INLINE, echo),
    HTTP_ROUTE("POST", "/slow-echo", HTTP_ROLE_PUBLIC, 1 << 20, HTTP_RATE_NONE, HTTP_BLOCKING,
               echo),
    HTTP_ROUTE("GET", "/none", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, no_answer),
    HTTP_ROUTE("GET", "/slow-none", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, no_answer),
    HTTP_ROUTE("GET", "/two", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, two_answers),
    HTTP_ROUTE("GET", "/slow-two", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, two_answers),
    HTTP_ROUTE("GET", "/failed", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, failed_json),
    HTTP_ROUTE("POST", "/gate", HTTP_ROLE_PUBLIC, 100, HTTP_RATE_NONE, HTTP_BLOCKING,
               wait_for_gate),
    HTTP_ROUTE("GET", "/defer", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, defer),
    HTTP_ROUTE("POST", "/defer-now", HTTP_ROLE_PUBLIC, 100, HTTP_RATE_NONE, HTTP_INLINE,
               defer_and_answer),
    HTTP_ROUTE("GET", "/file", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, file),
    HTTP_ROUTE("GET", "/page", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, page_with_tag),
};

/* A server whose routes have `s` for their service. */
static test_server start(const http_route *rows, size_t n_rows, shared *s, http_routes *group)
{
    http_server_options o = {.n_threads = 1, .n_workers = 1, .queue_length = 2};
    *group = (http_routes){.prefix = "", .rows = rows, .n_rows = n_rows, .service = s};
    o.routes = group;
    o.n_routes = 1;
    return server_start(o);
}

#define START(ROWS) start(ROWS, sizeof(ROWS) / sizeof *(ROWS), s, &group)

static void expect_one_answer(uint16_t port, const char *request)
{
    raw_client c = raw_connect(port);
    raw_send(&c, request);
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 201);
    assert_string_equal(a.body.data, "first");
    assert_string_equal(raw_header(&a, "X-Note"), "oneX-Injected: two");
    assert_null(raw_header(&a, "X-Injected"));
    assert_null(raw_header(&a, "X-Late"));
    assert_string_equal(raw_header(&a, "Cache-Control"), "max-age=60");
    buffer_free(&a.body);
    /* The connection is in order. */
    raw_send(&c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    a = raw_read(&c);
    assert_string_equal(a.body.data, "hi");
    buffer_free(&a.body);
    raw_close(&c);
}

static void every_request_has_one_answer(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(basic_rows);
    (void)state;
    assert_int_equal(raw_status(t.port, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"), 500);
    assert_int_equal(raw_status(t.port, "GET /slow-none HTTP/1.1\r\nHost: x\r\n\r\n"), 500);
    assert_int_equal(raw_status(t.port, "GET /failed HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
    expect_one_answer(t.port, "GET /two HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_one_answer(t.port, "GET /slow-two HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(journal_at(t.journal, 3)->note, "noted");
    assert_string_equal(journal_at(t.journal, 4)->note, "");
    server_stop(&t);
    shared_free(s);
}

static void big_bodies_pass_whole(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(basic_rows);
    size_t length = 1 << 20;
    char *body = malloc(length), head[128];
    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < length; i++)
        body[i] = (char)(i * 31 % 251);
    for (int slow = 0; slow < 2; slow++) {
        raw_client c = raw_connect(t.port);
        snprintf(head, sizeof head,
                 "POST /%secho HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                 slow ? "slow-" : "", length);
        raw_send(&c, head);
        assert_true(raw_send_n(&c, body, length));
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_int_equal(a.body.length, length);
        assert_memory_equal(a.body.data, body, length);
        buffer_free(&a.body);
        raw_close(&c);
        assert_int_equal(journal_at(t.journal, (unsigned)slow)->request_bytes, length);
        assert_int_equal(journal_at(t.journal, (unsigned)slow)->response_bytes, length);
    }
    free(body);
    server_stop(&t);
    shared_free(s);
}

/* One works, two wait; the next is told to come again. Others are answered meanwhile. */
static void a_full_queue_is_503(void **state)
{
    static const char request[] = "POST /gate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
    shared *s = shared_new();
    http_routes group;
    s->may_end_at = 1;
    test_server t = START(basic_rows);
    raw_client c[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        c[i] = raw_connect(t.port);
        if (i == 3)
            continue;
        raw_send(&c[i], request);
        if (i == 0)
            assert_true(gate_wait(&s->begun, 1));
    }
    /* Connections 1 and 2 race for their places; the queue is full when one request is refused. */
    raw_answer a = {0};
    for (int i = 0; i < 100 && a.status != 503; i++) {
        raw_send(&c[3], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
        a = raw_read(&c[3]);
        assert_int_equal(a.status, 200);
        buffer_free(&a.body);
        raw_client more = raw_connect(t.port);
        raw_send(&more, request);
        struct pollfd p = {.fd = more.fd, .events = POLLIN};
        if (poll(&p, 1, 100) == 1)
            a = raw_read(&more);
        raw_close(&more);
    }
    assert_int_equal(a.status, 503);
    assert_non_null(raw_header(&a, "Retry-After"));
    buffer_free(&a.body);
    gate_open(&s->may_end);
    int n_answered = 0;
    for (int i = 0; i < 3; i++) {
        a = raw_read(&c[i]);
        n_answered += a.status == 200;
        buffer_free(&a.body);
    }
    assert_true(n_answered >= 2);
    for (int i = 0; i < 4; i++)
        raw_close(&c[i]);
    assert_false(pthread_equal(s->thread, pthread_self()));
    server_stop(&t);
    shared_free(s);
}

/* The client is gone when its answer comes; the server is not troubled. */
static void an_answer_for_nobody(void **state)
{
    shared *s = shared_new();
    http_routes group;
    s->may_end_at = 1;
    test_server t = START(basic_rows);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    (void)state;
    raw_client c = raw_connect(t.port);
    raw_send(&c, "POST /gate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    assert_true(gate_wait(&s->begun, 1));
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    raw_close(&c);
    gate_open(&s->may_end);
    const kept_record *r = journal_at(t.journal, 0);
    assert_int_equal(r->status, 499);
    assert_memory_equal(r->note, &s, sizeof s);
    server_stop(&t);
    shared_free(s);
}

static void *answer_later(void *argument)
{
    shared *s = argument;
    http_exchange *x = s->deferred;
    gate_wait(&s->may_end, 1);
    http_set_header(x, "X-Later", "yes");
    http_reply(x, 200, "text/plain", "later", 5);
    return NULL;
}

static void deferred_answers(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(basic_rows);
    pthread_t thread;
    (void)state;
    raw_client c = raw_connect(t.port);
    raw_send(&c, "GET /defer HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->begun, 1));
    assert_int_equal(pthread_create(&thread, NULL, answer_later, s), 0);
    gate_open(&s->may_end);
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.data, "later");
    assert_string_equal(raw_header(&a, "X-Later"), "yes");
    buffer_free(&a.body);
    pthread_join(thread, NULL);
    for (int i = 0; i < 100; i++) {
        raw_send(&c, "POST /defer-now HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nnow");
        a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body.data, "now");
        buffer_free(&a.body);
    }
    raw_close(&c);
    server_stop(&t);
    shared_free(s);
}

static void files_are_sent(void **state)
{
    shared *s = shared_new();
    http_routes group;
    (void)state;
    char *bytes = malloc(1000003);
    assert_non_null(bytes);
    for (size_t i = 0; i < 1000003; i++)
        bytes[i] = (char)(i * 17 % 253);
    snprintf(s->path, sizeof s->path, "%s", temp_file(*state, "file", bytes, 1000003));
    test_server t = START(basic_rows);
    raw_answer a = raw_ask(t.port, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.length, 1000000);
    assert_memory_equal(a.body.data, bytes + 3, 1000000);
    buffer_free(&a.body);
    a = raw_ask(t.port, "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(raw_header(&a, "Content-Length"), "1000000");
    assert_int_equal(journal_at(t.journal, 0)->response_bytes, 1000000);
    assert_int_equal(journal_at(t.journal, 1)->response_bytes, 0);
    free(bytes);
    server_stop(&t);
    shared_free(s);
}

static void pages_are_known_by_their_tag(void **state)
{
    static const char *const rows_of_tags[][2] = {
        {"", "200"},
        {"If-None-Match: \"tag\"\r\n", "304"},
        {"If-None-Match: W/\"tag\"\r\n", "304"},
        {"If-None-Match: \"x\", \"tag\"\r\n", "304"},
        {"If-None-Match: *\r\n", "304"},
        {"If-None-Match: \"tagged\"\r\n", "200"},
        {"If-None-Match: \"x\"\r\n", "200"},
        {"If-None-Match: \"x\"tag\"\r\n", "200"},
    };
    shared *s = shared_new();
    http_routes group;
    test_server t = START(basic_rows);
    (void)state;
    for (size_t i = 0; i < sizeof rows_of_tags / sizeof *rows_of_tags; i++) {
        char request[128];
        snprintf(request, sizeof request, "GET /page HTTP/1.1\r\nHost: x\r\n%s\r\n",
                 rows_of_tags[i][0]);
        raw_answer a = raw_ask(t.port, request);
        assert_int_equal(a.status, atoi(rows_of_tags[i][1]));
        assert_string_equal(raw_header(&a, "ETag"), "\"tag\"");
        assert_string_equal(raw_header(&a, "Cache-Control"), "no-cache");
        if (a.status == 200)
            assert_string_equal(a.body.data, page);
        buffer_free(&a.body);
    }
    server_stop(&t);
    shared_free(s);
}

/* --- uploads --- */

typedef struct upload_state {
    shared *s;
    uint64_t n_bytes, sum;
    bool is_ended;
} upload_state;

static void *upload_begin(void *service, http_exchange *x)
{
    if (http_query(x, "refuse")) {
        http_problem(x, 409, NULL, "Not now.");
        return NULL;
    }
    if (http_query(x, "nothing"))
        return NULL;
    upload_state *u = calloc(1, sizeof *u);
    u->s = service;
    gate_open(&u->s->begun);
    return u;
}

static void upload_data(void *service, http_exchange *x, void *state, const char *bytes,
                        size_t length)
{
    upload_state *u = state;
    (void)service;
    for (size_t i = 0; i < length; i++)
        u->sum = u->sum * 31 + (unsigned char)bytes[i];
    u->n_bytes += length;
    atomic_fetch_add(&u->s->n_pieces, 1);
    if (http_query(x, "stop") && u->n_bytes > 100000)
        http_problem(x, 422, NULL, "Enough.");
}

static void upload_end(void *service, http_exchange *x, void *state)
{
    upload_state *u = state;
    (void)service;
    u->is_ended = true;
    if (http_query(x, "mute"))
        return;
    buffer_printf(http_scratch(x), "%llu %llx", (unsigned long long)u->n_bytes,
                  (unsigned long long)u->sum);
    http_reply(x, 200, "text/plain", http_scratch(x)->data, http_scratch(x)->length);
}

static void upload_free(void *state)
{
    upload_state *u = state;
    gate_open(&u->s->freed);
    free(u);
}

static const http_upload upload = {upload_begin, upload_data, upload_end, upload_free};
static const http_route upload_rows[] = {
    HTTP_ROUTE_UPLOAD("POST", "/upload", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, &upload),
};

static void uploads_of_any_length(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(upload_rows);
    static char piece[100000];
    char expected[64], line[64];
    unsigned long long sum = 0;
    (void)state;
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (char)(i * 7 % 251);
    for (int i = 0; i < 50; i++)
        for (size_t k = 0; k < sizeof piece; k++)
            sum = sum * 31 + (unsigned char)piece[k];
    snprintf(expected, sizeof expected, "5000000 %llx", sum);
    for (int chunked = 0; chunked < 2; chunked++) {
        raw_client c = raw_connect(t.port);
        raw_send(&c, chunked ? "POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n"
                             : "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: "
                               "5000000\r\n\r\n");
        snprintf(line, sizeof line, "%zx\r\n", sizeof piece);
        for (int i = 0; i < 50; i++) {
            if (chunked)
                raw_send(&c, line);
            assert_true(raw_send_n(&c, piece, sizeof piece));
            if (chunked)
                raw_send(&c, "\r\n");
        }
        if (chunked)
            raw_send(&c, "0\r\n\r\n");
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body.data, expected);
        buffer_free(&a.body);
        raw_close(&c);
        assert_int_equal(journal_at(t.journal, (unsigned)chunked)->request_bytes, 5000000);
    }
    assert_true(gate_wait(&s->freed, 2));
    /* An empty one. */
    assert_int_equal(
        raw_status(t.port, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"), 200);
    assert_true(gate_wait(&s->freed, 3));
    server_stop(&t);
    assert_int_equal(s->freed.count, 3);
    shared_free(s);
}

static void uploads_that_are_refused(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(upload_rows);
    (void)state;
    /* At once. */
    assert_int_equal(raw_status(t.port, "POST /upload?refuse HTTP/1.1\r\nHost: x\r\n"
                                        "Content-Length: 5000000\r\n\r\n"),
                     409);
    assert_int_equal(raw_status(t.port, "POST /upload?nothing HTTP/1.1\r\nHost: x\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n"),
                     503);
    assert_int_equal(s->freed.count, 0);
    /* On the way: the client hears of it while it sends. */
    static char piece[100000];
    raw_client c = raw_connect(t.port);
    raw_send(&c, "POST /upload?stop HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
    bool goes_on = true;
    for (int i = 0; goes_on && i < 20; i++)
        goes_on = raw_send_n(&c, piece, sizeof piece);
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 422);
    buffer_free(&a.body);
    raw_close(&c);
    assert_true(gate_wait(&s->freed, 1));
    /* At the end, by saying nothing. */
    assert_int_equal(
        raw_status(t.port, "POST /upload?mute HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"),
        500);
    assert_int_equal(journal_at(t.journal, 2)->status, 422);
    server_stop(&t);
    shared_free(s);
}

static void an_upload_that_is_cut_off_is_freed(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(upload_rows);
    (void)state;
    raw_client c = raw_connect(t.port);
    raw_send(&c, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    assert_true(gate_wait(&s->begun, 1));
    raw_close(&c);
    assert_true(gate_wait(&s->freed, 1));
    assert_int_equal(journal_at(t.journal, 0)->status, 499);
    server_stop(&t);
    shared_free(s);
}

/* --- streams --- */

static bool stream_read(void *context, buffer *out, size_t room)
{
    shared *s = context;
    (void)room;
    pthread_mutex_lock(&s->lock);
    buffer_append(out, s->next.data, s->next.length);
    buffer_clear(&s->next);
    bool goes_on = !s->is_last;
    pthread_mutex_unlock(&s->lock);
    gate_open(&s->read);
    return goes_on;
}

static void stream_is_over(void *context)
{
    shared *s = context;
    pthread_mutex_lock(&s->lock);
    s->stream = NULL;
    pthread_mutex_unlock(&s->lock);
    gate_open(&s->stream_freed);
}

static void stream(void *service, http_exchange *x)
{
    shared *s = service;
    pthread_mutex_lock(&s->lock);
    s->stream = http_reply_stream(x, "text/event-stream", stream_read, stream_is_over, s);
    pthread_mutex_unlock(&s->lock);
}

static void say(shared *s, const char *text, bool is_last)
{
    pthread_mutex_lock(&s->lock);
    buffer_append_text(&s->next, text);
    s->is_last = is_last;
    if (s->stream)
        http_stream_wake(s->stream);
    pthread_mutex_unlock(&s->lock);
}

/* 4 MB, more than any buffer on the way holds, in pieces larger than there is room for. */
static bool long_read(void *context, buffer *out, size_t room)
{
    unsigned *n = context;
    (void)room;
    for (int i = 0; i < 10000; i++)
        buffer_printf(out, "%08u", (*n)++);
    return *n < 500000;
}

static void long_stream(void *service, http_exchange *x)
{
    (void)service;
    http_reply_stream(x, "text/plain", long_read, free, calloc(1, sizeof(unsigned)));
}

static const http_route stream_rows[] = {
    HTTP_ROUTE("GET", "/stream", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, stream),
    HTTP_ROUTE("GET", "/slow-stream", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, stream),
    HTTP_ROUTE("GET", "/long", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, long_stream),
};

static void expect_chunk(raw_client *c, raw_answer *a, const char *text)
{
    buffer_clear(&a->body);
    while (a->body.length < strlen(text))
        assert_int_equal(raw_read_chunk(c, a), 1);
    assert_int_equal(a->body.length, strlen(text));
    assert_memory_equal(a->body.data, text, strlen(text));
}

static void streams_send_when_they_are_woken(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(stream_rows);
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        raw_client c = raw_connect(t.port);
        raw_answer a;
        raw_send(&c, i ? "GET /slow-stream HTTP/1.1\r\nHost: x\r\n\r\n"
                       : "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(raw_read_head(&c, &a, false));
        assert_int_equal(a.status, 200);
        assert_string_equal(raw_header(&a, "Content-Type"), "text/event-stream");
        say(s, "one", false);
        expect_chunk(&c, &a, "one");
        say(s, "two", false);
        expect_chunk(&c, &a, "two");
        say(s, "three", true);
        expect_chunk(&c, &a, "three");
        assert_int_equal(raw_read_chunk(&c, &a), 0);
        assert_true(gate_wait(&s->stream_freed, i + 1));
        assert_int_equal(journal_at(t.journal, i)->response_bytes, 11);
        s->is_last = false;
        buffer_free(&a.body);
        raw_close(&c);
    }
    server_stop(&t);
    shared_free(s);
}

/* Nobody wakes it, but it is asked again. */
static void a_stream_is_asked_every_second(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(stream_rows);
    (void)state;
    raw_client c = raw_connect(t.port);
    raw_send(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(gate_wait(&s->read, 3));
    /* Its client goes, which is noticed without anything to send. */
    raw_close(&c);
    assert_true(gate_wait(&s->stream_freed, 1));
    assert_int_equal(journal_at(t.journal, 0)->status, 499);
    server_stop(&t);
    shared_free(s);
}

static void long_streams_arrive_whole(void **state)
{
    shared *s = shared_new();
    http_routes group;
    test_server t = START(stream_rows);
    (void)state;
    for (int old = 0; old < 2; old++) {
        raw_answer a = raw_ask(t.port, old ? "GET /long HTTP/1.0\r\n\r\n"
                                           : "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(a.status, 200);
        assert_int_equal(a.body.length, 4000000);
        for (unsigned i = 0; i < 500000; i += 997) {
            char expected[9];
            snprintf(expected, sizeof expected, "%08u", i);
            assert_memory_equal(a.body.data + 8 * (size_t)i, expected, 8);
        }
        buffer_free(&a.body);
        assert_int_equal(journal_at(t.journal, (unsigned)old)->response_bytes, 4000000);
    }
    raw_answer a = raw_ask(t.port, "HEAD /long HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 200);
    server_stop(&t);
    shared_free(s);
}

/* A client that takes nothing is cut; its stream is freed. */
static void a_client_that_does_not_read_is_cut(void **state)
{
    shared *s = shared_new();
    http_routes group = {.prefix = "",
                         .rows = stream_rows,
                         .n_rows = sizeof stream_rows / sizeof *stream_rows,
                         .service = s};
    http_server_options o = {.n_threads = 1, .idle_seconds = 1, .routes = &group, .n_routes = 1};
    test_server t = server_start(o);
    (void)state;
    raw_client c = raw_connect(t.port);
    for (int i = 0; i < 8; i++)
        raw_send(&c, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    /* 32 MB cannot wait in the sockets. */
    unsigned n = 0;
    while (journal_at(t.journal, n)->status == 200)
        n++;
    assert_int_equal(journal_at(t.journal, n)->status, 499);
    raw_close(&c);
    server_stop(&t);
    shared_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_has_one_answer),
        cmocka_unit_test(big_bodies_pass_whole),
        cmocka_unit_test(a_full_queue_is_503),
        cmocka_unit_test(an_answer_for_nobody),
        cmocka_unit_test(deferred_answers),
        cmocka_unit_test_setup_teardown(files_are_sent, temp_dir_make, temp_dir_remove),
        cmocka_unit_test(pages_are_known_by_their_tag),
        cmocka_unit_test(uploads_of_any_length),
        cmocka_unit_test(uploads_that_are_refused),
        cmocka_unit_test(an_upload_that_is_cut_off_is_freed),
        cmocka_unit_test(streams_send_when_they_are_woken),
        cmocka_unit_test(a_stream_is_asked_every_second),
        cmocka_unit_test(long_streams_arrive_whole),
        cmocka_unit_test(a_client_that_does_not_read_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
