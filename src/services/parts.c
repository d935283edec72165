/* SPDX-License-Identifier: MIT */
/* Opening parts from settings, running them, and closing them. */
#include "services/parts.h"

#include "base/error.h"
#include "services/inference/infer.h"
#include "services/openapi.h"
#include "services/process.h"
#include "services/retired.h"
#include "triage/version.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* A waiting prediction takes about so much memory: its text and a little. */
#define BYTES_A_PREDICTION 512

triage_status parts_open_log(parts *p, const char *service, const log_settings *s,
                             triage_error *err)
{
    bool is_terminal = isatty(STDOUT_FILENO) && !s->path;
    log_options options = {.path = s->path,
                           .level = (log_level)s->level,
                           .service_name = service,
                           .service_version = triage_version(),
                           .is_for_people = s->format == LOG_FORMAT_TEXT ||
                                            (s->format == LOG_FORMAT_AUTO && is_terminal)};
    p->service = service;
    return observer_open(&p->observer, &options, (access_log)s->access, err);
}

triage_status parts_open_store(parts *p, const folder_settings *folders, const store_settings *s,
                               triage_error *err)
{
    char *address = settings_store_address(folders, s);
    if (!address)
        return error_memory(err);
    triage_status status = store_open(address, &p->store, err);
    free(address);
    return status;
}

triage_status parts_open_upstream(parts *p, const inference_client_settings *s, const char *key,
                                  triage_error *err)
{
    upstream_options options = {.urls = s->urls.items,
                                .n_urls = s->urls.count,
                                .key = key,
                                .timeout_ms = (uint32_t)s->timeout_ms,
                                .n_connections = (uint32_t)s->n_connections,
                                .queue_length = 4096,
                                .observer = &p->observer};
    if (s->urls.count == 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "--inference-url is missing");
    triage_status status = upstream_start(&options, &p->upstream, err);
    if (status == TRIAGE_OK)
        status = version_views_new(p->registry, p->source, &p->views, err);
    return status;
}

triage_status parts_open_backend(parts *p, const folder_settings *folders,
                                 const prediction_log_settings *log, uint64_t retrain_after,
                                 bool logs_ticket_text, triage_error *err)
{
    backend_options options = {.store = p->store,
                               .registry = p->registry,
                               .sync = p->sync,
                               .holder = p->holder,
                               .watcher = p->watcher,
                               .engine = p->engine,
                               .observer = &p->observer,
                               .keys = p->keys,
                               .source = p->source,
                               .upstream = p->upstream,
                               .views = p->views,
                               .retrain_after = retrain_after,
                               .log_bytes =
                                   log->is_on ? (size_t)log->queue_length * BYTES_A_PREDICTION : 0,
                               .retention_days = (int)log->retention_days,
                               .spool_folder = folders->data_dir,
                               .logs_ticket_text = logs_ticket_text};
    triage_status status = backend_open(&options, &p->backend, err);
    if (status != TRIAGE_OK)
        return status;
    atomic_store(&p->events, p->backend->events);
    parts_add_routes(p, "/api/v1", backend_routes, n_backend_routes, p->backend);
    parts_add_routes(p, "", backend_plain_routes, n_backend_plain_routes, p->backend);
    parts_add_routes(p, "", openapi_routes, n_openapi_routes, NULL);
    return TRIAGE_OK;
}

/* Where `make install` puts it. */
#ifndef CONSOLE_FOLDER
#define CONSOLE_FOLDER "/usr/local/share/triage/console"
#endif

triage_status parts_open_console(parts *p, const console_settings *s, triage_error *err)
{
    const char *folder = s->folder ? s->folder : CONSOLE_FOLDER;
    if (!s->folder && access(folder, F_OK) != 0) {
        observer_say(&p->observer, LOG_INFO, "console", "there is no console in %s", folder);
        return TRIAGE_OK;
    }
    triage_status status = console_files_open(folder, &p->console, err);
    if (status == TRIAGE_OK) {
        size_t n_routes;
        const http_route *routes = console_files_routes(p->console, &n_routes);
        parts_add_routes(p, "", routes, n_routes, p->console);
    }
    return status;
}

void parts_run(parts *p, void (*reload)(parts *p, void *context), void *context)
{
    triage_error err;
    char url[128];
    http_server_url(p->server, url, sizeof url);
    observer_say(&p->observer, LOG_INFO, "start", "%s listens on %s", p->service, url);
    process_tell_ready();
    while (process_wait() == PROCESS_RELOADS) {
        if (log_reopen(p->observer.log, &err) != TRIAGE_OK)
            observer_say(&p->observer, LOG_ERROR, "reload", "%s", err.message);
        if (reload)
            reload(p, context);
    }
    observer_say(&p->observer, LOG_INFO, "stop", "%s stops: requests under way are finished",
                 p->service);
}

void parts_close(parts *p)
{
    http_server_stop(p->server, (int)p->drain_ms);
    console_files_close(p->console);
    retrainer_stop(p->retrainer);
    upstream_stop(p->upstream);
    model_sync_free(p->sync);
    model_pull_stop(p->pull);
    watcher_stop(p->watcher);
    /* All who publish events have ended. */
    backend_close(p->backend);
    version_views_free(p->views);
    engine_free(p->engine);
    holder_free(p->holder);
    view_source_free(p->source);
    registry_close(p->registry);
    keys_free(p->keys);
    store_close(p->store);
    vault_close(p->vault);
    for (size_t i = 0; i < p->read.n_fields && p->field_columns; i++)
        free((char *)(uintptr_t)p->field_columns[i].name);
    free(p->field_columns);
    free(p->single_key);
    free(p->peer_key);
    if (p->observer.log)
        observer_close(&p->observer);
}
