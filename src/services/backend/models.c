/* SPDX-License-Identifier: MIT */
/* The model versions: what there is, what was live when and why, and putting another one live. */
#include "base/clock.h"
#include "services/backend/backend.h"
#include "services/note.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_manifest(json_writer *w, const registry_manifest *m, const char *champion)
{
    json_begin_object(w);
    json_write_key(w, "version");
    json_write_text(w, m->version);
    json_write_key(w, "parent");
    json_write_text(w, m->parent[0] ? m->parent : NULL);
    json_write_key(w, "is_champion");
    json_write_bool(w, strcmp(m->version, champion) == 0);
    json_write_key(w, "created_at");
    backend_write_time(w, m->created_at);
    json_write_key(w, "trigger");
    json_write_text(w, m->trigger);
    json_write_key(w, "sha256");
    json_write_text(w, m->sha256);
    json_write_key(w, "size_bytes");
    json_write_uint(w, m->size_bytes);
    json_write_key(w, "tickets");
    json_write_uint(w, m->n_tickets);
    json_write_key(w, "corrections");
    json_write_uint(w, m->n_feedback);
    json_write_key(w, "feedback_sequence");
    json_write_uint(w, m->feedback_sequence);
}

typedef struct history_writer {
    json_writer *w;
    const char *version; /* only events of this one; NULL: all */
} history_writer;

static bool write_event(void *context, const registry_event *e)
{
    history_writer *h = context;
    if (h->version && strcmp(h->version, e->version) != 0)
        return true;
    json_begin_object(h->w);
    json_write_key(h->w, "at");
    backend_write_time(h->w, e->at);
    json_write_key(h->w, "action");
    json_write_text(h->w, e->action);
    json_write_key(h->w, "version");
    json_write_text(h->w, e->version);
    json_write_key(h->w, "previous");
    json_write_text(h->w, e->previous[0] ? e->previous : NULL);
    json_write_key(h->w, "who");
    json_write_text(h->w, e->who);
    json_write_key(h->w, "reason");
    json_write_text(h->w, e->reason);
    json_end_object(h->w);
    return true;
}

/* What was live at ?live_at=TIME. False with a problem sent. */
static bool write_live_at(backend *b, http_exchange *x, json_writer *w)
{
    int64_t at;
    triage_error err;
    char version[REGISTRY_VERSION_SIZE];
    if (!backend_query_time(x, "live_at", &at))
        return false;
    if (at == 0)
        return true;
    triage_status status = registry_live_at(b->options.registry, at, version, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return false;
    }
    json_write_key(w, "live_at");
    json_write_text(w, version[0] ? version : NULL);
    return true;
}

static triage_status write_models(backend *b, json_writer *w, triage_error *err)
{
    registry_manifest *manifests = NULL;
    size_t n = 0;
    char champion[REGISTRY_VERSION_SIZE] = "";
    history_writer history = {w, NULL};
    triage_status status = registry_champion(b->options.registry, champion, err);
    if (status == TRIAGE_OK)
        status = registry_list(b->options.registry, &manifests, &n, err);
    json_write_key(w, "champion");
    json_write_text(w, champion[0] ? champion : NULL);
    json_write_key(w, "models");
    json_begin_array(w);
    for (size_t i = n; i > 0; i--) {
        write_manifest(w, &manifests[i - 1], champion);
        json_end_object(w);
    }
    json_end_array(w);
    registry_manifests_free(manifests, n);
    json_write_key(w, "history");
    json_begin_array(w);
    if (status == TRIAGE_OK)
        status = registry_each_event(b->options.registry, write_event, &history, err);
    json_end_array(w);
    return status;
}

void models_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    if (!write_live_at(b, x, &w))
        return;
    triage_status status = write_models(b, &w, &err);
    json_end_object(&w);
    if (status == TRIAGE_OK)
        http_reply_json(x, 200, out);
    else
        http_problem_status(x, status, &err);
}

/* The version of the path, "champion" being the live one. False with a problem sent. */
static bool find_version(backend *b, http_exchange *x, registry_manifest *ret_manifest,
                         char ret_champion[REGISTRY_VERSION_SIZE])
{
    triage_error err;
    const char *name = http_path_value(x, "v");
    triage_status status = registry_champion(b->options.registry, ret_champion, &err);
    if (status == TRIAGE_OK && strcmp(name, "champion") == 0)
        name = ret_champion;
    if (status == TRIAGE_OK)
        status = registry_find(b->options.registry, name, ret_manifest, &err);
    if (status == TRIAGE_ERROR_ARGUMENT)
        http_problem(x, 404, NULL, "there is no model version '%.60s'", name);
    else if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    return status == TRIAGE_OK;
}

/* What the model says about itself: options, features, metrics. */
static triage_status write_metadata(backend *b, const char *version, json_writer *w,
                                    triage_error *err)
{
    buffer path = {0};
    triage_model *model = NULL;
    triage_status status = registry_model_path(b->options.registry, version, &path, err);
    if (status == TRIAGE_OK)
        status = triage_model_open(buffer_string(&path) ? path.data : "", &model, err);
    if (status == TRIAGE_OK) {
        size_t length;
        const char *metadata = triage_model_metadata(model, &length);
        json_write_key(w, "metadata");
        json_write_raw(w, metadata, length);
    }
    triage_model_free(model);
    buffer_free(&path);
    return status;
}

void models_get(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    registry_manifest m;
    char champion[REGISTRY_VERSION_SIZE];
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    if (!find_version(b, x, &m, champion))
        return;
    history_writer history = {&w, m.version};
    buffer_clear(out);
    write_manifest(&w, &m, champion);
    json_write_key(&w, "comparison");
    json_write_raw(&w, m.comparison ? m.comparison : "null",
                   m.comparison ? strlen(m.comparison) : 4);
    json_write_key(&w, "history");
    json_begin_array(&w);
    triage_status status = registry_each_event(b->options.registry, write_event, &history, &err);
    json_end_array(&w);
    if (status == TRIAGE_OK)
        status = write_metadata(b, m.version, &w, &err);
    json_end_object(&w);
    registry_manifest_free(&m);
    if (status == TRIAGE_OK)
        http_reply_json(x, 200, out);
    else
        http_problem_status(x, status, &err);
}

void models_file(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    registry_manifest m;
    char champion[REGISTRY_VERSION_SIZE];
    struct stat info;
    buffer path = {0};
    if (!find_version(b, x, &m, champion))
        return;
    triage_status status = registry_model_path(b->options.registry, m.version, &path, &err);
    int fd =
        status == TRIAGE_OK && buffer_string(&path) ? open(path.data, O_RDONLY | O_CLOEXEC) : -1;
    buffer_free(&path);
    http_set_header(x, "X-Model-Version", m.version);
    http_set_header(x, "X-Model-SHA256", m.sha256);
    registry_manifest_free(&m);
    if (fd >= 0 && fstat(fd, &info) == 0)
        http_reply_file(x, 200, "application/octet-stream", fd, 0, (uint64_t)info.st_size);
    else
        http_problem(x, 503, NULL, "the model file cannot be read");
}

/* The manifest's bytes as they are. Its tag is what a copy of the champion is compared with: it
 * costs little to ask for it each second. */
void models_manifest(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    registry_manifest m;
    char champion[REGISTRY_VERSION_SIZE], tag[REGISTRY_VERSION_SIZE + sizeof m.sha256 + 8];
    buffer *out = http_scratch(x);
    if (!find_version(b, x, &m, champion))
        return;
    snprintf(tag, sizeof tag, "\"%s-%s\"", m.version, m.sha256);
    triage_status status = registry_read(b->options.registry, m.version, out, NULL, &err);
    registry_manifest_free(&m);
    if (status == TRIAGE_OK)
        http_reply_tagged(x, "application/json", tag, out->data, out->length);
    else
        http_problem_status(x, status, &err);
}

/* Says which version is live now, in log, audit, events and answer. */
static void answer_live(backend *b, http_exchange *x, const char *action, const char *old,
                        const char *version)
{
    triage_error err;
    const char *who = backend_caller(x);
    store_audit entry = {.who = {who, strlen(who)},
                         .action = {action, strlen(action)},
                         .target = {"champion", strlen("champion")},
                         .old_value = {old, strlen(old)},
                         .new_value = {version, strlen(version)}};
    /* The registry's history has it for good; an audit that cannot be written undoes nothing. */
    if (backend_audit(b, &entry, &err) != TRIAGE_OK)
        observer_say(b->options.observer, LOG_ERROR, action, "not in the audit: %s", err.message);
    observer_say(b->options.observer, LOG_INFO, action, "%s put %s live instead of %s", who,
                 version, old[0] ? old : "none");
    watcher_poke(b->options.watcher);
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "champion");
    json_write_text(&w, version);
    json_write_key(&w, "previous");
    json_write_text(&w, old[0] ? old : NULL);
    json_end_object(&w);
    http_reply_json(x, 200, out);
}

/* The state of the registry does not allow the change: no such version, a damaged one. */
static bool is_conflict(triage_status status)
{
    return status == TRIAGE_ERROR_ARGUMENT || status == TRIAGE_ERROR_MODEL ||
           status == TRIAGE_ERROR_VERSION;
}

void models_promote(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    registry_manifest m;
    char champion[REGISTRY_VERSION_SIZE];
    const char *reason;
    note_of(x)->action = "model-promote";
    if (!backend_read_reason(x, &reason) || !find_version(b, x, &m, champion))
        return;
    const char *who = backend_caller(x);
    reason = reason ? reason : "by hand";
    triage_status status =
        b->options.sync
            ? model_sync_promote(b->options.sync, m.version, champion, who, reason, &err)
            : registry_promote(b->options.registry, m.version, champion, who, reason, &err);
    if (status == TRIAGE_OK)
        answer_live(b, x, "model-promote", champion, m.version);
    else if (is_conflict(status))
        http_problem(x, 409, NULL, "%s", err.message);
    else
        http_problem_status(x, status, &err);
    registry_manifest_free(&m);
}

static triage_status roll_back(backend *b, const char *who, const char *reason,
                               char ret_champion[REGISTRY_VERSION_SIZE],
                               char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    registry *r = b->options.registry;
    if (b->options.sync)
        return model_sync_rollback(b->options.sync, who, reason, ret_champion, ret_version, err);
    triage_status status = registry_champion(r, ret_champion, err);
    return status == TRIAGE_OK ? registry_rollback(r, who, reason, ret_version, err) : status;
}

void models_rollback(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    char champion[REGISTRY_VERSION_SIZE] = "", version[REGISTRY_VERSION_SIZE];
    const char *reason;
    note_of(x)->action = "model-rollback";
    if (!backend_read_reason(x, &reason))
        return;
    triage_status status =
        roll_back(b, backend_caller(x), reason ? reason : "by hand", champion, version, &err);
    if (status == TRIAGE_OK)
        answer_live(b, x, "model-rollback", champion, version);
    else if (is_conflict(status))
        http_problem(x, 409, NULL, "%s", err.message);
    else
        http_problem_status(x, status, &err);
}

void models_retrain(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    uint64_t id;
    const char *reason, *who = backend_caller(x);
    note_of(x)->action = "retrain";
    if (!backend_read_reason(x, &reason))
        return;
    triage_status status = store_request_retrain(b->options.store, "request", who, &id, &err);
    if (status == TRIAGE_OK) {
        store_audit entry = {.who = {who, strlen(who)},
                             .action = {"retrain", strlen("retrain")},
                             .new_value = {reason, reason ? strlen(reason) : 0}};
        status = backend_audit(b, &entry, &err);
    }
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return;
    }
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "retrain_id");
    json_write_uint(&w, id);
    json_write_key(&w, "state");
    json_write_text(&w, "requested");
    json_end_object(&w);
    http_reply_json(x, 202, out);
}
