/* SPDX-License-Identifier: MIT */
/* The client against the server, and against servers that misbehave. */
#include "http/client.h"

#include "http_support.h"

static void describe(void *service, http_exchange *x)
{
    size_t length;
    const char *body = http_body(x, &length), *header = http_header(x, "X-Test"),
               *type = http_header(x, "Content-Type");
    (void)service;
    buffer_printf(http_scratch(x), "%s %s|%s|%s|%s|%.*s", http_method(x), http_path(x),
                  http_header(x, "User-Agent"), header ? header : "-", type ? type : "-",
                  (int)length, body);
    http_set_header(x, "Location", "/elsewhere");
    http_reply(x, http_query(x, "redirect") ? 302 : 200, "text/plain", http_scratch(x)->data,
               http_scratch(x)->length);
}

static void long_answer(void *service, http_exchange *x)
{
    static char bytes[100000];
    (void)service;
    http_reply(x, 200, "text/plain", bytes, sizeof bytes);
}

static const http_route rows[] = {
    HTTP_ROUTE("GET", "/d", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, describe),
    HTTP_ROUTE("POST", "/d", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, describe),
    HTTP_ROUTE("PUT", "/d", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, describe),
    HTTP_ROUTE("DELETE", "/d", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, describe),
    HTTP_ROUTE("GET", "/long", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, long_answer),
};
static const http_routes groups[] = {{.prefix = "", .rows = rows, .n_rows = 5}};
static const http_server_options options = {.n_threads = 1, .routes = groups, .n_routes = 1};

static http_client *client_new(const http_client_options *o)
{
    http_client *c = NULL;
    triage_error err;
    if (http_client_new(o, &c, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return c;
}

static triage_status call(http_client *c, const char *method, const char *base, const char *path,
                          const char *body, unsigned *ret_status, buffer *response, bool *ret_safe)
{
    static const char *const headers[] = {"X-Test: yes", NULL};
    char url[256];
    triage_error err = {.message = ""};
    snprintf(url, sizeof url, "%s%s", base, path);
    http_call request = {.method = method,
                         .url = url,
                         .headers = headers,
                         .body = body,
                         .body_length = body ? strlen(body) : 0};
    triage_status status = http_client_call(c, &request, ret_status, response, ret_safe, &err);
    /* A failure says which call it was. */
    if (status != TRIAGE_OK)
        assert_non_null(strstr(err.message, url));
    return status;
}

static void calls_are_made_and_answered(void **state)
{
    static const char *const rows_of_calls[][4] = {
        {"GET", "/d", NULL, "200 GET /d|triage/0.1.0|yes|-|"},
        {"POST", "/d", "hello", "200 POST /d|triage/0.1.0|yes|-|hello"},
        {"POST", "/d", NULL, "200 POST /d|triage/0.1.0|yes|-|"},
        {"GET", "/d", NULL, "200 GET /d|triage/0.1.0|yes|-|"},
        {"PUT", "/d", "x", "200 PUT /d|triage/0.1.0|yes|-|x"},
        {"DELETE", "/d", NULL, "200 DELETE /d|triage/0.1.0|yes|-|"},
        {"HEAD", "/d", NULL, "200 "},
        {"GET", "/d?redirect=1", NULL, "302 GET /d|triage/0.1.0|yes|-|"},
        {"GET", "/d", "body", "200 GET /d|triage/0.1.0|yes|-|body"},
    };
    test_server t = server_start(options);
    http_client *c = client_new(NULL);
    char url[96];
    (void)state;
    http_server_url(t.server, url, sizeof url);
    for (size_t i = 0; i < sizeof rows_of_calls / sizeof *rows_of_calls; i++) {
        buffer response = {0};
        unsigned status = 0;
        bool is_safe = true;
        buffer_append_text(&response, "before ");
        assert_int_equal(call(c, rows_of_calls[i][0], url, rows_of_calls[i][1], rows_of_calls[i][2],
                              &status, &response, &is_safe),
                         TRIAGE_OK);
        char expected[128];
        snprintf(expected, sizeof expected, "before %s", rows_of_calls[i][3] + 4);
        assert_int_equal(status, atoi(rows_of_calls[i][3]));
        assert_string_equal(buffer_string(&response), expected);
        assert_false(is_safe);
        buffer_free(&response);
    }
    /* All over one connection. */
    assert_int_equal(http_server_n_connections(t.server), 1);
    http_client_free(c);
    server_stop(&t);
}

static void nothing_of_a_long_answer_is_kept(void **state)
{
    test_server t = server_start(options);
    http_client *c = client_new(&(http_client_options){.max_response_bytes = 99999});
    buffer response = {0};
    char url[96];
    unsigned status = 7;
    bool is_safe = true;
    (void)state;
    http_server_url(t.server, url, sizeof url);
    buffer_append_text(&response, "kept");
    assert_int_equal(call(c, "GET", url, "/long", NULL, &status, &response, &is_safe),
                     TRIAGE_ERROR_IO);
    assert_string_equal(buffer_string(&response), "kept");
    assert_int_equal(status, 7);
    assert_false(is_safe);
    http_client_free(c);
    c = client_new(&(http_client_options){.max_response_bytes = 100000});
    assert_int_equal(call(c, "GET", url, "/long", NULL, &status, &response, &is_safe), TRIAGE_OK);
    assert_int_equal(response.length, 4 + 100000);
    http_client_free(c);
    buffer_free(&response);
    server_stop(&t);
}

static void who_is_not_there_may_be_tried_again(void **state)
{
    test_server t = server_start(options);
    http_client *c = client_new(NULL);
    buffer response = {0};
    char url[96];
    unsigned status;
    bool is_safe = false;
    (void)state;
    http_server_url(t.server, url, sizeof url);
    assert_int_equal(call(c, "GET", url, "/d", NULL, &status, &response, &is_safe), TRIAGE_OK);
    server_stop(&t);
    /* The connection that was kept is closed, and no new one is to be had. */
    assert_int_equal(call(c, "GET", url, "/d", NULL, &status, &response, &is_safe),
                     TRIAGE_ERROR_IO);
    assert_true(is_safe);
    is_safe = false;
    assert_int_equal(
        call(c, "GET", "http://no-such-host.invalid", "/", NULL, &status, &response, &is_safe),
        TRIAGE_ERROR_IO);
    assert_true(is_safe);
    http_client_free(c);
    buffer_free(&response);
}

static void addresses_that_are_none(void **state)
{
    static const char *const urls[] = {"", "ftp://127.0.0.1/", "file:///etc/passwd", "http://",
                                       "nonsense://x"};
    http_client *c = client_new(NULL);
    buffer response = {0};
    unsigned status;
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(call(c, "GET", urls[i], "", NULL, &status, &response, NULL),
                         TRIAGE_ERROR_ARGUMENT);
    http_client_free(c);
    buffer_free(&response);
}

/* --- servers that misbehave ------------------------------------------------------------------- */

/* Takes one connection after the other, reads a request on each, and answers with `bytes`; then
 * closes, or waits for the client to. */
typedef struct fake_server {
    int fd;
    uint16_t port;
    const char *bytes;
    bool stays_open;
    int n_connections;
    pthread_t thread;
} fake_server;

static void *serve(void *argument)
{
    fake_server *f = argument;
    for (int i = 0; i < f->n_connections; i++) {
        raw_client c = {.fd = accept(f->fd, NULL, NULL)};
        while (!(buffer_string(&c.in) && strstr(c.in.data, "\r\n\r\n")) && raw_read_more(&c))
            ;
        raw_send(&c, f->bytes);
        buffer_clear(&c.in);
        if (f->stays_open)
            (void)raw_is_closed(&c);
        raw_close(&c);
    }
    return NULL;
}

static void fake_start(fake_server *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(f->fd, 5), 0);
    assert_int_equal(getsockname(f->fd, (struct sockaddr *)&address, &length), 0);
    f->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void answers_that_are_broken(void **state)
{
    static const struct {
        const char *bytes;
        bool stays_open;
    } rows_of_answers[] = {
        {"", false},
        {"", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false},
        {"rubbish\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Le", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows_of_answers / sizeof *rows_of_answers; i++) {
        fake_server f = {.bytes = rows_of_answers[i].bytes,
                         .stays_open = rows_of_answers[i].stays_open,
                         .n_connections = 1};
        fake_start(&f);
        http_client *c = client_new(&(http_client_options){.total_ms = 200});
        buffer response = {0};
        char url[64];
        unsigned status;
        bool is_safe = true;
        snprintf(url, sizeof url, "http://127.0.0.1:%u", f.port);
        if (call(c, "GET", url, "/", NULL, &status, &response, &is_safe) != TRIAGE_ERROR_IO)
            fail_msg("answer %zu", i);
        /* It may have worked on the request. */
        assert_false(is_safe);
        assert_int_equal(response.length, 0);
        http_client_free(c);
        pthread_join(f.thread, NULL);
        close(f.fd);
        buffer_free(&response);
    }
}

/* Neither a proxy nor anything else is taken from the environment. */
static void the_environment_is_not_asked(void **state)
{
    test_server t = server_start(options);
    buffer response = {0};
    char url[96];
    unsigned status = 0;
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    http_client *c = client_new(NULL);
    http_server_url(t.server, url, sizeof url);
    assert_int_equal(call(c, "GET", url, "/d", NULL, &status, &response, NULL), TRIAGE_OK);
    assert_int_equal(status, 200);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    http_client_free(c);
    http_client_free(NULL);
    buffer_free(&response);
    server_stop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_made_and_answered),
        cmocka_unit_test(nothing_of_a_long_answer_is_kept),
        cmocka_unit_test(who_is_not_there_may_be_tried_again),
        cmocka_unit_test(addresses_that_are_none),
        cmocka_unit_test(answers_that_are_broken),
        cmocka_unit_test(the_environment_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
