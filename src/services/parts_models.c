/* SPDX-License-Identifier: MIT */
/* The live model, and where its versions come from. */
#include "services/parts.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stdlib.h>

static void tell_version(parts *p, const char *version)
{
    triage_error err;
    registry_manifest m;
    observer *o = &p->observer;
    if (registry_find(p->registry, version, &m, &err) != TRIAGE_OK)
        return;
    metric_clear(o->meters, METER_MODEL_INFO);
    metric_set(OBSERVER_AT(o, METER_MODEL_INFO, version, m.sha256, "champion"), 1);
    metric_set(OBSERVER_ONE(o, METER_MODEL_LOADED), (double)clock_unix_ms() / 1000);
    registry_manifest_free(&m);
}

static void publish_reload(parts *p, const watcher_event *event)
{
    buffer json = {0};
    json_writer w = {.out = &json};
    event_hub *events = atomic_load(&p->events);
    if (!events)
        return;
    json_begin_object(&w);
    json_write_key(&w, "version");
    json_write_text(&w, event->version);
    json_write_key(&w, "result");
    json_write_text(&w, event->is_loaded ? "loaded" : "refused");
    json_write_key(&w, "message");
    json_write_text(&w, event->message);
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(events, "model-reload", json.data, json.length);
    buffer_free(&json);
}

static void note_reload(void *context, const watcher_event *event)
{
    parts *p = context;
    observer *o = &p->observer;
    metric_add(OBSERVER_AT(o, METER_MODEL_RELOADS, event->is_loaded ? "loaded" : "refused"), 1);
    log_line *line = log_begin(o->log, event->is_loaded ? LOG_INFO : LOG_ERROR, "model-reload",
                               event->is_loaded ? "a model went live"
                                                : "a model was refused, the old one stays");
    log_text(line, "event.outcome", event->is_loaded ? "success" : "failure");
    log_text(line, "triage.model.version", event->version);
    log_text(line, "error.message", event->message);
    log_int(line, "event.duration", (int64_t)(event->seconds * 1e9));
    log_end(line);
    if (event->is_loaded)
        tell_version(p, event->version);
    publish_reload(p, event);
}

static triage_status prepare_view(void *context, live_model *live, triage_error *err)
{
    parts *p = context;
    return view_source_prepare(p->source, live, err);
}

/* The policy that the store has, before the first view is made. */
static triage_status read_policy(parts *p, triage_error *err)
{
    char *target_text = NULL, *retired = NULL;
    bool is_changed;
    double target = 0;
    triage_status status = store_get(p->store, TARGET_SETTING, &target_text, err);
    if (status == TRIAGE_OK)
        status = store_get(p->store, RETIRED_SETTING, &retired, err);
    if (status == TRIAGE_OK) {
        target = backend_parse_target(target_text);
        status = view_source_set(p->source, target, retired, &is_changed, err);
    }
    free(target_text);
    free(retired);
    return status;
}

triage_status parts_open_registry(parts *p, const folder_settings *folders, bool creates,
                                  triage_error *err)
{
    char *folder = settings_registry_path(folders);
    if (!folder)
        return error_memory(err);
    triage_status status = registry_open(folder, creates, &p->registry, err);
    free(folder);
    return status;
}

static void note_copy(void *context, const model_copy_event *event)
{
    parts *p = context;
    observer *o = &p->observer;
    switch (event->kind) {
    case MODEL_COPY_DONE:
        metric_add(OBSERVER_AT(o, METER_MODEL_COPIES, "copied"), 1);
        observer_say(o, LOG_INFO, "model-copy", "%s was copied from elsewhere", event->version);
        break;
    case MODEL_COPY_ASIDE:
        observer_say(o, LOG_WARN, "model-copy",
                     "another %s was here, and was moved aside in the folder of the models",
                     event->version);
        break;
    case MODEL_COPY_LIVE:
        observer_say(o, LOG_INFO, "model-copy", "%s is to be live here as elsewhere",
                     event->version);
        break;
    case MODEL_COPY_FAULT:
        metric_add(OBSERVER_AT(o, METER_MODEL_COPIES, "failed"), 1);
        if (!event->is_repeated)
            observer_say(o, LOG_ERROR, "model-copy", "the models stay as they are: %s",
                         event->message);
        break;
    }
}

triage_status parts_open_sync(parts *p, const version_settings *s, triage_error *err)
{
    model_sync_options options = {
        .store = p->store, .registry = p->registry, .on_event = note_copy, .context = p};
    if (!p->store || !s->is_synchronised)
        return TRIAGE_OK;
    triage_status status = model_sync_new(&options, &p->sync, err);
    return status == TRIAGE_OK ? model_sync_start(p->sync, err) : status;
}

triage_status parts_open_pull(parts *p, const backend_client_settings *s, const char *key,
                              uint32_t poll_ms, triage_error *err)
{
    model_pull_options options = {.urls = s->urls.items,
                                  .n_urls = s->urls.count,
                                  .key = key,
                                  .registry = p->registry,
                                  .poll_ms = poll_ms,
                                  .on_event = note_copy,
                                  .context = p};
    return s->urls.count > 0 ? model_pull_start(&options, &p->pull, err) : TRIAGE_OK;
}

triage_status parts_open_models(parts *p, const folder_settings *folders, const version_settings *s,
                                bool creates, triage_error *err)
{
    triage_status status = parts_open_registry(p, folders, creates, err);
    if (status == TRIAGE_OK)
        status = parts_open_sync(p, s, err);
    if (status == TRIAGE_OK)
        status = holder_new(&p->holder, err);
    if (status == TRIAGE_OK)
        status = engine_new(p->holder, &p->engine, err);
    if (status == TRIAGE_OK)
        status = view_source_new(&p->observer, &p->source, err);
    if (status == TRIAGE_OK && p->store)
        status = read_policy(p, err);
    watcher_options options = {.registry = p->registry,
                               .holder = p->holder,
                               .poll_ms = (uint32_t)s->poll_ms,
                               .prepare = prepare_view,
                               .on_event = note_reload,
                               .context = p};
    if (status == TRIAGE_OK)
        status = watcher_start(&options, &p->watcher, err);
    return status;
}
