/* SPDX-License-Identifier: MIT */
/* /livez, /readyz and /metrics as an orchestrator asks for them. */
#include "http_support.h"
#include "services/health.h"
#include "temp_dir.h"

typedef struct stand {
    temp_dir *dir;
    observer observer;
    health health;
    http_routes group;
    test_server t;
    bool is_first_well, is_second_well;
    int n_refreshed;
} stand;

static bool first(void *context, char *ret_reason, size_t size)
{
    stand *s = context;
    snprintf(ret_reason, size, "%s", s->is_first_well ? "" : "it is broken");
    return s->is_first_well;
}

static bool second(void *context, char *ret_reason, size_t size)
{
    stand *s = context;
    snprintf(ret_reason, size, "%s", s->is_second_well ? "" : "so so");
    return s->is_second_well;
}

static void refresh(void *context)
{
    ((stand *)context)->n_refreshed++;
}

static int make(void **state)
{
    stand *s = calloc(1, sizeof *s);
    triage_error err;
    void *dir = NULL;
    if (!s || temp_dir_make(&dir) != 0)
        return -1;
    s->dir = dir;
    log_options log = {.path = temp_path(s->dir, "log"), .level = LOG_INFO, .service_name = "t"};
    if (observer_open(&s->observer, &log, ACCESS_ALL, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    s->health = (health){.observer = &s->observer, .refresh = refresh, .refresh_context = s};
    s->is_first_well = s->is_second_well = true;
    health_add(&s->health, (health_row){"first", first, s, false});
    health_add(&s->health, (health_row){"second", second, s, true});
    s->group = (http_routes){
        .prefix = "", .rows = health_routes, .n_rows = n_health_routes, .service = &s->health};
    s->t = server_start((http_server_options){.n_threads = 1, .routes = &s->group, .n_routes = 1});
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    stand *s = *state;
    void *dir = s->dir;
    server_stop(&s->t);
    observer_close(&s->observer);
    free(s);
    return temp_dir_remove(&dir);
}

static void assert_answer(stand *s, const char *target, unsigned status, const char *text)
{
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    raw_answer a = raw_ask(s->t.port, request);
    assert_int_equal(a.status, status);
    if (text)
        assert_string_equal(a.body.data, text);
    buffer_free(&a.body);
}

static void all_is_well(void **state)
{
    stand *s = *state;
    assert_answer(s, "/livez", 200, "ok");
    assert_answer(s, "/healthz", 200, "ok");
    assert_answer(s, "/livez?verbose", 200, "[+]ping ok\nlivez check passed\n");
    assert_answer(s, "/readyz", 200, "ok");
    assert_answer(s, "/readyz?verbose", 200, "[+]first ok\n[+]second ok\nreadyz check passed\n");
    assert_answer(s, "/readyz/second", 200, "ok");
    assert_answer(s, "/readyz/third", 404, NULL);
}

static void what_makes_unready(void **state)
{
    stand *s = *state;
    s->is_first_well = false;
    assert_answer(s, "/readyz", 503,
                  "[-]first failed: it is broken\n[+]second ok\nreadyz check failed\n");
    assert_answer(s, "/readyz?exclude=first", 200, "ok");
    assert_answer(s, "/readyz/first", 503, "[-]first failed: it is broken\nfirst check failed\n");
    assert_answer(s, "/readyz/second", 200, "ok");
    assert_answer(s, "/livez", 200, "ok");
}

static void what_is_for_information(void **state)
{
    stand *s = *state;
    s->is_second_well = false;
    assert_answer(s, "/readyz", 200, "ok");
    assert_answer(s, "/readyz?verbose", 200,
                  "[+]first ok\n[!]second failed: so so\nreadyz check passed\n");
}

static void metrics(void **state)
{
    stand *s = *state;
    raw_answer a = raw_ask(s->t.port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(raw_header(&a, "Content-Type"), "version=0.0.4"));
    assert_non_null(strstr(a.body.data, "triage_build_info{version=\""));
    buffer_free(&a.body);
    assert_int_equal(s->n_refreshed, 1);
    a = raw_ask(s->t.port, "GET /metrics HTTP/1.1\r\nHost: x\r\n"
                           "Accept: application/openmetrics-text\r\n\r\n");
    assert_non_null(strstr(raw_header(&a, "Content-Type"), "application/openmetrics-text"));
    assert_string_equal(a.body.data + a.body.length - 6, "# EOF\n");
    buffer_free(&a.body);
}

int main(void)
{
#define ON_STAND(TEST) cmocka_unit_test_setup_teardown(TEST, make, unmake)
    const struct CMUnitTest tests[] = {
        ON_STAND(all_is_well),
        ON_STAND(what_makes_unready),
        ON_STAND(what_is_for_information),
        ON_STAND(metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
