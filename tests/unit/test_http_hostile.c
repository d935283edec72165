/* SPDX-License-Identifier: MIT */
/* Requests as no honest client sends them. Whatever comes, the server answers the next one. */
#include "http_support.h"

#include <netinet/tcp.h>

static void echo(void *service, http_exchange *x)
{
    size_t length;
    const char *body = http_body(x, &length);
    (void)service;
    http_reply(x, 200, "text/plain", body, length);
}

static const http_route rows[] = {
    HTTP_ROUTE("GET", "/x", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, echo),
    HTTP_ROUTE("POST", "/x", HTTP_ROLE_PUBLIC, 100000, HTTP_RATE_NONE, HTTP_INLINE, echo),
    HTTP_ROUTE("POST", "/slow", HTTP_ROLE_PUBLIC, 100000, HTTP_RATE_NONE, HTTP_BLOCKING, echo),
};
static const http_routes groups[] = {{.prefix = "", .rows = rows, .n_rows = 3}};
static const http_server_options options = {.n_threads = 1, .routes = groups, .n_routes = 1};

static void expect_alive(const test_server *t)
{
    raw_answer a = raw_ask(t->port, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping");
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.data, "ping");
    buffer_free(&a.body);
}

static void requests_byte_by_byte(void **state)
{
    static const char request[] =
        "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
        "GET /x HTTP/1.0\r\n\r\n";
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    int on = 1;
    (void)state;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t i = 0; i < sizeof request - 1; i++)
        assert_true(raw_send_n(&c, &request[i], 1));
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.data, "abcde");
    buffer_free(&a.body);
    a = raw_read(&c);
    assert_int_equal(a.status, 200);
    assert_true(raw_is_closed(&c)); /* HTTP/1.0 */
    raw_close(&c);
    server_stop(&t);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    enum { N = 200 };
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    buffer all = {0};
    (void)state;
    for (int i = 0; i < N; i++) {
        char body[32];
        int length = snprintf(body, sizeof body, "number %d", i);
        buffer_printf(&all, "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s",
                      i % 3 == 0 ? "slow" : "x", length, body);
    }
    assert_true(raw_send_n(&c, all.data, all.length));
    for (int i = 0; i < N; i++) {
        char body[32];
        snprintf(body, sizeof body, "number %d", i);
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body.data, body);
        buffer_free(&a.body);
    }
    buffer_free(&all);
    raw_close(&c);
    assert_true(gate_wait(&t.journal->gate, N));
    server_stop(&t);
}

static void http_1_0_and_keep_alive(void **state)
{
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    (void)state;
    for (int i = 0; i < 2; i++) {
        raw_send(&c, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(raw_header(&a, "Connection"), "Keep-Alive");
    }
    raw_send(&c, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 200);
    assert_true(raw_is_closed(&c));
    raw_close(&c);
    server_stop(&t);
}

/* Framing that a proxy before us might read otherwise. */
static void smuggling_is_refused(void **state)
{
    static const char *const rows_of_headers[][2] = {
        {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "400"},
        {"Content-Length: 4\r\nContent-Length: 5\r\n", "400"},
        {"Content-Length: 4\r\nContent-Length: 4\r\n", "400"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400"},
        {"Transfer-Encoding: gzip, chunked\r\n", "501"},
        {"Transfer-Encoding: identity\r\n", "501"},
        {"Transfer-Encoding : chunked\r\n", "400"},
        {"Content-Length : 4\r\n", "400"},
        {"Content-Length: +4\r\n", "400"},
        {"Content-Length: 4x\r\n", "400"},
        {"Content-Length: -4\r\n", "400"},
        {"Content-Length: \r\n", "400"},
        {"Content-Length: 99999999999999999999999\r\n", "413"},
        {"no colon\r\n", "400"},
        {"Host: y\r\n", "400"},
    };
    test_server t = server_start(options);
    (void)state;
    for (size_t i = 0; i < sizeof rows_of_headers / sizeof *rows_of_headers; i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "POST /x HTTP/1.1\r\nHost: x\r\n%s\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n",
                 rows_of_headers[i][0]);
        raw_client c = raw_connect(t.port);
        raw_send(&c, request);
        raw_answer a = raw_read(&c);
        if (a.status != (unsigned)atoi(rows_of_headers[i][1]))
            fail_msg("row %zu: %u", i, a.status);
        buffer_free(&a.body);
        /* What follows is not taken for a request. */
        while (raw_read_more(&c))
            ;
        if (buffer_string(&c.in) && strstr(c.in.data, "HTTP/1.1 200"))
            fail_msg("row %zu: %s", i, c.in.data);
        raw_close(&c);
        assert_int_equal(journal_at(t.journal, (unsigned)i)->status, a.status);
    }
    expect_alive(&t);
    server_stop(&t);
}

static void broken_chunks(void **state)
{
    static const char *const bodies[] = {
        "x\r\n",           "-1\r\n",         "\r\n",          "3\r\nabcde\r\n",
        "3\r\nab\r\n\r\n", "0x3\r\nabc\r\n", "3 \r\nabc\r\n", "fffffffffffffffffff\r\n"};
    test_server t = server_start(options);
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s", bodies[i]);
        unsigned status = raw_status(t.port, request);
        if (status != 400 && status != 413)
            fail_msg("body %zu: %u", i, status);
        assert_int_equal(journal_at(t.journal, (unsigned)i)->status, status);
    }
    expect_alive(&t);
    server_stop(&t);
}

static void headers_without_end(void **state)
{
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    (void)state;
    raw_send(&c, "GET /x HTTP/1.1\r\nHost: x\r\n");
    bool goes_on = true;
    for (int i = 0; goes_on && i < 100000; i++)
        goes_on = raw_send(&c, "X-Filler: 0123456789012345678901234567890123456789\r\n");
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 431);
    buffer_free(&a.body);
    raw_close(&c);
    assert_int_equal(journal_at(t.journal, 0)->status, 431);

    /* 7 KB are fine. */
    buffer request = {0};
    buffer_append_text(&request, "GET /x HTTP/1.1\r\nHost: x\r\nX-Filler: ");
    while (request.length < 7000)
        buffer_append_char(&request, 'y');
    buffer_append_text(&request, "\r\n\r\n");
    assert_int_equal(raw_status(t.port, buffer_string(&request)), 200);
    buffer_free(&request);

    /* A request line alone. */
    c = raw_connect(t.port);
    goes_on = raw_send(&c, "GET /");
    for (int i = 0; goes_on && i < 100000; i++)
        goes_on = raw_send(&c, "0123456789012345678901234567890123456789");
    a = raw_read(&c);
    assert_true(a.status == 414 || a.status == 431);
    buffer_free(&a.body);
    raw_close(&c);
    expect_alive(&t);
    server_stop(&t);
}

static void rubbish(void **state)
{
    static const char *const rows_of_rubbish[] = {
        "\r\n\r\n\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "GET\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        " / HTTP/1.1\r\n\r\n",
        "GET /x HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET /x HTTP/0.9\r\n\r\n",
        "GET /x HTTP/1.1\r\n\r\n", /* no Host */
        "GET /x y HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /x FTP/1.1\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /x HTTP/1.1\r\n folded\r\nHost: x\r\n\r\n",
    };
    test_server t = server_start(options);
    uint32_t random = 1;
    (void)state;
    for (size_t i = 0; i < sizeof rows_of_rubbish / sizeof *rows_of_rubbish; i++) {
        raw_client c = raw_connect(t.port);
        raw_send(&c, rows_of_rubbish[i]);
        shutdown(c.fd, SHUT_WR);
        raw_answer a = raw_read(&c);
        if (a.status >= 200 && a.status < 400)
            fail_msg("row %zu: %u", i, a.status);
        buffer_free(&a.body);
        raw_close(&c);
    }
    for (int i = 0; i < 200; i++) {
        unsigned char bytes[2000];
        for (size_t k = 0; k < sizeof bytes; k++) {
            random = random * 1664525 + 1013904223;
            bytes[k] = (unsigned char)(random >> 24);
        }
        raw_client c = raw_connect(t.port);
        if (i % 2)
            raw_send(&c, "POST /x HTTP/1.1\r\nHost: x\r\n");
        raw_send_n(&c, bytes, sizeof bytes);
        raw_close(&c);
    }
    expect_alive(&t);
    server_stop(&t);
}

/* Prefixes of a request, each followed by the end or a reset of the connection: in every phase. */
static void clients_that_go_away(void **state)
{
    static const char request[] = "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    test_server t = server_start(options);
    unsigned n_begun = 0;
    (void)state;
    for (size_t length = 0; length < sizeof request; length++)
        for (int with_reset = 0; with_reset < 2; with_reset++) {
            raw_client c = raw_connect(t.port);
            struct linger reset = {.l_onoff = 1, .l_linger = 0};
            raw_send_n(&c, request, length);
            if (with_reset)
                setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            raw_close(&c);
            /* A reset may overtake what was sent before it. */
            n_begun += !with_reset && length >= strlen("POST /slow HTTP/1.1\r\n");
        }
    expect_alive(&t);
    assert_true(gate_wait(&t.journal->gate, n_begun));
    http_server_stop(t.server, 5000);
    /* Each that began is over exactly once. */
    unsigned n = journal_count(t.journal);
    assert_in_range(n, n_begun, 2 * sizeof request + 1);
    /* 503: one that the server saw only when it was told to stop. */
    for (unsigned i = 0; i < n; i++) {
        unsigned status = t.journal->records[i].status;
        if (status != 200 && status != 499 && status != 400 && status != 503)
            fail_msg("%u", status);
    }
    free(t.journal);
}

/* Half closed: the request is whole, so it is answered. */
static void a_client_may_close_its_half(void **state)
{
    test_server t = server_start(options);
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        raw_client c = raw_connect(t.port);
        raw_send(&c, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(raw_read(&c).status, 200);
        int on = 1; /* the request and the end go in one packet */
        setsockopt(c.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
        raw_send(&c, slow ? "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                          : "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
        shutdown(c.fd, SHUT_WR);
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body.data, "hi");
        buffer_free(&a.body);
        assert_true(raw_is_closed(&c));
        raw_close(&c);
    }
    server_stop(&t);
}

/* A byte now and then keeps a connection from being idle, but not for long. */
static void slow_senders_are_cut(void **state)
{
    static const char *const beginnings[] = {
        "",
        "GET /x HTT",
        "GET /x HTTP/1.1\r\nHost: x\r\nX-",
        "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nab",
    };
    http_server_options quick = options;
    quick.idle_seconds = quick.receive_seconds = 1;
    test_server t = server_start(quick);
    raw_client clients[4];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        clients[i] = raw_connect(t.port);
        raw_send(&clients[i], beginnings[i]);
    }
    /* All but the first go on sending until they are cut. */
    for (size_t i = 0; i < 4; i++) {
        struct pollfd p = {.fd = clients[i].fd, .events = POLLIN};
        for (int waited = 0; waited < WAIT_MS && poll(&p, 1, 50) == 0; waited += 50)
            for (size_t k = i; k < 4; k++)
                if (k > 0)
                    raw_send(&clients[k], "y");
        assert_true(raw_is_closed(&clients[i]));
        raw_close(&clients[i]);
    }
    assert_int_equal(journal_at(t.journal, 0)->status, 408);
    assert_int_equal(journal_at(t.journal, 1)->status, 408);
    expect_alive(&t);
    server_stop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_byte_by_byte),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(http_1_0_and_keep_alive),
        cmocka_unit_test(smuggling_is_refused),
        cmocka_unit_test(broken_chunks),
        cmocka_unit_test(headers_without_end),
        cmocka_unit_test(rubbish),
        cmocka_unit_test(clients_that_go_away),
        cmocka_unit_test(a_client_may_close_its_half),
        cmocka_unit_test(slow_senders_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
