/* SPDX-License-Identifier: MIT */
/*
 * GET /livez, /readyz, /metrics, in the manner of the Kubernetes API server: the status code is the
 * answer, ?verbose gives a line for each check, ?exclude=NAME leaves one out, /readyz/NAME is one
 * check. Liveness needs nothing but an answer; readiness is made of named checks, which must not
 * block.
 */
#ifndef SERVICES_HEALTH_H
#define SERVICES_HEALTH_H

#include "http/server.h"
#include "services/observer.h"

/* Appends why it fails to `reason`; true if it is well. */
typedef bool (*health_check)(void *context, char *ret_reason, size_t size);

typedef struct health_row {
    const char *name;
    health_check check;
    void *context;
    bool is_information; /* shown, but does not make the process unready */
} health_row;

#define HEALTH_MAX_ROWS 8

typedef struct health {
    health_row rows[HEALTH_MAX_ROWS];
    size_t n_rows;
    observer *observer;
    /* Brings the gauges up to date before they are scraped; may be NULL. */
    void (*refresh)(void *context);
    void *refresh_context;
} health;

void health_add(health *h, health_row row);

/* Rows whose service is a health, without a prefix. */
extern const http_route health_routes[];
extern const size_t n_health_routes;

#endif
