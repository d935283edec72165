/* SPDX-License-Identifier: MIT */
/* The document in the program. Its bytes come from tools/yaml_to_json and tools/embed. */
#include "services/openapi.h"

extern const unsigned char openapi_bytes[];
extern const size_t openapi_bytes_length;
extern const char openapi_bytes_etag[];

static void openapi_get(void *service, http_exchange *x)
{
    (void)service;
    http_reply_static(x, "application/json", openapi_bytes_etag, openapi_bytes,
                      openapi_bytes_length);
}

const http_route openapi_routes[] = {
    HTTP_ROUTE("GET", "/openapi.json", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE,
               openapi_get),
};
const size_t n_openapi_routes = sizeof openapi_routes / sizeof *openapi_routes;
