/* SPDX-License-Identifier: MIT */
/* GET /openapi.json: the description of all routes (docs/api/openapi.yaml), which is built into the
 * program. Thread-safe. */
#ifndef SERVICES_OPENAPI_H
#define SERVICES_OPENAPI_H

#include "http/server.h"

/* Rows without a service, to be served without a prefix. */
extern const http_route openapi_routes[];
extern const size_t n_openapi_routes;

#endif
