/* SPDX-License-Identifier: MIT */
/* The backend's routes. docs/api/openapi.yaml describes each of them; a test compares the two. */
#include "services/backend/backend.h"

/* Bodies: a ticket, and everything that people write by hand. */
#define TICKET HTTP_BODY_OF_SERVER
#define SMALL  ((uint32_t)64 << 10)

#define ROUTE(METHOD, PATH, ROLE, LIMIT, RATE, KIND, HANDLER)                                      \
    HTTP_ROUTE(METHOD, PATH, HTTP_ROLE_##ROLE, LIMIT, HTTP_RATE_##RATE, HTTP_##KIND, HANDLER)

#define ROUTE_FOR_PEERS(METHOD, PATH, ROLE, LIMIT, RATE, KIND, HANDLER)                            \
    HTTP_ROUTE_FOR_PEERS(METHOD, PATH, HTTP_ROLE_##ROLE, LIMIT, HTTP_RATE_##RATE, HTTP_##KIND,     \
                         HANDLER)

#define PREDICT_ROUTES                                                                             \
    ROUTE("POST", "/predict", PREDICT, TICKET, PREDICT, INLINE, predict_post),                     \
        HTTP_ROUTE_UPLOAD("POST", "/predict/batch", HTTP_ROLE_PREDICT, TICKET, HTTP_RATE_PREDICT,  \
                          &batch_upload),                                                          \
        ROUTE("POST", "/feedback", AGENT, TICKET, WRITE, BLOCKING, feedback_post)

const http_route backend_routes[] = {
    PREDICT_ROUTES,
    ROUTE("GET", "/feedback", AGENT, 0, READ, BLOCKING, feedback_list),
    ROUTE("POST", "/feedback/{id}/accept", ADMIN, SMALL, WRITE, BLOCKING, feedback_accept),
    ROUTE("POST", "/feedback/{id}/reject", ADMIN, SMALL, WRITE, BLOCKING, feedback_reject),
    ROUTE("GET", "/predictions", AGENT, 0, READ, BLOCKING, predictions_list),
    ROUTE("GET", "/predictions/{id}", AGENT, 0, READ, BLOCKING, predictions_get),
    ROUTE("GET", "/review", AGENT, 0, READ, BLOCKING, review_list),
    ROUTE("GET", "/models", AGENT, 0, READ, BLOCKING, models_list),
    ROUTE("GET", "/models/{v}", AGENT, 0, READ, BLOCKING, models_get),
    ROUTE_FOR_PEERS("GET", "/models/{v}/manifest", AGENT, 0, READ, BLOCKING, models_manifest),
    ROUTE_FOR_PEERS("GET", "/models/{v}/file", ADMIN, 0, READ, BLOCKING, models_file),
    ROUTE("POST", "/models/retrain", ADMIN, SMALL, WRITE, BLOCKING, models_retrain),
    ROUTE("POST", "/models/{v}/promote", ADMIN, SMALL, WRITE, BLOCKING, models_promote),
    ROUTE("POST", "/models/rollback", ADMIN, SMALL, WRITE, BLOCKING, models_rollback),
    ROUTE("GET", "/retrains", AGENT, 0, READ, BLOCKING, retrains_list),
    ROUTE("GET", "/fields", PREDICT, 0, READ, INLINE, fields_list),
    ROUTE("POST", "/labels/retire", ADMIN, SMALL, WRITE, BLOCKING, fields_retire),
    ROUTE("POST", "/labels/restore", ADMIN, SMALL, WRITE, BLOCKING, fields_restore),
    ROUTE("GET", "/stats", AGENT, 0, READ, BLOCKING, stats_get),
    ROUTE("GET", "/curve", AGENT, 0, READ, BLOCKING, curve_get),
    ROUTE("GET", "/settings", AGENT, 0, READ, BLOCKING, settings_get),
    ROUTE("PUT", "/settings", ADMIN, SMALL, WRITE, BLOCKING, settings_put),
    ROUTE("GET", "/events", AGENT, 0, READ, INLINE, events_get),
    ROUTE("GET", "/keys", ADMIN, 0, READ, BLOCKING, keys_list),
    ROUTE("POST", "/keys", ADMIN, SMALL, WRITE, BLOCKING, keys_post),
    ROUTE("DELETE", "/keys/{id}", ADMIN, 0, WRITE, BLOCKING, keys_delete),
    ROUTE("GET", "/audit", ADMIN, 0, READ, BLOCKING, audit_list),
    ROUTE("GET", "/session", PREDICT, 0, READ, INLINE, session_get),
};
const size_t n_backend_routes = sizeof backend_routes / sizeof *backend_routes;

const http_route backend_plain_routes[] = {PREDICT_ROUTES};
const size_t n_backend_plain_routes = sizeof backend_plain_routes / sizeof *backend_plain_routes;
