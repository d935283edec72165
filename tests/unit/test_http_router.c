/* SPDX-License-Identifier: MIT */
/* Routes: which row a request gets, and which rows are refused. */
#include "http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void handle(void *service, http_exchange *x)
{
    (void)service;
    (void)x;
}

#define ROW(METHOD, PATH)                                                                          \
    HTTP_ROUTE(METHOD, PATH, HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, handle)

static const http_route rows[] = {
    ROW("GET", "/models"),
    ROW("GET", "/models/{v}"),
    ROW("POST", "/models/retrain"),
    ROW("POST", "/models/{v}/promote"),
    ROW("GET", "/models/{v}/{part}"),
    ROW("DELETE", "/models/{v}"),
    ROW("GET", "/a/{x}/c"),
    ROW("GET", "/a/b/{y}"),
    ROW("HEAD", "/only-head"),
};
static const http_route others[] = {ROW("GET", "/"), ROW("POST", "/predict")};
static const http_routes groups[] = {
    {.prefix = "/api/v1", .rows = rows, .n_rows = sizeof rows / sizeof *rows, .service = "one"},
    {.prefix = "", .rows = others, .n_rows = sizeof others / sizeof *others, .service = "two"},
};

static router *make(void)
{
    router *r = NULL;
    triage_error err;
    if (router_new(groups, 2, &r, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return r;
}

static router_result find(const router *r, const char *method, const char *path,
                          router_match *ret_match)
{
    return router_find(r, method, path, strlen(path), ret_match);
}

static void a_request_finds_its_row(void **state)
{
    static const char *const expected[][3] = {
        {"GET", "/api/v1/models", "/api/v1/models"},
        {"HEAD", "/api/v1/models", "/api/v1/models"},
        {"GET", "/api/v1/models/3", "/api/v1/models/{v}"},
        {"DELETE", "/api/v1/models/3", "/api/v1/models/{v}"},
        /* The path is a row's of another method, too. */
        {"GET", "/api/v1/models/retrain", "/api/v1/models/{v}"},
        {"POST", "/api/v1/models/retrain", "/api/v1/models/retrain"},
        {"POST", "/api/v1/models/3/promote", "/api/v1/models/{v}/promote"},
        {"GET", "/api/v1/models/3/promote", "/api/v1/models/{v}/{part}"},
        {"GET", "/api/v1/a/b/c", "/api/v1/a/b/{y}"},
        {"GET", "/api/v1/a/x/c", "/api/v1/a/{x}/c"},
        {"HEAD", "/api/v1/only-head", "/api/v1/only-head"},
        {"GET", "/", "/"},
        {"POST", "/predict", "/predict"},
    };
    router *r = make();
    router_match match;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(find(r, expected[i][0], expected[i][1], &match), ROUTER_FOUND);
        assert_string_equal(match.row->path, expected[i][2]);
        assert_string_equal(match.row->service,
                            strncmp(expected[i][2], "/api", 4) == 0 ? "one" : "two");
    }
    router_free(r);
}

static void values_are_those_of_the_names(void **state)
{
    router *r = make();
    router_match match;
    (void)state;
    assert_int_equal(find(r, "GET", "/api/v1/models/17/labels", &match), ROUTER_FOUND);
    const router_value *v = router_value_of(&match, "v"), *part = router_value_of(&match, "part");
    assert_non_null(v);
    assert_non_null(part);
    assert_int_equal(v->length, 2);
    assert_memory_equal(v->text, "17", 2);
    assert_int_equal(part->length, 6);
    assert_memory_equal(part->text, "labels", 6);
    assert_null(router_value_of(&match, "par"));
    assert_null(router_value_of(&match, "parts"));
    assert_null(router_value_of(&match, ""));
    router_free(r);
}

static void other_requests_find_none(void **state)
{
    static const char *const no_path[] = {
        "/api/v1/model",
        "/api/v1/models/",
        "/api/v1/models//promote",
        "/api/v1/models/3/a/b",
        "/api/v1/modelsx",
        "/models",
        "",
        "*",
        "/api/v1/a/b/c/",
        "/predict/",
        "/PREDICT",
        "/api/v1",
    };
    router *r = make();
    router_match match;
    (void)state;
    for (size_t i = 0; i < sizeof no_path / sizeof *no_path; i++)
        assert_int_equal(find(r, "GET", no_path[i], &match), ROUTER_NO_PATH);
    assert_int_equal(find(r, "PUT", "/api/v1/models/3", &match), ROUTER_NO_METHOD);
    assert_int_equal(find(r, "GET", "/predict", &match), ROUTER_NO_METHOD);
    assert_int_equal(find(r, "HEAD", "/predict", &match), ROUTER_NO_METHOD);
    assert_int_equal(find(r, "get", "/", &match), ROUTER_NO_METHOD);
    assert_int_equal(find(r, "GET", "/api/v1/only-head", &match), ROUTER_NO_METHOD);
    router_free(r);
}

static void methods_of_a_path(void **state)
{
    static const char *const expected[][2] = {
        {"/predict", "POST, OPTIONS"},
        {"/api/v1/models/3", "GET, HEAD, DELETE, OPTIONS"},
        {"/api/v1/models/retrain", "GET, HEAD, POST, DELETE, OPTIONS"},
        {"/api/v1/only-head", "HEAD, OPTIONS"},
        {"*", "GET, HEAD, POST, DELETE, OPTIONS"},
    };
    router *r = make();
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        buffer out = {0};
        router_append_methods(r, expected[i][0], strlen(expected[i][0]), &out);
        assert_string_equal(buffer_string(&out), expected[i][1]);
        buffer_free(&out);
    }
    router_free(r);
}

/* More paths than the table begins with. */
static void many_routes_are_all_found(void **state)
{
    enum { N = 500 };
    static char paths[N][16];
    static http_route many[N];
    http_routes group = {.prefix = "", .rows = many, .n_rows = N};
    router *r = NULL;
    router_match match;
    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(paths[i], sizeof paths[i], "/r%d", i);
        many[i] = (http_route)ROW("GET", paths[i]);
    }
    assert_int_equal(router_new(&group, 1, &r, NULL), TRIAGE_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(find(r, "GET", paths[i], &match), ROUTER_FOUND);
        assert_ptr_equal(match.row->route, &many[i]);
    }
    assert_int_equal(find(r, "GET", "/r500", &match), ROUTER_NO_PATH);
    router_free(r);
}

static void expect_refused(const http_route *route, size_t n, const char *part)
{
    http_routes group = {.prefix = "", .rows = route, .n_rows = n};
    router *r = (router *)&group;
    triage_error err = {.message = ""};
    assert_int_equal(router_new(&group, 1, &r, &err), TRIAGE_ERROR_ARGUMENT);
    assert_ptr_equal(r, &group);
    if (!strstr(err.message, part))
        fail_msg("'%s' does not say '%s'", err.message, part);
}

static void rows_that_lack_something_are_refused(void **state)
{
    static const http_upload half = {0};
    http_route row = ROW("GET", "/x");
    (void)state;
    row.role = 0;
    expect_refused(&row, 1, "route GET /x: it has no role");
    row.role = HTTP_ROLE_ADMIN + 1;
    expect_refused(&row, 1, "no role");
    row = (http_route)ROW("GET", "/x");
    row.rate = 0;
    expect_refused(&row, 1, "no rate");
    row.rate = HTTP_N_RATES;
    expect_refused(&row, 1, "no rate");
    row = (http_route)ROW("GET", "/x");
    row.kind = 0;
    expect_refused(&row, 1, "no kind");
    row = (http_route)ROW("GET", "/x");
    row.handle = NULL;
    expect_refused(&row, 1, "no handler");
    row.kind = HTTP_UPLOAD;
    expect_refused(&row, 1, "no upload");
    row.upload = &half;
    expect_refused(&row, 1, "no upload");
    row = (http_route)ROW(NULL, "/x");
    expect_refused(&row, 1, "its method");
    row = (http_route)ROW("OPTIONS", "/x");
    expect_refused(&row, 1, "its method");
    row = (http_route)ROW("GET", NULL);
    expect_refused(&row, 1, "no path");
}

static void malformed_paths_are_refused(void **state)
{
    static const char *const paths[] = {
        "",      "x",     "//",     "/a/",  "/a//b", "/{}",       "/{",   "/{a",
        "/a{b}", "/{a}b", "/{a b}", "/a b", "/%41",  "/\xC3\xBC", "/a?b", "/{a}/{b}/{c}/{d}/{e}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        http_route row = ROW("GET", paths[i]);
        expect_refused(&row, 1, "path");
    }
}

static void the_same_route_twice_is_refused(void **state)
{
    http_route twice[] = {ROW("GET", "/x"), ROW("POST", "/x"), ROW("GET", "/x")};
    http_route shapes[] = {ROW("GET", "/{a}/x"), ROW("GET", "/{b}/x")};
    http_route fine[] = {ROW("GET", "/{a}/x"), ROW("GET", "/{a}/y"), ROW("GET", "/{a}")};
    http_routes group = {.prefix = "", .rows = fine, .n_rows = 3};
    router *r = NULL;
    (void)state;
    expect_refused(twice, 3, "route GET /x: there are two");
    expect_refused(shapes, 2, "there are two");
    assert_int_equal(router_new(&group, 1, &r, NULL), TRIAGE_OK);
    router_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_finds_its_row),
        cmocka_unit_test(values_are_those_of_the_names),
        cmocka_unit_test(other_requests_find_none),
        cmocka_unit_test(methods_of_a_path),
        cmocka_unit_test(many_routes_are_all_found),
        cmocka_unit_test(rows_that_lack_something_are_refused),
        cmocka_unit_test(malformed_paths_are_refused),
        cmocka_unit_test(the_same_route_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
