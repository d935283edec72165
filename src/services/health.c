/* SPDX-License-Identifier: MIT */
/* Checks by name, and the metrics as text. */
#include "services/health.h"

#include <assert.h>
#include <string.h>

void health_add(health *h, health_row row)
{
    assert(h->n_rows < HEALTH_MAX_ROWS);
    h->rows[h->n_rows++] = row;
}

static bool is_verbose(const http_exchange *x)
{
    return http_query(x, "verbose") != NULL;
}

/* Runs one check and writes its line; true if readiness stands. */
static bool run_check(const health_row *row, buffer *out)
{
    char reason[256] = "";
    bool is_well = row->check(row->context, reason, sizeof reason);
    if (is_well)
        buffer_printf(out, "[+]%s ok\n", row->name);
    else
        buffer_printf(out, "[%c]%s failed: %s\n", row->is_information ? '!' : '-', row->name,
                      reason);
    return is_well || row->is_information;
}

static void answer(http_exchange *x, bool is_well, buffer *lines, const char *what)
{
    if (is_well && !is_verbose(x))
        buffer_clear(lines);
    if (is_well)
        buffer_append_text(lines, is_verbose(x) ? "" : "ok");
    if (is_verbose(x) || !is_well)
        buffer_printf(lines, "%s check %s\n", what, is_well ? "passed" : "failed");
    http_reply(x, is_well ? 200 : 503, "text/plain; charset=utf-8", lines->data, lines->length);
}

static void livez(void *service, http_exchange *x)
{
    (void)service;
    buffer *lines = http_scratch(x);
    buffer_clear(lines);
    buffer_append_text(lines, "[+]ping ok\n");
    answer(x, true, lines, "livez");
}

static void readyz(void *service, http_exchange *x)
{
    const health *h = service;
    const char *excluded = http_query(x, "exclude");
    buffer *lines = http_scratch(x);
    bool is_well = true;
    buffer_clear(lines);
    for (size_t i = 0; i < h->n_rows; i++)
        if (!excluded || strcmp(excluded, h->rows[i].name) != 0)
            is_well = run_check(&h->rows[i], lines) && is_well;
    answer(x, is_well, lines, "readyz");
}

static void readyz_one(void *service, http_exchange *x)
{
    const health *h = service;
    const char *name = http_path_value(x, "check");
    buffer *lines = http_scratch(x);
    buffer_clear(lines);
    for (size_t i = 0; i < h->n_rows; i++)
        if (strcmp(name, h->rows[i].name) == 0) {
            bool is_well = run_check(&h->rows[i], lines);
            answer(x, is_well, lines, name);
            return;
        }
    http_problem(x, 404, NULL, "there is no check '%.60s'", name);
}

static void scrape(void *service, http_exchange *x)
{
    const health *h = service;
    bool is_openmetrics = http_accepts(x, "application/openmetrics-text");
    buffer *out = http_scratch(x);
    if (h->refresh)
        h->refresh(h->refresh_context);
    observer_raise(OBSERVER_ONE(h->observer, METER_LOG_DROPPED),
                   (double)log_n_dropped(h->observer->log));
    buffer_clear(out);
    meters_append(h->observer->meters, is_openmetrics, out);
    if (out->failed)
        http_problem(x, 503, NULL, "out of memory");
    else
        http_reply(x, 200,
                   is_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain; version=0.0.4; charset=utf-8",
                   out->data, out->length);
}

const http_route health_routes[] = {
    HTTP_ROUTE("GET", "/livez", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, livez),
    HTTP_ROUTE("GET", "/healthz", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, livez),
    HTTP_ROUTE("GET", "/readyz", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, readyz),
    HTTP_ROUTE("GET", "/readyz/{check}", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE,
               readyz_one),
    HTTP_ROUTE("GET", "/metrics", HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_BLOCKING, scrape),
};
const size_t n_health_routes = sizeof health_routes / sizeof *health_routes;
