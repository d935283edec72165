/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a request target: it is refused, or clean; what is clean finds a row of the routes
 * whose values, put back into its pattern, give the path. The bytes are also read as Accept and
 * Content-Type headers.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "http/media_type.h"
#include "http/router.h"
#include "http/target.h"

#include <stdlib.h>
#include <string.h>

static void handle(void *service, http_exchange *x)
{
    (void)service;
    (void)x;
}

#define ROW(METHOD, PATH)                                                                          \
    HTTP_ROUTE(METHOD, PATH, HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, handle)

static const http_route rows[] = {
    ROW("GET", "/a"),     ROW("POST", "/a"),          ROW("GET", "/a/{x}"),
    ROW("GET", "/{x}/b"), ROW("GET", "/{x}/{y}/{z}"), ROW("GET", "/a/b/{z}/{u}"),
    ROW("GET", "/"),      ROW("DELETE", "/{x}/b"),
};

/* Everything that target.h promises of a path and of parameters. */
static void check_clean(const target *t)
{
    FUZZ_CHECK(strlen(t->path) == t->path_length);
    FUZZ_CHECK(t->path[0] == '/' || strcmp(t->path, "*") == 0);
    FUZZ_CHECK(utf8_is_valid(t->path, t->path_length));
    for (const char *c = t->path; *c; c++)
        FUZZ_CHECK((unsigned char)*c >= 0x20 && *c != 0x7F);
    FUZZ_CHECK(!strstr(t->path, "/../") && !strstr(t->path, "/./"));
    FUZZ_CHECK(t->n_parameters <= TARGET_MAX_PARAMETERS);
    for (size_t i = 0; i < t->n_parameters; i++) {
        const target_parameter *p = &t->parameters[i];
        FUZZ_CHECK(utf8_is_valid(p->name, strlen(p->name)));
        FUZZ_CHECK(utf8_is_valid(p->value, strlen(p->value)));
        FUZZ_CHECK(target_query(t, p->name));
    }
}

static void check_match(const router_match *match, const target *t)
{
    buffer again = {0};
    unsigned n_values = 0;
    for (const char *at = match->row->path; *at; at++)
        if (*at == '{') {
            const router_value *value = &match->values[n_values++];
            FUZZ_CHECK(value->length > 0 && !memchr(value->text, '/', value->length));
            buffer_append(&again, value->text, value->length);
            at += strcspn(at, "}");
        } else {
            buffer_append_char(&again, *at);
        }
    FUZZ_CHECK(n_values == match->row->n_names);
    FUZZ_CHECK(again.length == t->path_length && !memcmp(again.data, t->path, again.length));
    buffer_free(&again);
}

static void check_routes(const target *t)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "PUT"};
    http_routes group = {.prefix = "", .rows = rows, .n_rows = sizeof rows / sizeof *rows};
    buffer allowed = {0};
    router *r;
    FUZZ_CHECK(router_new(&group, 1, &r, NULL) == TRIAGE_OK);
    router_append_methods(r, t->path, t->path_length, &allowed);
    FUZZ_CHECK(buffer_string(&allowed));
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        router_match match;
        router_result result = router_find(r, methods[i], t->path, t->path_length, &match);
        if (result == ROUTER_FOUND)
            check_match(&match, t);
        if (strcmp(t->path, "*") != 0)
            FUZZ_CHECK((result == ROUTER_FOUND) == (strstr(allowed.data, methods[i]) != NULL));
    }
    buffer_free(&allowed);
    router_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    target t = {0};
    const char *reason = NULL;
    target_result result = target_parse(&t, (const char *)data, size, &reason);
    FUZZ_CHECK(result != TARGET_REFUSED || reason);
    if (result == TARGET_OK) {
        check_clean(&t);
        check_routes(&t);
    }
    target_free(&t);

    char *header = malloc(size + 1);
    FUZZ_CHECK(header);
    memcpy(header, data, size);
    header[size] = '\0';
    (void)media_type_is_json(header);
    /* Nobody is preferred both ways. */
    FUZZ_CHECK(!media_type_is_preferred(header, "text/csv", "application/json") ||
               !media_type_is_preferred(header, "application/json", "text/csv"));
    free(header);
    return 0;
}
