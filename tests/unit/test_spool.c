/* SPDX-License-Identifier: MIT */
/* Answers that grow: small ones from memory, long ones from a file without a name, and disks that
 * take none. */
#include "http_support.h"
#include "services/backend/page.h"
#include "temp_dir.h"

#include <sys/stat.h>

/* What the handlers are to do. */
typedef struct wish {
    const char *folder;
    size_t n_pieces, piece; /* so many pieces of that many bytes */
    uint32_t n_rows;        /* of a page */
    triage_status status;   /* of its store */
} wish;

static void spooled(void *service, http_exchange *x)
{
    const wish *w = service;
    spool s = {.folder = w->folder, .fd = -1};
    for (size_t i = 0; i < w->n_pieces; i++) {
        for (size_t k = 0; k < w->piece; k++)
            buffer_append_char(&s.memory, (char)('a' + i % 26));
        spool_settle(&s);
    }
    spool_reply(&s, x, "text/plain");
    spool_free(&s);
}

static void paged(void *service, http_exchange *x)
{
    const wish *w = service;
    page p;
    if (!page_begin(&p, x, "things", w->folder))
        return;
    for (uint32_t i = 0; i < w->n_rows && (page_rows(&p) == 0 || i < page_rows(&p)); i++) {
        char id[STORE_ID_SIZE];
        snprintf(id, sizeof id, "id-%u", i);
        json_writer *json = page_row(&p, id);
        if (!json)
            break;
        json_write_uint(json, i);
    }
    triage_error err = {w->status, "the store says no"};
    page_end(&p, w->status, &err);
}

static const http_route rows[] = {
    HTTP_ROUTE("GET", "/spool", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, spooled),
    HTTP_ROUTE("GET", "/page", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, paged),
};

static raw_answer ask(wish *w, const char *target, const char *headers)
{
    http_routes group = {.prefix = "", .rows = rows, .n_rows = 2, .service = w};
    test_server t = server_start((http_server_options){.routes = &group, .n_routes = 1});
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target, headers);
    raw_answer a = raw_ask(t.port, request);
    server_stop(&t);
    return a;
}

static void assert_spooled(temp_dir *dir, size_t n_pieces, size_t piece)
{
    wish w = {.folder = dir->path, .n_pieces = n_pieces, .piece = piece};
    raw_answer a = ask(&w, "/spool", "");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body.length, n_pieces * piece);
    for (size_t i = 0; i < a.body.length; i++)
        assert_int_equal(a.body.data[i], 'a' + (i / piece) % 26);
    buffer_free(&a.body);
}

static size_t n_files(const temp_dir *dir)
{
    size_t n = 0;
    DIR *list = opendir(dir->path);
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list))
        n += entry->d_name[0] != '.';
    closedir(list);
    return n;
}

static void small_and_large(void **state)
{
    temp_dir *dir = *state;
    assert_spooled(dir, 0, 1);
    assert_spooled(dir, 3, 1000);
    assert_spooled(dir, 4, 65536); /* just what makes it a file */
    assert_spooled(dir, 300, 9001);
    assert_int_equal(n_files(dir), 0);
}

static void a_folder_that_is_gone(void **state)
{
    wish w = {.folder = "/nowhere/at/all", .n_pieces = 300, .piece = 9001};
    raw_answer a;
    (void)state;
    a = ask(&w, "/spool", "");
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body.data, "No such file"));
    buffer_free(&a.body);
    w.n_pieces = 3; /* nothing to be kept there */
    a = ask(&w, "/spool", "");
    assert_int_equal(a.status, 200);
    buffer_free(&a.body);
}

static void assert_page(temp_dir *dir, uint32_t n, const char *target, const char *headers,
                        const char *expected)
{
    wish w = {.folder = dir->path, .n_rows = n};
    raw_answer a = ask(&w, target, headers);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body.length ? a.body.data : "", expected);
    buffer_free(&a.body);
}

static void pages(void **state)
{
    temp_dir *dir = *state;
    assert_page(dir, 0, "/page", "", "{\"things\":[],\"next\":null}");
    assert_page(dir, 2, "/page?limit=2", "", "{\"things\":[0,1],\"next\":null}");
    assert_page(dir, 3, "/page?limit=2", "", "{\"things\":[0,1],\"next\":\"id-1\"}");
    assert_page(dir, 3, "/page?limit=2", "Accept: application/x-ndjson\r\n", "0\n1\n2\n");
    assert_page(dir, 0, "/page", "Accept: application/x-ndjson\r\n", "");
}

static void bad_limits(void **state)
{
    static const char *const targets[] = {"/page?limit=0", "/page?limit=1001", "/page?limit=x",
                                          "/page?limit="};
    wish w = {.folder = ((temp_dir *)*state)->path};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        raw_answer a = ask(&w, targets[i], "");
        assert_int_equal(a.status, 400);
        buffer_free(&a.body);
    }
}

static void stores_that_fail(void **state)
{
    wish w = {.folder = ((temp_dir *)*state)->path, .n_rows = 3, .status = TRIAGE_ERROR_IO};
    raw_answer a = ask(&w, "/page", "");
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body.data, "the store says no"));
    buffer_free(&a.body);
}

/* An export longer than what stays in memory, where no file can be made. */
static void exports_without_a_disk(void **state)
{
    wish w = {.folder = "/nowhere/at/all", .n_rows = 200000};
    raw_answer a;
    (void)state;
    a = ask(&w, "/page", "Accept: application/x-ndjson\r\n");
    assert_int_equal(a.status, 503);
    buffer_free(&a.body);
}

int main(void)
{
#define IN_FOLDER(TEST) cmocka_unit_test_setup_teardown(TEST, temp_dir_make, temp_dir_remove)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(small_and_large),
        cmocka_unit_test(a_folder_that_is_gone),
        IN_FOLDER(pages),
        IN_FOLDER(bad_limits),
        IN_FOLDER(stores_that_fail),
        cmocka_unit_test(exports_without_a_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
