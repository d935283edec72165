/* SPDX-License-Identifier: MIT */
/*
 * Which row of the routes answers a request: a hash table for paths without a name in them, a list
 * for the others. Checked and built once; immutable afterwards, so that threads share it.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/server.h"

/* {name}s in one path. */
#define ROUTER_MAX_VALUES 4

/* A row with its prefix and service. */
typedef struct router_row {
    const http_route *route;
    void *service;
    char *path; /* prefix + path; owned */
    size_t path_length;
    unsigned n_names;
    const char *names[ROUTER_MAX_VALUES]; /* into `path`, each up to its '}' */
} router_row;

/* The piece of the path that stands for a row's {name}; not NUL-terminated. */
typedef struct router_value {
    const char *text;
    size_t length;
} router_value;

typedef struct router_match {
    const router_row *row;
    router_value values[ROUTER_MAX_VALUES]; /* as many as the row has names */
} router_match;

typedef enum router_result { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD } router_result;

typedef struct router router;

/* Checks all rows and builds the table. ERROR_ARGUMENT names the row that is wrong: without a role,
 * rate, kind or handler, with a malformed path, or the same as another. ERROR_MEMORY. */
triage_status router_new(const http_routes *routes, size_t n_routes, router **ret_router,
                         triage_error *err) TRIAGE_CHECKED;
void router_free(router *r); /* NULL is fine */

/* HEAD is answered by the row for GET if it has none of its own. A path without names wins over one
 * with names. */
router_result router_find(const router *r, const char *method, const char *path, size_t length,
                          router_match *ret_match);

/* Appends the methods that the path takes: "GET, HEAD, OPTIONS"; of all paths for "*". */
void router_append_methods(const router *r, const char *path, size_t length, buffer *out);

/* The value of `name` in a match of `row`; NULL if the row has no such name. */
const router_value *router_value_of(const router_match *match, const char *name);

#endif
