/* SPDX-License-Identifier: MIT */
/* Events as watchers get them: in order, from where they were, and with what they missed counted.
 */
#include "http_support.h"
#include "services/backend/event_hub.h"

static void watch(void *service, http_exchange *x)
{
    event_hub_watch(service, x);
}

static const http_route rows[] = {
    HTTP_ROUTE("GET", "/events", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, watch),
};

typedef struct stand {
    event_hub *hub;
    http_routes group;
    test_server t;
} stand;

static int make(void **state)
{
    stand *s = calloc(1, sizeof *s);
    triage_error err;
    *state = s;
    assert_int_equal(event_hub_new(4, 1, &s->hub, &err), TRIAGE_OK);
    s->group = (http_routes){.prefix = "", .rows = rows, .n_rows = 1, .service = s->hub};
    s->t = server_start((http_server_options){.n_threads = 2, .routes = &s->group, .n_routes = 1});
    return 0;
}

static int unmake(void **state)
{
    stand *s = *state;
    server_stop(&s->t);
    event_hub_free(s->hub);
    free(s);
    return 0;
}

static void publish(stand *s, const char *type, const char *json)
{
    event_hub_publish(s->hub, type, json, strlen(json));
}

/* A watcher whose stream has begun. */
static raw_client begin(stand *s, const char *headers)
{
    raw_client c = raw_connect(s->t.port);
    char request[128];
    raw_answer a;
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: x\r\n%s\r\n", headers);
    raw_send(&c, request);
    assert_true(raw_read_head(&c, &a, false));
    assert_int_equal(a.status, 200);
    assert_string_equal(raw_header(&a, "Content-Type"), "text/event-stream");
    return c;
}

/* Reads on until `expected` is there; comments may come in between. */
static void assert_events(raw_client *c, const char *expected)
{
    raw_answer a = {0};
    while (!buffer_string(&a.body) || !strstr(a.body.data, expected))
        if (raw_read_chunk(c, &a) != 1)
            fail_msg("no '%s' in '%s'", expected, a.body.length ? a.body.data : "");
    buffer_free(&a.body);
}

static void in_order(void **state)
{
    stand *s = *state;
    publish(s, "early", "{}"); /* nobody has asked for it */
    raw_client one = begin(s, ""), two = begin(s, "");
    assert_events(&one, ": still here\n\n"); /* an answer at once */
    assert_int_equal(event_hub_n_watchers(s->hub), 2);
    publish(s, "feedback", "{\"a\":1}");
    publish(s, "retrain", "{\"b\":2}");
    assert_events(&one, "event: retrain\ndata: {\"b\":2}\n\n");
    assert_events(&two, "id: 2\nevent: feedback\ndata: {\"a\":1}\n\n");
    raw_close(&one);
    raw_close(&two);
}

static void from_where_it_was(void **state)
{
    stand *s = *state;
    for (int i = 1; i <= 3; i++)
        publish(s, "n", "{}");
    raw_client c = begin(s, "Last-Event-ID: 2\r\n");
    assert_events(&c, "id: 3\nevent: n\ndata: {}\n\n");
    raw_close(&c);
}

static void what_is_missed_is_counted(void **state)
{
    stand *s = *state;
    for (int i = 1; i <= 10; i++)
        publish(s, "n", "{}");
    raw_client c = begin(s, "Last-Event-ID: 1\r\n");
    assert_events(&c, "event: missed\ndata: {\"count\":5}\n\nid: 7\n");
    raw_close(&c);
}

/* Not a number, from another server, from the future: only new events. */
static void odd_ids(void **state)
{
    static const char *const ids[] = {"x", "-1", "18446744073709551615", "99", "1e1"};
    stand *s = *state;
    publish(s, "old", "{}");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char header[64];
        snprintf(header, sizeof header, "Last-Event-ID: %s\r\n", ids[i]);
        raw_client c = begin(s, header);
        raw_answer a = {0};
        assert_int_equal(raw_read_chunk(&c, &a), 1);
        assert_string_equal(buffer_string(&a.body), ": still here\n\n");
        buffer_free(&a.body);
        raw_close(&c);
    }
}

static void *publish_many(void *argument)
{
    for (int i = 0; i < 2000; i++)
        event_hub_publish(argument, "n", "{}", 2);
    return NULL;
}

/* Watchers come, go and are slow while events are published: nobody waits for them. */
static void under_load(void **state)
{
    stand *s = *state;
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, publish_many, s->hub), 0);
    for (int i = 0; i < 20; i++) {
        raw_client c = begin(s, i % 2 ? "Last-Event-ID: 0\r\n" : "");
        raw_close(&c);
    }
    raw_client last = begin(s, "");
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    publish(s, "end", "{}");
    assert_events(&last, "event: end\n");
    raw_close(&last);
}

static void their_number_is_bounded(void **state)
{
    stand *s = *state;
    raw_client many[256];
    for (size_t i = 0; i < 256; i++)
        many[i] = begin(s, "");
    assert_int_equal(raw_status(s->t.port, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n"), 503);
    for (size_t i = 0; i < 256; i++)
        raw_close(&many[i]);
}

int main(void)
{
#define ON_STAND(TEST) cmocka_unit_test_setup_teardown(TEST, make, unmake)
    const struct CMUnitTest tests[] = {
        ON_STAND(in_order), ON_STAND(from_where_it_was), ON_STAND(what_is_missed_is_counted),
        ON_STAND(odd_ids),  ON_STAND(under_load),        ON_STAND(their_number_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
