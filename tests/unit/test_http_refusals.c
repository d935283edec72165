/* SPDX-License-Identifier: MIT */
/* What the server refuses by itself, and what every answer has. */
#include "http_support.h"

#include "base/json.h"

static void ok(void *service, http_exchange *x)
{
    size_t length;
    const char *body = http_body(x, &length);
    (void)service;
    http_reply(x, 200, "text/plain", body, length);
}

static void echo_json(void *service, http_exchange *x)
{
    const json_value *value, *text;
    const char *bytes;
    size_t length;
    (void)service;
    if (!http_body_json(x, &value))
        return;
    if (!json_member(value, "text", &text) || !json_string(text, &bytes, &length)) {
        http_problem(x, 422, "/text", "The member 'text' is %s.", "missing");
        return;
    }
    http_reply(x, 200, "text/plain", bytes, length);
}

static void query(void *service, http_exchange *x)
{
    uint64_t limit;
    (void)service;
    if (!http_query_uint(x, "limit", 1, 100, 20, &limit))
        return;
    buffer_printf(http_scratch(x), "%s %s %llu %s", http_path(x), http_path_value(x, "name"),
                  (unsigned long long)limit, http_accepts(x, "text/csv") ? "csv" : "json");
    http_reply(x, 200, "text/plain", http_scratch(x)->data, http_scratch(x)->length);
}

static void who(void *service, http_exchange *x)
{
    (void)service;
    http_reply(x, 200, "text/plain", http_caller(x)->id, strlen(http_caller(x)->id));
}

static void failing(void *service, http_exchange *x)
{
    triage_error err = {.message = "the disk is full"};
    uint64_t status;
    (void)service;
    if (http_query_uint(x, "status", 0, TRIAGE_N_STATUS, 0, &status))
        http_problem_status(x, (triage_status)status, &err);
}

static const http_route rows[] = {
    HTTP_ROUTE("GET", "/open", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, ok),
    HTTP_ROUTE("POST", "/open", HTTP_ROLE_PUBLIC, 1000, HTTP_RATE_NONE, HTTP_INLINE, ok),
    HTTP_ROUTE("POST", "/wide", HTTP_ROLE_PUBLIC, 1 << 20, HTTP_RATE_NONE, HTTP_INLINE, ok),
    HTTP_ROUTE("POST", "/json", HTTP_ROLE_PUBLIC, 10000, HTTP_RATE_NONE, HTTP_INLINE, echo_json),
    HTTP_ROUTE("GET", "/q/{name}", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, query),
    HTTP_ROUTE("GET", "/fail", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, failing),
    HTTP_ROUTE("GET", "/who", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, who),
    HTTP_ROUTE("GET", "/predict", HTTP_ROLE_PREDICT, 0, HTTP_RATE_NONE, HTTP_INLINE, who),
    HTTP_ROUTE("POST", "/admin", HTTP_ROLE_ADMIN, 100, HTTP_RATE_NONE, HTTP_INLINE, who),
    HTTP_ROUTE("GET", "/rated", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_READ, HTTP_INLINE, who),
    HTTP_ROUTE("GET", "/keyed", HTTP_ROLE_PREDICT, 0, HTTP_RATE_READ, HTTP_INLINE, who),
};
static const http_routes groups[] = {
    {.prefix = "", .rows = rows, .n_rows = sizeof rows / sizeof *rows}};
static const http_server_options options = {
    .n_threads = 1, .routes = groups, .n_routes = 1, .rates = {[HTTP_RATE_READ] = 0.001}};

/* A parsed problem: the member as text, "" if it is not there. */
static const char *member_of(const raw_answer *a, const char *name, char out[256])
{
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    const json_value *found;
    const char *text = "";
    size_t length = 0;
    triage_error err;
    if (json_parse(parser, a->body.data, a->body.length, &value, &err) != TRIAGE_OK)
        fail_msg("'%.*s': %s", (int)a->body.length, a->body.data, err.message);
    if (json_member(value, name, &found))
        (void)json_scalar_text(found, &text, &length);
    snprintf(out, 256, "%.*s", (int)length, text);
    json_free(value);
    json_parser_free(parser);
    return out;
}

/* The answer is a whole problem with that status. */
static void expect_problem(uint16_t port, const char *request, unsigned status, const char *title)
{
    char text[256], id[600];
    raw_answer a = raw_ask(port, request);
    if (a.status != status)
        fail_msg("%u instead of %u for '%.60s'", a.status, status, request);
    assert_string_equal(raw_header(&a, "Content-Type"), "application/problem+json");
    assert_string_equal(raw_header(&a, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(raw_header(&a, "Cache-Control"), "no-store");
    assert_string_equal(member_of(&a, "type", text), "about:blank");
    assert_string_equal(member_of(&a, "title", text), title);
    assert_int_equal(atoi(member_of(&a, "status", text)), status);
    assert_true(strlen(member_of(&a, "detail", text)) > 0);
    snprintf(id, sizeof id, "urn:request:%s", raw_header(&a, "X-Request-Id"));
    assert_string_equal(member_of(&a, "instance", text), id);
    buffer_free(&a.body);
}

static void unknown_routes_and_methods(void **state)
{
    test_server t = server_start(options);
    (void)state;
    expect_problem(t.port, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 404, "Not Found");
    expect_problem(t.port, "GET /open/ HTTP/1.1\r\nHost: x\r\n\r\n", 404, "Not Found");
    expect_problem(t.port, "BREW /open HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Method Not Allowed");
    expect_problem(t.port, "BREWBREWBREWBREWBREWBREW /open HTTP/1.1\r\nHost: x\r\n\r\n", 405,
                   "Method Not Allowed");
    expect_problem(t.port, "TRACE /open HTTP/1.1\r\nHost: x\r\n\r\n", 405, "Method Not Allowed");
    expect_problem(t.port, "CONNECT host:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "Bad Request");
    raw_answer a = raw_ask(t.port, "DELETE /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 405);
    assert_string_equal(raw_header(&a, "Allow"), "GET, HEAD, POST, OPTIONS");
    buffer_free(&a.body);
    a = raw_ask(t.port, "OPTIONS /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 204);
    assert_string_equal(raw_header(&a, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_null(raw_header(&a, "Content-Type"));
    a = raw_ask(t.port, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 204);
    assert_string_equal(raw_header(&a, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_string_equal(journal_at(t.journal, 0)->route, "");
    assert_string_equal(journal_at(t.journal, 0)->path, "/none");
    server_stop(&t);
}

static void addresses_that_are_not_clean(void **state)
{
    static const char *const bad[] = {"/%00",   "/open%00", "/%zz",      "/../open", "/%2e%2e/open",
                                      "/a%2fb", "/%ff",     "/open?a=%", "open",     "/open#x"};
    test_server t = server_start(options);
    char request[128];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", bad[i]);
        expect_problem(t.port, request, 400, "Bad Request");
        /* Without the query, which may hold what no log should. */
        const char *path = journal_at(t.journal, (unsigned)i)->path;
        assert_int_equal(strlen(path), strcspn(bad[i], "?"));
        assert_memory_equal(path, bad[i], strlen(path));
    }
    assert_int_equal(raw_status(t.port, "GET http://x/open HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    assert_int_equal(raw_status(t.port, "GET /o%70en HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    server_stop(&t);
}

static void keys_and_roles(void **state)
{
    test_server t = server_start(options);
    (void)state;
    const char *rows_of_keys[][3] = {
        {"GET /predict", "", "401"},
        {"GET /predict", "Authorization: Bearer wrong\r\n", "401"},
        {"GET /predict", "Authorization: Basic predict-key\r\n", "401"},
        {"GET /predict", "Authorization: Bearer\r\n", "401"},
        {"GET /predict", "Authorization: Bearer predict-key\r\n", "200"},
        {"GET /predict", "authorization: BEARER   predict-key\r\n", "200"},
        {"GET /predict", "Authorization: Bearer admin-key\r\n", "200"},
        {"POST /admin", "Authorization: Bearer predict-key\r\n", "403"},
        {"POST /admin", "Authorization: Bearer agent-key\r\n", "403"},
        {"POST /admin", "Authorization: Bearer admin-key\r\n", "200"},
        {"GET /who", "", "200"},
        {"GET /who", "Authorization: Bearer wrong\r\n", "200"},
        {"GET /predict", "Authorization: Bearer predict-key\r\nAuthorization: Bearer x\r\n", "400"},
    };
    for (size_t i = 0; i < sizeof rows_of_keys / sizeof *rows_of_keys; i++) {
        char request[256];
        snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: x\r\n%s\r\n", rows_of_keys[i][0],
                 rows_of_keys[i][1]);
        if (raw_status(t.port, request) != (unsigned)atoi(rows_of_keys[i][2]))
            fail_msg("row %zu", i);
        /* No other handler ran: it would have answered with the caller's name. */
        assert_int_equal(journal_at(t.journal, (unsigned)i)->status, atoi(rows_of_keys[i][2]));
    }
    assert_string_equal(journal_at(t.journal, 4)->key_id, "predict");
    assert_string_equal(journal_at(t.journal, 7)->key_id, "predict");
    assert_string_equal(journal_at(t.journal, 11)->key_id, "");
    raw_answer a = raw_ask(t.port, "GET /predict HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(raw_header(&a, "WWW-Authenticate"), "Bearer");
    buffer_free(&a.body);
    a = raw_ask(t.port, "GET /who HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer agent-key\r\n\r\n");
    assert_string_equal(a.body.data, "agent");
    buffer_free(&a.body);
    server_stop(&t);
}

static void every_row_but_public_ones_needs_a_key(void **state)
{
    test_server t = server_start(options);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char request[256];
        snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", rows[i].method,
                 rows[i].path);
        if (rows[i].role != HTTP_ROLE_PUBLIC)
            assert_int_equal(raw_status(t.port, request), i == 10 ? 429 : 401);
        else
            assert_int_not_equal(raw_status(t.port, request), 401);
    }
    server_stop(&t);
}

static void rates(void **state)
{
    test_server t = server_start(options);
    (void)state;
    assert_int_equal(raw_status(t.port, "GET /rated HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    raw_answer a = raw_ask(t.port, "GET /rated HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 429);
    assert_in_range(atoi(raw_header(&a, "Retry-After")), 900, 1001);
    buffer_free(&a.body);
    /* A key has a budget of its own, whatever the address has used up. */
    static const char keyed[] =
        "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer agent-key\r\n\r\n";
    assert_int_equal(raw_status(t.port, keyed), 200);
    assert_int_equal(raw_status(t.port, keyed), 429);
    /* Guessing keys is limited, too. */
    assert_int_equal(
        raw_status(t.port, "GET /keyed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer guess\r\n\r\n"),
        429);
    server_stop(&t);
}

static void bodies_over_the_limit(void **state)
{
    test_server t = server_start(options);
    (void)state;
    /* At once: nothing of the body was sent. */
    expect_problem(t.port, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413,
                   "Content Too Large");
    expect_problem(t.port,
                   "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n",
                   413, "Content Too Large");
    expect_problem(t.port, "GET /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413,
                   "Content Too Large");
    raw_client c = raw_connect(t.port);
    raw_send(&c, "POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 10; i++)
        raw_send(&c, "64\r\n0123456789012345678901234567890123456789012345678901234567890123456789"
                     "012345678901234567890123456789\r\n");
    raw_send(&c, "1\r\nx\r\n"); /* number 1001; no end */
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 413);
    assert_string_equal(raw_header(&a, "Connection"), "close");
    assert_string_equal(raw_header(&a, "Content-Type"), "application/problem+json");
    assert_string_equal(raw_header(&a, "X-Content-Type-Options"), "nosniff");
    assert_true(raw_is_closed(&c));
    raw_close(&c);
    buffer_free(&a.body);
    assert_int_equal(journal_at(t.journal, 3)->status, 413);
    assert_int_equal(journal_at(t.journal, 3)->request_bytes, 1001);
    server_stop(&t);
}

/* A client that sends all before it reads still gets to know why it was refused. */
static void a_refusal_reaches_who_is_still_sending(void **state)
{
    static char piece[65536];
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    (void)state;
    memset(piece, 'x', sizeof piece);
    raw_send(&c, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n");
    raw_answer a = raw_read(&c);
    assert_int_equal(a.status, 413);
    /* The connection is not reset: that could overtake the answer. */
    for (int i = 0; i < 16; i++)
        assert_true(raw_send_n(&c, piece, sizeof piece));
    raw_close(&c);
    buffer_free(&a.body);
    server_stop(&t);
}

/* A refused request with a short body does not cost the connection. */
static void a_refusal_keeps_the_connection(void **state)
{
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    (void)state;
    for (int i = 0; i < 3; i++) {
        raw_send(&c, "POST /admin HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
        raw_answer a = raw_read(&c);
        assert_int_equal(a.status, 401);
        buffer_free(&a.body);
        raw_send(&c, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        a = raw_read(&c);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body.data, "abc");
        buffer_free(&a.body);
    }
    assert_int_equal(http_server_n_connections(t.server), 1);
    raw_close(&c);
    server_stop(&t);
}

static void expect_is_answered(void **state)
{
    test_server t = server_start(options);
    raw_client c = raw_connect(t.port);
    raw_answer a;
    (void)state;
    raw_send(&c, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: "
                 "100-continue\r\n\r\n");
    assert_true(raw_read_head(&c, &a, true));
    assert_int_equal(a.status, 100);
    raw_send(&c, "abc");
    a = raw_read(&c);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.data, "abc");
    buffer_free(&a.body);
    raw_close(&c);
    /* Refused: instead of leave to send, at once. */
    c = raw_connect(t.port);
    raw_send(&c, "POST /admin HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: "
                 "100-continue\r\n\r\n");
    assert_true(raw_read_head(&c, &a, true));
    assert_int_equal(a.status, 401);
    raw_close(&c);
    server_stop(&t);
}

static void json_bodies(void **state)
{
    static const char *const rows_of_bodies[][3] = {
        {"application/json", "{\"text\":\"hello\"}", "200"},
        {"application/json; charset=utf-8", "{\"text\":\"hello\"}", "200"},
        {"text/plain", "{\"text\":\"hello\"}", "415"},
        {"application/x-www-form-urlencoded", "{\"text\":\"hello\"}", "415"},
        {"application/json", "", "400"},
        {"application/json", "{\"text\":", "400"},
        {"application/json", "{\"text\":\"\xFF\"}", "400"},
        {"application/json", "{} {}", "400"},
        {"application/json", "null", "422"},
        {"application/json", "{\"text\":1}", "422"},
        {"application/json",
         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]"
         "]]]]]]]]]]]]]]]]]]]]]]]]]",
         "400"},
    };
    test_server t = server_start(options);
    (void)state;
    for (size_t i = 0; i < sizeof rows_of_bodies / sizeof *rows_of_bodies; i++) {
        char request[512];
        snprintf(request, sizeof request,
                 "POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: "
                 "%zu\r\n\r\n%s",
                 rows_of_bodies[i][0], strlen(rows_of_bodies[i][1]), rows_of_bodies[i][1]);
        unsigned status = raw_status(t.port, request);
        if (status != (unsigned)atoi(rows_of_bodies[i][2]))
            fail_msg("row %zu: %u", i, status);
    }
    raw_answer a = raw_ask(t.port, "POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body.data,
                           "\"errors\":[{\"pointer\":\"/text\",\"message\":\"The member "
                           "'text' is missing.\"}]"));
    buffer_free(&a.body);
    server_stop(&t);
}

static void queries_and_values(void **state)
{
    test_server t = server_start(options);
    (void)state;
    raw_answer a = raw_ask(t.port, "GET /q/a%20b?limit=7 HTTP/1.1\r\nHost: x\r\n"
                                   "Accept: text/csv\r\n\r\n");
    assert_string_equal(a.body.data, "/q/a b a b 7 csv");
    buffer_free(&a.body);
    a = raw_ask(t.port, "GET /q/n HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(a.body.data, "/q/n n 20 json");
    buffer_free(&a.body);
    static const char *const bad[] = {"0", "101", "x", "", "-1", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char request[128];
        snprintf(request, sizeof request, "GET /q/n?limit=%s HTTP/1.1\r\nHost: x\r\n\r\n", bad[i]);
        expect_problem(t.port, request, 400, "Bad Request");
    }
    server_stop(&t);
}

static void failures_of_calls(void **state)
{
    static const unsigned expected[TRIAGE_N_STATUS] = {
        [TRIAGE_OK] = 500,
        [TRIAGE_ERROR_ARGUMENT] = 400,
        [TRIAGE_ERROR_MEMORY] = 503,
        [TRIAGE_ERROR_IO] = 503,
        [TRIAGE_ERROR_DATA] = 422,
        [TRIAGE_ERROR_MODEL] = 503,
        [TRIAGE_ERROR_VERSION] = 503,
        [TRIAGE_ERROR_PERMISSION] = 503,
        [TRIAGE_ERROR_CANCELLED] = 500,
    };
    test_server t = server_start(options);
    (void)state;
    for (unsigned i = 0; i < TRIAGE_N_STATUS; i++) {
        char request[128], text[256];
        snprintf(request, sizeof request, "GET /fail?status=%u HTTP/1.1\r\nHost: x\r\n\r\n", i);
        raw_answer a = raw_ask(t.port, request);
        assert_int_equal(a.status, expected[i]);
        assert_string_equal(member_of(&a, "detail", text), "the disk is full");
        assert_int_equal(raw_header(&a, "Retry-After") != NULL, a.status == 503);
        buffer_free(&a.body);
    }
    server_stop(&t);
}

static void request_ids(void **state)
{
    test_server t = server_start(options);
    char first[512], request[256], id[80];
    (void)state;
    raw_answer a = raw_ask(t.port, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    snprintf(first, sizeof first, "%s", raw_header(&a, "X-Request-Id"));
    assert_int_equal(strlen(first), 16);
    a = raw_ask(t.port, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_not_equal(raw_header(&a, "X-Request-Id"), first);
    memset(id, 'a', 64);
    id[64] = '\0';
    const char *fine[] = {"x", "A-b_c.9", id};
    for (size_t i = 0; i < 3; i++) {
        snprintf(request, sizeof request,
                 "GET /open HTTP/1.1\r\nHost: x\r\nx-request-id: %s\r\n\r\n", fine[i]);
        a = raw_ask(t.port, request);
        assert_string_equal(raw_header(&a, "X-Request-Id"), fine[i]);
        assert_string_equal(journal_at(t.journal, (unsigned)i + 2)->request_id, fine[i]);
    }
    memset(id, 'a', 65);
    id[65] = '\0';
    const char *bad[] = {"", "a b", "a\"b", "\xC3\xBC", id};
    for (size_t i = 0; i < 5; i++) {
        snprintf(request, sizeof request,
                 "GET /open HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\n\r\n", bad[i]);
        a = raw_ask(t.port, request);
        assert_int_equal(strlen(raw_header(&a, "X-Request-Id")), 16);
    }
    server_stop(&t);
}

static void records_tell_what_happened(void **state)
{
    test_server t = server_start(options);
    (void)state;
    raw_answer a =
        raw_ask(t.port, "POST /wide?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\ntraceparent: "
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\nhello");
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);
    const kept_record *r = journal_at(t.journal, 0);
    assert_string_equal(r->method, "POST");
    assert_string_equal(r->route, "/wide");
    assert_string_equal(r->path, "/wide");
    assert_string_equal(r->remote, "127.0.0.1");
    assert_string_equal(r->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_int_equal(r->status, 200);
    assert_int_equal(r->request_bytes, 5);
    assert_int_equal(r->response_bytes, 5);
    assert_true(r->seconds >= 0 && r->seconds < 10);
    raw_status(t.port, "HEAD /who HTTP/1.1\r\nHost: x\r\n\r\n");
    r = journal_at(t.journal, 1);
    assert_string_equal(r->method, "HEAD");
    assert_string_equal(r->traceparent, "(none)");
    assert_int_equal(r->response_bytes, 0);
    server_stop(&t);
}

static void too_many_connections(void **state)
{
    http_server_options few = options;
    few.n_connections = 2;
    few.n_threads = 1;
    test_server t = server_start(few);
    raw_client c[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        c[i] = raw_connect(t.port);
        raw_send(&c[i], "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(raw_read(&c[i]).status, 200);
    }
    assert_int_equal(http_server_n_connections(t.server), 2);
    raw_client more = raw_connect(t.port);
    raw_answer a = raw_read(&more);
    assert_int_equal(a.status, 503);
    assert_string_equal(raw_header(&a, "Retry-After"), "1");
    char text[256];
    assert_string_equal(member_of(&a, "status", text), "503");
    buffer_free(&a.body);
    assert_true(raw_is_closed(&more));
    raw_close(&more);
    /* One goes, another comes. */
    raw_close(&c[0]);
    unsigned status = 503;
    for (int i = 0; i < 1000 && status == 503; i++)
        status = raw_status(t.port, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(status, 200);
    raw_close(&c[1]);
    server_stop(&t);
}

static void servers_that_cannot_start(void **state)
{
    static const char *const bad[] = {
        "",       "x",     "127.0.0.1", "127.0.0.1:",   "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:80", "[::1]", "[::1:80",   "1.2.3.4.5:80", "127.0.0.1:8o"};
    http_server *server = NULL;
    http_server_options o = options;
    triage_error err;
    (void)state;
    o.authenticate = support_authenticate;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o.listen = bad[i];
        if (http_server_start(&o, &server, &err) != TRIAGE_ERROR_ARGUMENT)
            fail_msg("'%s'", bad[i]);
        assert_null(server);
    }
    o.listen = "192.0.2.1:0"; /* nobody's: reserved for documentation */
    assert_int_equal(http_server_start(&o, &server, &err), TRIAGE_ERROR_IO);
    o.listen = "127.0.0.1:0";
    o.authenticate = NULL;
    assert_int_equal(http_server_start(&o, &server, &err), TRIAGE_ERROR_ARGUMENT);
    http_route row = rows[0];
    row.role = 0;
    http_routes group = {.prefix = "", .rows = &row, .n_rows = 1};
    o.routes = &group;
    assert_int_equal(http_server_start(&o, &server, &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "route GET /open: it has no role");
    /* A port that is taken. */
    test_server t = server_start(options);
    char listen_on[32];
    snprintf(listen_on, sizeof listen_on, "127.0.0.1:%u", t.port);
    o = options;
    o.authenticate = support_authenticate;
    o.listen = listen_on;
    assert_int_equal(http_server_start(&o, &server, &err), TRIAGE_ERROR_IO);
    server_stop(&t);
}

static void addresses(void **state)
{
    static const char *const listens[] = {"127.0.0.1:0", "[::1]:0", "localhost:0"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        http_server_options o = options;
        char url[96], expected[96];
        o.listen = listens[i];
        test_server t = server_start(o);
        http_server_url(t.server, url, sizeof url);
        snprintf(expected, sizeof expected, "http://%s:%u", i == 1 ? "[::1]" : "127.0.0.1", t.port);
        if (i < 2)
            assert_string_equal(url, expected);
        assert_memory_equal(url, "http://", 7);
        server_stop(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_routes_and_methods),
        cmocka_unit_test(addresses_that_are_not_clean),
        cmocka_unit_test(keys_and_roles),
        cmocka_unit_test(every_row_but_public_ones_needs_a_key),
        cmocka_unit_test(rates),
        cmocka_unit_test(bodies_over_the_limit),
        cmocka_unit_test(a_refusal_reaches_who_is_still_sending),
        cmocka_unit_test(a_refusal_keeps_the_connection),
        cmocka_unit_test(expect_is_answered),
        cmocka_unit_test(json_bodies),
        cmocka_unit_test(queries_and_values),
        cmocka_unit_test(failures_of_calls),
        cmocka_unit_test(request_ids),
        cmocka_unit_test(records_tell_what_happened),
        cmocka_unit_test(too_many_connections),
        cmocka_unit_test(servers_that_cannot_start),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
