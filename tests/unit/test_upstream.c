/* SPDX-License-Identifier: MIT */
/* Predictions from inference servers: real HTTP servers here, with answers as each test wants. */
#include "base/json.h"
#include "http_support.h"
#include "services/backend/upstream.h"

#include <stdatomic.h>

/* An inference server that answers with the number of each text's bytes as a word count. */
typedef struct fake {
    atomic_uint status; /* to answer with; 200: as it should */
    atomic_uint n_calls, n_texts, most_texts;
    const char *garbage; /* instead of an answer */
    gate *may_answer;    /* NULL: at once */
    gate begun;
    const char *expected_key;
    http_routes group;
    test_server t;
    char url[64];
} fake;

static void write_answer(const json_value *texts, buffer *out)
{
    size_t n = json_length(texts);
    buffer_append_text(out, "{\"model_version\":\"v000005\",\"outputs\":[{\"name\":\"scores\","
                            "\"data\":[");
    for (size_t i = 0; i < n; i++)
        buffer_append_text(out, i ? ",0.75,0.25" : "0.75,0.25");
    buffer_append_text(out, "]},{\"name\":\"words\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        const char *text;
        size_t length;
        assert_true(json_string(json_element(texts, i), &text, &length));
        buffer_printf(out, "%s%zu,1", i ? "," : "", length);
    }
    buffer_append_text(out, "]},{\"name\":\"explanation\",\"data\":[");
    for (size_t i = 0; i < n; i++)
        buffer_append_text(out, i ? ",\"[]\"" : "\"[]\"");
    buffer_append_text(out, "]}]}");
}

static void infer(void *service, http_exchange *x)
{
    fake *f = service;
    const json_value *body, *inputs, *texts;
    atomic_fetch_add(&f->n_calls, 1);
    gate_open(&f->begun);
    if (f->may_answer)
        gate_wait(f->may_answer, 1);
    if (atomic_load(&f->status) != 200) {
        http_problem(x, atomic_load(&f->status), NULL, "not now");
        return;
    }
    if (f->garbage) {
        http_reply(x, 200, "application/json", f->garbage, strlen(f->garbage));
        return;
    }
    if (!http_body_json(x, &body))
        return;
    assert_true(json_member(body, "inputs", &inputs));
    assert_true(json_member(json_element(inputs, 0), "data", &texts));
    unsigned n = (unsigned)json_length(texts);
    atomic_fetch_add(&f->n_texts, n);
    if (n > atomic_load(&f->most_texts))
        atomic_store(&f->most_texts, n);
    buffer *out = http_scratch(x);
    write_answer(texts, out);
    http_reply_json(x, 200, out);
}

static const http_route rows[] = {
    HTTP_ROUTE("POST", "/v2/models/triage/infer", HTTP_ROLE_PUBLIC, 8 << 20, HTTP_RATE_NONE,
               HTTP_BLOCKING, infer),
};

static void fake_start(fake *f)
{
    static const gate fresh = GATE_INIT;
    *f = (fake){.begun = fresh};
    atomic_store(&f->status, 200);
    f->group = (http_routes){.prefix = "", .rows = rows, .n_rows = 1, .service = f};
    f->t = server_start(
        (http_server_options){.n_threads = 1, .n_workers = 4, .routes = &f->group, .n_routes = 1});
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/", f->t.port);
}

static void fake_stop(fake *f)
{
    server_stop(&f->t);
}

/* What came of the requests of one test. */
typedef struct results {
    gate done; /* opened by each */
    atomic_uint n_answers, n_refusals;
    uint32_t n_words;
    char reason[256], version[16];
    bool has_explanations;
} results;

static void take(void *context, const upstream_answer *answer, const char *reason)
{
    results *r = context;
    if (answer) {
        assert_int_equal(answer->n_probabilities, 2);
        assert_true(answer->probabilities[0] == 0.75f);
        atomic_fetch_add(&r->n_answers, 1);
        pthread_mutex_lock(&r->done.lock);
        r->n_words = answer->n_words;
        r->has_explanations = answer->explanations != NULL;
        snprintf(r->version, sizeof r->version, "%s", answer->model_version);
        pthread_mutex_unlock(&r->done.lock);
    } else {
        atomic_fetch_add(&r->n_refusals, 1);
        pthread_mutex_lock(&r->done.lock);
        snprintf(r->reason, sizeof r->reason, "%s", reason);
        pthread_mutex_unlock(&r->done.lock);
    }
    gate_open(&r->done);
}

static results new_results(void)
{
    static const gate fresh = GATE_INIT;
    return (results){.done = fresh};
}

static upstream *start(const char *const *urls, size_t n, uint32_t n_connections, uint32_t queue)
{
    upstream_options options = {.urls = urls,
                                .n_urls = n,
                                .timeout_ms = 5000,
                                .n_connections = n_connections,
                                .queue_length = queue};
    upstream *u = NULL;
    triage_error err;
    if (upstream_start(&options, &u, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return u;
}

/* Asks once and waits; whether there was an answer. */
static bool ask(upstream *u, results *r, const char *text, bool explains)
{
    unsigned before = r->done.count;
    if (!upstream_ask(u, text, strlen(text), explains, take, r))
        return false;
    unsigned answers = atomic_load(&r->n_answers);
    assert_true(gate_wait(&r->done, before + 1));
    return atomic_load(&r->n_answers) > answers || r->n_words > 0;
}

static void one_answer(void **state)
{
    fake f;
    results r = new_results();
    (void)state;
    fake_start(&f);
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 100);
    assert_true(ask(u, &r, "seven b", false));
    assert_int_equal(r.n_words, 7);
    assert_string_equal(r.version, "v000005");
    assert_false(r.has_explanations);
    assert_true(ask(u, &r, "seven b", true));
    assert_true(r.has_explanations);
    upstream_stop(u);
    upstream_stop(NULL);
    fake_stop(&f);
}

/* What waits while a call is under way goes together with the next one. */
static void they_travel_together(void **state)
{
    fake f;
    gate may_answer = GATE_INIT;
    results r = new_results();
    (void)state;
    fake_start(&f);
    f.may_answer = &may_answer;
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 1000);
    assert_true(upstream_ask(u, "first", 5, false, take, &r));
    assert_true(gate_wait(&f.begun, 1));
    for (int i = 0; i < 100; i++)
        assert_true(upstream_ask(u, "more", 4, false, take, &r));
    gate_open(&may_answer);
    assert_true(gate_wait(&r.done, 101));
    assert_int_equal(atomic_load(&r.n_answers), 101);
    assert_int_equal(atomic_load(&f.n_calls), 3);
    assert_int_equal(atomic_load(&f.most_texts), 64);
    upstream_stop(u);
    fake_stop(&f);
}

/* Long tickets are not put into one body that no server takes. */
static void long_ones_travel_apart(void **state)
{
    fake f;
    gate may_answer = GATE_INIT;
    results r = new_results();
    static char text[900000];
    (void)state;
    memset(text, 'x', sizeof text);
    fake_start(&f);
    f.may_answer = &may_answer;
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 1000);
    assert_true(upstream_ask(u, "first", 5, false, take, &r));
    assert_true(gate_wait(&f.begun, 1));
    for (int i = 0; i < 12; i++)
        assert_true(upstream_ask(u, text, sizeof text, false, take, &r));
    gate_open(&may_answer);
    assert_true(gate_wait(&r.done, 13));
    assert_int_equal(atomic_load(&r.n_answers), 13);
    assert_int_equal(atomic_load(&f.most_texts), 2);
    upstream_stop(u);
    fake_stop(&f);
}

static void the_other_server_is_asked(void **state)
{
    fake bad, good;
    results r = new_results();
    (void)state;
    fake_start(&bad);
    fake_start(&good);
    atomic_store(&bad.status, 503);
    const char *const urls[] = {bad.url, good.url, "http://127.0.0.1:1"};
    upstream *u = start(urls, 2, 1, 100);
    for (int i = 0; i < 20; i++)
        assert_true(ask(u, &r, "text", false));
    assert_int_equal(atomic_load(&r.n_refusals), 0);
    /* It is left out for a second after each failure. */
    assert_in_range(atomic_load(&bad.n_calls), 1, 10);
    upstream_stop(u);
    fake_stop(&bad);
    fake_stop(&good);
}

static void the_last_of_five_is_found(void **state)
{
    fake f;
    results r = new_results();
    (void)state;
    fake_start(&f);
    const char *urls[] = {"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3",
                          "http://127.0.0.1:4", f.url};
    upstream *u = start(urls, 5, 1, 16);
    assert_true(ask(u, &r, "hello", false));
    assert_int_equal(atomic_load(&r.n_refusals), 0);
    upstream_stop(u);
    fake_stop(&f);
}

static void nobody_listens(void **state)
{
    results r = new_results();
    fake f;
    char reason[256];
    (void)state;
    fake_start(&f); /* for a port that is free afterwards */
    fake_stop(&f);
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 100);
    unsigned n_tries = 0;
    while (n_tries < 100 && upstream_ask(u, "text", 4, false, take, &r))
        assert_true(gate_wait(&r.done, ++n_tries));
    /* The circuit is open: refused at once, with the reason. */
    assert_in_range(n_tries, 2, 99);
    assert_int_equal(atomic_load(&r.n_refusals), n_tries);
    assert_true(r.reason[0]);
    assert_false(upstream_is_up(u, reason, sizeof reason));
    assert_string_equal(reason, r.reason);
    upstream_stop(u);
}

/* While the circuit is open one request after each pause is let through; its answer closes it. */
static void the_circuit_closes_by_itself(void **state)
{
    fake f;
    results r = new_results();
    char reason[256];
    unsigned n_asked = 0;
    (void)state;
    fake_start(&f);
    atomic_store(&f.status, 503);
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 100);
    while (upstream_is_up(u, reason, sizeof reason)) {
        assert_true(upstream_ask(u, "text", 4, false, take, &r));
        assert_true(gate_wait(&r.done, ++n_asked));
    }
    assert_string_equal(reason, "the inference server answered 503");
    gate may_answer = GATE_INIT;
    f.may_answer = &may_answer;
    atomic_store(&f.status, 200);
    while (!upstream_ask(u, "text", 4, false, take, &r))
        ; /* the pause is half a second */
    assert_false(upstream_ask(u, "text", 4, false, take, &r));
    gate_open(&may_answer);
    assert_true(gate_wait(&r.done, n_asked + 1));
    assert_int_equal(atomic_load(&r.n_answers), 1);
    assert_true(upstream_is_up(u, reason, sizeof reason));
    assert_string_equal(reason, "");
    upstream_stop(u);
    fake_stop(&f);
}

static void answers_that_cannot_be_read(void **state)
{
    static const char *const garbage[] = {
        "",
        "nonsense",
        "{}",
        "[]",
        "{\"model_version\":\"v000001\",\"outputs\":[]}",
        "{\"model_version\":7,\"outputs\":[{\"name\":\"scores\",\"data\":[1]}]}",
        "{\"model_version\":\"v1\",\"outputs\":[{\"name\":\"scores\",\"data\":[2]},"
        "{\"name\":\"words\",\"data\":[1,1]}]}",
        "{\"model_version\":\"v1\",\"outputs\":[{\"name\":\"scores\",\"data\":[1]}]}",
        "{\"model_version\":\"v1\",\"outputs\":[{\"name\":\"scores\",\"data\":[1]},"
        "{\"name\":\"words\",\"data\":[-1,1]}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        fake f;
        results r = new_results();
        fake_start(&f);
        f.garbage = garbage[i];
        const char *const urls[] = {f.url};
        upstream *u = start(urls, 1, 1, 100);
        assert_true(upstream_ask(u, "text", 4, false, take, &r));
        assert_true(gate_wait(&r.done, 1));
        assert_int_equal(atomic_load(&r.n_refusals), 1);
        upstream_stop(u);
        fake_stop(&f);
    }
}

static void the_queue_is_bounded(void **state)
{
    fake f;
    gate may_answer = GATE_INIT;
    results r = new_results();
    unsigned n_taken = 0;
    (void)state;
    fake_start(&f);
    f.may_answer = &may_answer;
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 10);
    assert_true(upstream_ask(u, "first", 5, false, take, &r));
    assert_true(gate_wait(&f.begun, 1));
    while (upstream_ask(u, "text", 4, false, take, &r))
        n_taken++;
    assert_int_equal(n_taken, 10);
    gate_open(&may_answer);
    assert_true(gate_wait(&r.done, 11));
    assert_int_equal(atomic_load(&r.n_answers), 11);
    upstream_stop(u);
    fake_stop(&f);
}

static void *open_later(void *argument)
{
    gate_open(argument);
    return NULL;
}

/* A stop ends the call under way and refuses what waits: each request is answered once. */
static void a_stop_refuses_what_waits(void **state)
{
    fake f;
    gate may_answer = GATE_INIT;
    results r = new_results();
    pthread_t opener;
    (void)state;
    fake_start(&f);
    f.may_answer = &may_answer;
    const char *const urls[] = {f.url};
    upstream *u = start(urls, 1, 1, 100);
    assert_true(upstream_ask(u, "first", 5, false, take, &r));
    assert_true(gate_wait(&f.begun, 1));
    for (int i = 0; i < 5; i++)
        assert_true(upstream_ask(u, "text", 4, false, take, &r));
    assert_int_equal(pthread_create(&opener, NULL, open_later, &may_answer), 0);
    upstream_stop(u);
    pthread_join(opener, NULL);
    assert_int_equal(atomic_load(&r.n_answers) + atomic_load(&r.n_refusals), 6);
    assert_true(atomic_load(&r.n_answers) >= 1);
    fake_stop(&f);
}

static void bad_addresses(void **state)
{
    static const char *const bad[] = {"127.0.0.1:8081", "ftp://x", ""};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        upstream_options options = {
            .urls = &bad[i], .n_urls = 1, .timeout_ms = 100, .n_connections = 1};
        upstream *u = NULL;
        triage_error err;
        assert_int_equal(upstream_start(&options, &u, &err), TRIAGE_ERROR_ARGUMENT);
        assert_null(u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_answer),
        cmocka_unit_test(they_travel_together),
        cmocka_unit_test(long_ones_travel_apart),
        cmocka_unit_test(the_other_server_is_asked),
        cmocka_unit_test(the_last_of_five_is_found),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(the_circuit_closes_by_itself),
        cmocka_unit_test(answers_that_cannot_be_read),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(a_stop_refuses_what_waits),
        cmocka_unit_test(bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
