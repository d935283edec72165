/* SPDX-License-Identifier: MIT */
/* Store to registry: what is missing here is copied, and what is live there is put live here. */
#include "services/model_sync.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "registry/manifest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Now and then all is compared, although nothing is new: somebody may have changed the folder. */
#define LOOK_MS 60000

#define RETRY_MS 1000

#define PROMOTED    "promoted"
#define ROLLED_BACK "rolled_back"
#define REJECTED    "rejected"

struct model_sync {
    model_sync_options options;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    pthread_mutex_t pulling;    /* guards the two below */
    uint64_t n_seen, last_seen; /* versions and events of the store that are here */
    pthread_mutex_t lock;       /* guards the fault; may be taken within `pulling` */
    char fault[TRIAGE_ERROR_MESSAGE_SIZE];
};

/* --- what is told --------------------------------------------------------------------------- */

static void tell(const model_sync *s, model_copy_kind kind, const char *version)
{
    model_copy_event event = {.kind = kind, .version = version};
    if (s->options.on_event)
        s->options.on_event(s->options.context, &event);
}

/* Keeps and tells the fault, or forgets it. */
static void note_result(model_sync *s, triage_status status, const triage_error *err)
{
    const char *message = status == TRIAGE_OK ? "" : err->message;
    pthread_mutex_lock(&s->lock);
    bool is_repeated = strcmp(s->fault, message) == 0;
    snprintf(s->fault, sizeof s->fault, "%s", message);
    pthread_mutex_unlock(&s->lock);
    model_copy_event event = {
        .kind = MODEL_COPY_FAULT, .version = "", .message = message, .is_repeated = is_repeated};
    if (status != TRIAGE_OK && s->options.on_event)
        s->options.on_event(s->options.context, &event);
}

void model_sync_fault(model_sync *s, char *ret_text, size_t size)
{
    pthread_mutex_lock(&s->lock);
    snprintf(ret_text, size, "%s", s->fault);
    pthread_mutex_unlock(&s->lock);
}

/* --- the history of the store --------------------------------------------------------------- */

enum { EVENT_TEXTS = 5 }; /* action, version, previous, who, reason */

/* Zero-initialised it is empty. */
typedef struct event_list {
    registry_event *items; /* whose strings are in `text` */
    size_t (*offsets)[EVENT_TEXTS];
    size_t n, capacity, offset_capacity;
    buffer text;
    bool has_failed;
} event_list;

static void event_list_free(event_list *l)
{
    free(l->items);
    free(l->offsets);
    buffer_free(&l->text);
}

static bool add_event(void *context, const store_model_event *e)
{
    event_list *l = context;
    const store_text texts[EVENT_TEXTS] = {e->action, e->version, e->previous, e->who, e->reason};
    l->has_failed =
        !mem_reserve((void **)&l->items, &l->capacity, l->n + 1, sizeof *l->items) ||
        !mem_reserve((void **)&l->offsets, &l->offset_capacity, l->n + 1, sizeof *l->offsets);
    if (l->has_failed)
        return false;
    l->items[l->n] = (registry_event){.at = e->at};
    for (int i = 0; i < EVENT_TEXTS; i++) {
        l->offsets[l->n][i] = l->text.length;
        if (texts[i].length > 0)
            buffer_append(&l->text, texts[i].data, texts[i].length);
        buffer_append_char(&l->text, '\0');
    }
    l->n++;
    return true;
}

static triage_status read_events(store *s, event_list *ret_list, triage_error *err)
{
    triage_status status = store_each_model_event(s, add_event, ret_list, err);
    if (ret_list->has_failed || ret_list->text.failed)
        return error_memory(err);
    for (size_t i = 0; i < ret_list->n && status == TRIAGE_OK; i++) {
        registry_event *e = &ret_list->items[i];
        const char **const places[EVENT_TEXTS] = {&e->action, &e->version, &e->previous, &e->who,
                                                  &e->reason};
        for (int k = 0; k < EVENT_TEXTS; k++)
            *places[k] = ret_list->text.data + ret_list->offsets[i][k];
    }
    return status;
}

static bool is_change(const char *action)
{
    return strcmp(action, PROMOTED) == 0 || strcmp(action, ROLLED_BACK) == 0;
}

/* The version of the last change; "" if there is none. */
static const char *champion_of(const event_list *l)
{
    for (size_t i = l->n; i > 0; i--)
        if (is_change(l->items[i - 1].action))
            return l->items[i - 1].version;
    return "";
}

/* --- versions from the store ---------------------------------------------------------------- */

typedef struct known_version {
    char name[REGISTRY_VERSION_SIZE], sha256[65];
} known_version;

typedef struct version_list {
    known_version *items;
    size_t n, capacity;
    triage_status status; /* of the visit */
    triage_error *err;
} version_list;

static void copy_name(store_text text, char ret_name[REGISTRY_VERSION_SIZE])
{
    size_t length = text.length < REGISTRY_VERSION_SIZE ? text.length : 0;
    memcpy(ret_name, text.data, length);
    ret_name[length] = '\0';
}

static bool add_version(void *context, const store_model *model)
{
    version_list *l = context;
    known_version v = {0};
    registry_manifest m = {0};
    copy_name(model->version, v.name);
    if (!mem_reserve((void **)&l->items, &l->capacity, l->n + 1, sizeof *l->items))
        l->status = error_memory(l->err);
    else
        l->status = manifest_read(model->manifest.data ? model->manifest.data : "",
                                  model->manifest.length, v.name, "the store", &m, l->err);
    if (l->status != TRIAGE_OK)
        return false;
    memcpy(v.sha256, m.sha256, sizeof v.sha256);
    registry_manifest_free(&m);
    l->items[l->n++] = v;
    return true;
}

static triage_status read_versions(store *s, version_list *ret_list, triage_error *err)
{
    ret_list->err = err;
    triage_status status = store_each_model(s, add_version, ret_list, err);
    return ret_list->status != TRIAGE_OK ? ret_list->status : status;
}

static bool is_here(model_sync *s, const known_version *v)
{
    registry_manifest m = {0};
    bool is_same = registry_find(s->options.registry, v->name, &m, NULL) == TRIAGE_OK &&
                   strcmp(m.sha256, v->sha256) == 0;
    registry_manifest_free(&m);
    return is_same;
}

/* A version's two files: copied, because a visit should be short and these are written durably. */
typedef struct version_files {
    buffer model, manifest;
} version_files;

static bool copy_files(void *context, const store_model *model)
{
    version_files *files = context;
    buffer_clear(&files->model);
    buffer_clear(&files->manifest);
    if (model->model.length > 0)
        buffer_append(&files->model, model->model.data, model->model.length);
    if (model->manifest.length > 0)
        buffer_append(&files->manifest, model->manifest.data, model->manifest.length);
    return true;
}

static triage_status copy_version(model_sync *s, const char *version, triage_error *err)
{
    version_files files = {0};
    bool is_found = false, is_moved = false;
    triage_status status =
        store_get_model(s->options.store, version, copy_files, &files, &is_found, err);
    if (status == TRIAGE_OK && !is_found)
        status = error_set(err, TRIAGE_ERROR_DATA, "the store has lost version %s", version);
    if (status == TRIAGE_OK && (files.model.failed || files.manifest.failed))
        status = error_memory(err);
    if (status == TRIAGE_OK)
        status =
            registry_mirror_over(s->options.registry, version, files.model.data, files.model.length,
                                 files.manifest.data, files.manifest.length, &is_moved, err);
    if (status == TRIAGE_OK && is_moved)
        tell(s, MODEL_COPY_ASIDE, version);
    if (status == TRIAGE_OK)
        tell(s, MODEL_COPY_DONE, version);
    buffer_free(&files.model);
    buffer_free(&files.manifest);
    return status;
}

/* Copies what is missing; `only` NULL: of all versions, else of that one. One that cannot be copied
 * does not keep the others away; the first fault is returned. */
static triage_status copy_missing(model_sync *s, const version_list *l, const char *only,
                                  triage_error *err)
{
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; i < l->n && !atomic_load(&s->is_stopping); i++) {
        const known_version *v = &l->items[i];
        triage_error error = {0};
        if ((only && strcmp(v->name, only) != 0) || is_here(s, v))
            continue;
        triage_status copied = copy_version(s, v->name, &error);
        if (copied != TRIAGE_OK && status == TRIAGE_OK) {
            status = copied;
            if (err)
                *err = error;
        }
    }
    return status;
}

/* Versions that the store has had, by its history, and has no more. Others that it does not know
 * are not ours to delete, and what cannot be deleted (it is live here yet) is tried again. */
static void remove_gone(model_sync *s, const event_list *events, const version_list *l)
{
    for (size_t i = 0; i < events->n; i++) {
        const char *version = events->items[i].version;
        bool is_kept = false;
        for (size_t k = 0; k < l->n && !is_kept; k++)
            is_kept = strcmp(l->items[k].name, version) == 0;
        if (!is_kept)
            (void)!registry_remove(s->options.registry, version, NULL);
    }
}

/* --- pulling -------------------------------------------------------------------------------- */

static triage_status follow(model_sync *s, const event_list *events, triage_error *err)
{
    bool is_changed = false;
    triage_status status =
        registry_follow(s->options.registry, events->items, events->n, &is_changed, err);
    if (status == TRIAGE_OK && is_changed)
        tell(s, MODEL_COPY_LIVE, champion_of(events));
    return status;
}

/* The champion first, so that a new replica need not wait for all that was before. */
static triage_status pull_all(model_sync *s, triage_error *err)
{
    event_list events = {0};
    version_list versions = {0};
    triage_status status = read_events(s->options.store, &events, err);
    if (status == TRIAGE_OK)
        status = read_versions(s->options.store, &versions, err);
    if (status == TRIAGE_OK)
        status = copy_missing(s, &versions, champion_of(&events), err);
    if (status == TRIAGE_OK)
        status = follow(s, &events, err);
    if (status == TRIAGE_OK)
        status = copy_missing(s, &versions, NULL, err);
    if (status == TRIAGE_OK)
        remove_gone(s, &events, &versions);
    event_list_free(&events);
    free(versions.items);
    return status;
}

/* `is_thorough`: even if the store says that nothing is new. */
static triage_status pull(model_sync *s, bool is_thorough, triage_error *err)
{
    uint64_t n, last;
    triage_error error = {0};
    pthread_mutex_lock(&s->pulling);
    triage_status status = store_count_models(s->options.store, &n, &last, &error);
    bool is_new = is_thorough || n != s->n_seen || last != s->last_seen;
    if (status == TRIAGE_OK && is_new) {
        status = pull_all(s, &error);
        s->n_seen = status == TRIAGE_OK ? n : 0;
        s->last_seen = status == TRIAGE_OK ? last : 0;
    }
    note_result(s, status, &error);
    pthread_mutex_unlock(&s->pulling);
    if (status != TRIAGE_OK && err)
        *err = error;
    return status;
}

triage_status model_sync_pull(model_sync *s, triage_error *err)
{
    return pull(s, true, err);
}

/* --- pushing -------------------------------------------------------------------------------- */

triage_status model_sync_put(model_sync *s, const char *version, triage_error *err)
{
    buffer manifest = {0}, model = {0};
    triage_status status = registry_read(s->options.registry, version, &manifest, &model, err);
    if (status == TRIAGE_OK) {
        store_model m = {.version = {version, strlen(version)},
                         .manifest = {manifest.data, manifest.length},
                         .model = {model.data, model.length}};
        status = store_put_model(s->options.store, &m, err);
    }
    buffer_free(&manifest);
    buffer_free(&model);
    return status;
}

triage_status model_sync_remove(model_sync *s, const char *version, triage_error *err)
{
    return store_remove_model(s->options.store, version, err);
}

/* In the manner of add_event(), from the registry. */
static bool add_own_event(void *context, const registry_event *e)
{
    store_model_event event = {.at = e->at,
                               .action = {e->action, strlen(e->action)},
                               .version = {e->version, strlen(e->version)},
                               .previous = {e->previous, strlen(e->previous)},
                               .who = {e->who, strlen(e->who)},
                               .reason = {e->reason, strlen(e->reason)}};
    return add_event(context, &event);
}

static triage_status seed_history(model_sync *s, triage_error *err)
{
    event_list own = {0};
    store_model_event *events = NULL;
    triage_status status = registry_each_event(s->options.registry, add_own_event, &own, err);
    if (status == TRIAGE_OK && !own.has_failed && !own.text.failed)
        events = mem_new_zeroed(own.n, sizeof *events);
    if (status == TRIAGE_OK && !events)
        status = error_memory(err);
    for (size_t i = 0; i < own.n && status == TRIAGE_OK; i++) {
        store_text *const places[EVENT_TEXTS] = {&events[i].action, &events[i].version,
                                                 &events[i].previous, &events[i].who,
                                                 &events[i].reason};
        events[i].at = own.items[i].at;
        for (int k = 0; k < EVENT_TEXTS; k++) {
            const char *text = own.text.data + own.offsets[i][k];
            *places[k] = (store_text){text, strlen(text)};
        }
    }
    if (status == TRIAGE_OK && own.n > 0)
        status = store_add_model_events(s->options.store, events, own.n, err);
    free(events);
    event_list_free(&own);
    return status;
}

triage_status model_sync_seed(model_sync *s, triage_error *err)
{
    uint64_t n, last;
    registry_manifest *manifests = NULL;
    size_t n_own = 0;
    triage_status status = store_count_models(s->options.store, &n, &last, err);
    /* Versions without an event are what a seed has left that was cut off. */
    if (status != TRIAGE_OK || last > 0)
        return status;
    status = registry_list(s->options.registry, &manifests, &n_own, err);
    for (size_t i = 0; i < n_own && status == TRIAGE_OK; i++)
        status = model_sync_put(s, manifests[i].version, err);
    if (status == TRIAGE_OK)
        status = seed_history(s, err);
    registry_manifests_free(manifests, n_own);
    return status;
}

/* Makes the change in the store, and follows. An answer that was lost on its way is asked for
 * again: a change that is made already is not made twice. */
static triage_status change(model_sync *s, const store_model_event *event, triage_error *err)
{
    triage_status status = store_add_model_events(s->options.store, event, 1, err);
    if (status == TRIAGE_ERROR_IO && is_change(event->action.data))
        status = store_add_model_events(s->options.store, event, 1, err);
    /* A fault of this is told, and the thread tries again. */
    if (status == TRIAGE_OK && pull(s, false, NULL) != TRIAGE_OK)
        store_wake(s->options.store);
    return status;
}

static store_model_event new_event(const char *action, const char *version, const char *previous,
                                   const char *who, const char *reason)
{
    who = who ? who : "";
    reason = reason ? reason : "";
    return (store_model_event){.action = {action, strlen(action)},
                               .version = {version, strlen(version)},
                               .previous = {previous, strlen(previous)},
                               .who = {who, strlen(who)},
                               .reason = {reason, strlen(reason)}};
}

/* A version that cannot be opened here is not put live anywhere. */
static triage_status change_champion(model_sync *s, const char *action, const char *version,
                                     const char *previous, const char *who, const char *reason,
                                     triage_error *err)
{
    triage_model *model = NULL;
    triage_status status = registry_open_model(s->options.registry, version, &model, NULL, err);
    triage_model_free(model);
    store_model_event event = new_event(action, version, previous, who, reason);
    return status == TRIAGE_OK ? change(s, &event, err) : status;
}

triage_status model_sync_promote(model_sync *s, const char *version, const char *expected,
                                 const char *who, const char *reason, triage_error *err)
{
    char champion[REGISTRY_VERSION_SIZE] = "";
    triage_status status = TRIAGE_OK;
    if (!expected) {
        status = pull(s, false, err);
        if (status == TRIAGE_OK)
            status = registry_champion(s->options.registry, champion, err);
    }
    if (status != TRIAGE_OK)
        return status;
    return change_champion(s, PROMOTED, version, expected ? expected : champion, who, reason, err);
}

triage_status model_sync_rollback(model_sync *s, const char *who, const char *reason,
                                  char ret_previous[REGISTRY_VERSION_SIZE],
                                  char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    char champion[REGISTRY_VERSION_SIZE], version[REGISTRY_VERSION_SIZE];
    triage_status status = pull(s, false, err);
    if (status == TRIAGE_OK)
        status = registry_champion(s->options.registry, champion, err);
    if (status == TRIAGE_OK)
        status = registry_previous(s->options.registry, version, err);
    if (status == TRIAGE_OK)
        status = change_champion(s, ROLLED_BACK, version, champion, who, reason, err);
    if (status == TRIAGE_OK) {
        memcpy(ret_previous, champion, sizeof champion);
        memcpy(ret_version, version, sizeof version);
    }
    return status;
}

triage_status model_sync_reject(model_sync *s, const char *version, const char *champion,
                                const char *who, const char *reason, triage_error *err)
{
    store_model_event event = new_event(REJECTED, version, champion, who, reason);
    return change(s, &event, err);
}

/* --- life ----------------------------------------------------------------------------------- */

/* Until something is new, or after a fault the time is over. */
static void wait_for_news(model_sync *s, uint64_t *io_seen, bool has_failed, bool *ret_is_thorough)
{
    double wait = (has_failed ? s->options.retry_ms : LOOK_MS) / 1000.0;
    double until = clock_seconds() + wait;
    do {
        double left = until - clock_seconds();
        store_wait(s->options.store, io_seen, left > 0 ? (int)(left * 1000) + 1 : 0);
    } while (has_failed && clock_seconds() < until && !atomic_load(&s->is_stopping));
    *ret_is_thorough = has_failed || clock_seconds() >= until;
}

static void *sync_main(void *context)
{
    model_sync *s = context;
    uint64_t seen = 0;
    bool is_thorough = false;
    while (!atomic_load(&s->is_stopping)) {
        bool has_failed = pull(s, is_thorough, NULL) != TRIAGE_OK;
        if (!atomic_load(&s->is_stopping))
            wait_for_news(s, &seen, has_failed, &is_thorough);
    }
    return NULL;
}

triage_status model_sync_new(const model_sync_options *options, model_sync **ret_sync,
                             triage_error *err)
{
    model_sync *s = mem_new_zeroed(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->options = *options;
    if (s->options.retry_ms == 0)
        s->options.retry_ms = RETRY_MS;
    atomic_init(&s->is_stopping, false);
    pthread_mutex_init(&s->pulling, NULL);
    pthread_mutex_init(&s->lock, NULL);
    (void)pull(s, true, NULL);
    *ret_sync = s;
    return TRIAGE_OK;
}

triage_status model_sync_start(model_sync *s, triage_error *err)
{
    int code = pthread_create(&s->thread, NULL, sync_main, s);
    if (code != 0)
        return error_errno(err, code, "cannot start a thread for", "the model versions");
    s->has_thread = true;
    return TRIAGE_OK;
}

void model_sync_free(model_sync *s)
{
    if (!s)
        return;
    atomic_store(&s->is_stopping, true);
    if (s->has_thread) {
        store_wake(s->options.store);
        pthread_join(s->thread, NULL);
    }
    pthread_mutex_destroy(&s->pulling);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
