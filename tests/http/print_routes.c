/* SPDX-License-Identifier: MIT */
/* Prints all rows of routes as JSON, one a line, for test_openapi.py. */
#include "base/json.h"
#include "services/backend/backend.h"
#include "services/health.h"
#include "services/inference/infer.h"
#include "services/openapi.h"

#include <stdio.h>
#include <stdlib.h>

static const char *role_name(http_role role)
{
    switch (role) {
    case HTTP_ROLE_PUBLIC: return "public";
    case HTTP_ROLE_PREDICT: return "predict";
    case HTTP_ROLE_AGENT: return "agent";
    case HTTP_ROLE_ADMIN: return "admin";
    }
    return "?";
}

/* `name`: of the array of rows, so that one that is missing here can be told. */
static void print(const char *name, const char *prefix, const http_route *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buffer path = {0}, line = {0};
        json_writer w = {.out = &line};
        buffer_printf(&path, "%s%s", prefix, rows[i].path);
        json_begin_object(&w);
        json_write_key(&w, "rows");
        json_write_text(&w, name);
        json_write_key(&w, "method");
        json_write_text(&w, rows[i].method);
        json_write_key(&w, "path");
        json_write_string(&w, path.data, path.length);
        json_write_key(&w, "role");
        json_write_text(&w, role_name(rows[i].role));
        json_write_key(&w, "body_limit");
        json_write_uint(&w, rows[i].body_limit);
        json_write_key(&w, "is_limited");
        json_write_bool(&w, rows[i].rate != HTTP_RATE_NONE);
        json_write_key(&w, "is_upload");
        json_write_bool(&w, rows[i].kind == HTTP_UPLOAD);
        json_end_object(&w);
        const char *text = buffer_string(&line);
        if (!text || path.failed)
            exit(1);
        puts(text);
        buffer_free(&path);
        buffer_free(&line);
    }
}

int main(void)
{
    print("backend_routes", "/api/v1", backend_routes, n_backend_routes);
    print("backend_plain_routes", "", backend_plain_routes, n_backend_plain_routes);
    print("infer_routes", "", infer_routes, n_infer_routes);
    print("health_routes", "", health_routes, n_health_routes);
    print("openapi_routes", "", openapi_routes, n_openapi_routes);
    return fflush(stdout) == 0 ? 0 : 1;
}
