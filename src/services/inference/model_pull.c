/* SPDX-License-Identifier: MIT */
/* Backend to registry: ask, fetch, put live. */
#include "services/inference/model_pull.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "http/client.h"
#include "registry/manifest.h"
#include "registry/version_name.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS       1000
#define MOST_WAIT_MS  30000
#define DOWNLOAD_MS   120000
#define MOST_MODEL    ((uint64_t)4 << 30)
#define CONNECT_MS    2000
#define MANIFEST_MS   5000
#define MANIFEST_PATH "/api/v1/models/champion/manifest"

struct model_pull {
    model_pull_options options;
    char **urls;         /* owned: without a slash at the end */
    char *authorization; /* owned: the header, or NULL */
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* guards `fault`, and the waiting for `stop` */
    pthread_cond_t stop;  /* counts CLOCK_MONOTONIC */
    char fault[TRIAGE_ERROR_MESSAGE_SIZE];
    /* Of the thread alone: */
    http_client *client;
    json_parser *parser;
};

static bool is_stopping(void *context)
{
    model_pull *p = context;
    return atomic_load(&p->is_stopping);
}

/* --- what is told --------------------------------------------------------------------------- */

static void tell(const model_pull *p, model_copy_kind kind, const char *version)
{
    model_copy_event event = {.kind = kind, .version = version};
    if (p->options.on_event)
        p->options.on_event(p->options.context, &event);
}

static void note_result(model_pull *p, triage_status status, const triage_error *err)
{
    const char *message = status == TRIAGE_OK ? "" : err->message;
    pthread_mutex_lock(&p->lock);
    bool is_repeated = strcmp(p->fault, message) == 0;
    snprintf(p->fault, sizeof p->fault, "%s", message);
    pthread_mutex_unlock(&p->lock);
    model_copy_event event = {
        .kind = MODEL_COPY_FAULT, .version = "", .message = message, .is_repeated = is_repeated};
    if (status != TRIAGE_OK && p->options.on_event)
        p->options.on_event(p->options.context, &event);
}

void model_pull_fault(model_pull *p, char *ret_text, size_t size)
{
    pthread_mutex_lock(&p->lock);
    snprintf(ret_text, size, "%s", p->fault);
    pthread_mutex_unlock(&p->lock);
}

/* --- requests ------------------------------------------------------------------------------- */

/* The header If-None-Match with the tag of what is live here; empty if nothing is. */
static void write_known(const model_pull *p, buffer *ret_header)
{
    char champion[REGISTRY_VERSION_SIZE] = "";
    registry_manifest m = {0};
    buffer_clear(ret_header);
    if (registry_champion(p->options.registry, champion, NULL) == TRIAGE_OK && champion[0] &&
        registry_find(p->options.registry, champion, &m, NULL) == TRIAGE_OK)
        buffer_printf(ret_header, "If-None-Match: \"%s-%s\"", m.version, m.sha256);
    registry_manifest_free(&m);
}

static triage_status get(http_client *client, const model_pull *p, const char *url,
                         const char *known, unsigned *ret_code, buffer *ret_body, triage_error *err)
{
    const char *headers[3] = {NULL};
    size_t n = 0;
    if (p->authorization)
        headers[n++] = p->authorization;
    if (known)
        headers[n++] = known;
    http_call call = {.method = "GET", .url = url, .headers = headers};
    return http_client_call(client, &call, ret_code, ret_body, NULL, err);
}

static triage_status refuse(unsigned code, const char *url, triage_error *err)
{
    if (code == 404)
        return error_set(err, TRIAGE_ERROR_IO, "no model is live yet at %s (404)", url);
    if (code == 401 || code == 403)
        return error_set(err, TRIAGE_ERROR_PERMISSION,
                         "%s answered %u: its --inference-key is another one", url, code);
    return error_set(err, TRIAGE_ERROR_IO, "%s answered %u", url, code);
}

/* `*ret_is_known` if what is live there is live here; else its manifest into `ret_text`. */
static triage_status ask(model_pull *p, const char *base, bool *ret_is_known, buffer *ret_text,
                         triage_error *err)
{
    buffer url = {0}, known = {0};
    unsigned code = 0;
    write_known(p, &known);
    buffer_printf(&url, "%s" MANIFEST_PATH, base);
    triage_status status = TRIAGE_OK;
    if (!buffer_string(&url) || !buffer_string(&known))
        status = error_memory(err);
    if (status == TRIAGE_OK)
        status =
            get(p->client, p, url.data, known.length > 0 ? known.data : NULL, &code, ret_text, err);
    if (status == TRIAGE_OK && code != 200 && code != 304)
        status = refuse(code, url.data, err);
    if (status == TRIAGE_OK)
        *ret_is_known = code == 304;
    buffer_free(&url);
    buffer_free(&known);
    return status;
}

/* Which version the manifest is of is said by itself alone. */
static triage_status read_manifest(model_pull *p, const buffer *text, const char *base,
                                   registry_manifest *ret_manifest, triage_error *err)
{
    json_value *value = NULL;
    const json_value *member;
    const char *version = NULL;
    size_t length;
    triage_status status = TRIAGE_OK;
    if (json_parse(p->parser, text->data, text->length, &value, NULL) != TRIAGE_OK ||
        !json_member(value, "version", &member) || !json_string(member, &version, &length))
        status = error_set(err, TRIAGE_ERROR_DATA, "what answers at %s is no backend", base);
    if (status == TRIAGE_OK)
        status = version_name_check(version, err);
    if (status == TRIAGE_OK)
        status = manifest_read(text->data, text->length, version, base, ret_manifest, err);
    json_free(value);
    return status;
}

/* --- a version ------------------------------------------------------------------------------ */

static triage_status download(model_pull *p, const char *base, const registry_manifest *m,
                              buffer *ret_model, triage_error *err)
{
    buffer url = {0};
    http_client *client = NULL;
    unsigned code = 0;
    if (m->size_bytes == 0 || m->size_bytes > MOST_MODEL)
        return error_set(err, TRIAGE_ERROR_DATA, "the model of %s at %s has %llu bytes", m->version,
                         base, (unsigned long long)m->size_bytes);
    /* Not more than the manifest promises. */
    http_client_options options = {.connect_ms = CONNECT_MS,
                                   .total_ms = DOWNLOAD_MS,
                                   .max_response_bytes = (size_t)m->size_bytes,
                                   .is_cancelled = is_stopping,
                                   .cancel_context = p};
    buffer_printf(&url, "%s/api/v1/models/%s/file", base, m->version);
    triage_status status = TRIAGE_OK;
    if (!buffer_string(&url))
        status = error_memory(err);
    if (status == TRIAGE_OK)
        status = http_client_new(&options, &client, err);
    if (status == TRIAGE_OK)
        status = get(client, p, url.data, NULL, &code, ret_model, err);
    if (status == TRIAGE_OK && code != 200)
        status = refuse(code, url.data, err);
    http_client_free(client);
    buffer_free(&url);
    return status;
}

static bool is_here(const model_pull *p, const registry_manifest *m)
{
    registry_manifest here = {0};
    bool is_same = registry_find(p->options.registry, m->version, &here, NULL) == TRIAGE_OK &&
                   strcmp(here.sha256, m->sha256) == 0;
    registry_manifest_free(&here);
    return is_same;
}

static triage_status fetch(model_pull *p, const char *base, const registry_manifest *m,
                           const buffer *manifest, triage_error *err)
{
    buffer model = {0};
    bool is_moved = false;
    triage_status status = download(p, base, m, &model, err);
    if (status == TRIAGE_OK)
        status = registry_mirror_over(p->options.registry, m->version, model.data, model.length,
                                      manifest->data, manifest->length, &is_moved, err);
    buffer_free(&model);
    if (status == TRIAGE_OK && is_moved)
        tell(p, MODEL_COPY_ASIDE, m->version);
    if (status == TRIAGE_OK)
        tell(p, MODEL_COPY_DONE, m->version);
    return status;
}

static triage_status put_live(model_pull *p, const char *base, const char *version,
                              triage_error *err)
{
    buffer reason = {0};
    buffer_printf(&reason, "live at %.200s", base);
    triage_status status =
        buffer_string(&reason)
            ? registry_promote(p->options.registry, version, NULL, "backend", reason.data, err)
            : error_memory(err);
    buffer_free(&reason);
    if (status == TRIAGE_OK)
        tell(p, MODEL_COPY_LIVE, version);
    return status;
}

/* Its folder is its own, and what was live before the version before is not asked for again. What
 * cannot be deleted is tried again after the next one. */
static void remove_old(model_pull *p)
{
    registry_manifest *manifests = NULL;
    size_t n = 0;
    if (registry_list(p->options.registry, &manifests, &n, NULL) != TRIAGE_OK)
        return;
    for (size_t i = 0; i < n; i++)
        (void)!registry_remove(p->options.registry, manifests[i].version, NULL);
    registry_manifests_free(manifests, n);
}

static triage_status pull_from(model_pull *p, const char *base, triage_error *err)
{
    buffer manifest = {0};
    registry_manifest m = {0};
    bool is_known = false;
    triage_status status = ask(p, base, &is_known, &manifest, err);
    if (status == TRIAGE_OK && !is_known) {
        status = read_manifest(p, &manifest, base, &m, err);
        if (status == TRIAGE_OK && !is_here(p, &m))
            status = fetch(p, base, &m, &manifest, err);
        if (status == TRIAGE_OK)
            status = put_live(p, base, m.version, err);
        if (status == TRIAGE_OK)
            remove_old(p);
    }
    registry_manifest_free(&m);
    buffer_free(&manifest);
    return status;
}

/* From the first backend that has it; the fault is that of the last one. */
static triage_status pull(model_pull *p)
{
    triage_error err = {0};
    triage_status status = TRIAGE_ERROR_IO;
    for (size_t i = 0; i < p->options.n_urls && status != TRIAGE_OK; i++)
        status = pull_from(p, p->urls[i], &err);
    if (!is_stopping(p))
        note_result(p, status, &err);
    return status;
}

/* --- the thread ----------------------------------------------------------------------------- */

static void wait_ms(model_pull *p, uint32_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&p->lock);
    while (!is_stopping(p) && pthread_cond_timedwait(&p->stop, &p->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&p->lock);
}

static void *pull_main(void *context)
{
    model_pull *p = context;
    uint32_t poll = p->options.poll_ms, wait = poll;
    while (!is_stopping(p)) {
        bool is_well = pull(p) == TRIAGE_OK;
        uint32_t most = poll > MOST_WAIT_MS ? poll : MOST_WAIT_MS;
        wait_ms(p, is_well ? poll : wait);
        wait = is_well ? poll : wait > most / 2 ? most : 2 * wait;
    }
    return NULL;
}

static triage_status copy_urls(model_pull *p, triage_error *err)
{
    p->urls = mem_new_zeroed(p->options.n_urls, sizeof *p->urls);
    if (!p->urls)
        return error_memory(err);
    for (size_t i = 0; i < p->options.n_urls; i++) {
        const char *url = p->options.urls[i];
        size_t length = strlen(url);
        if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
            return error_set(err, TRIAGE_ERROR_ARGUMENT,
                             "'%s' is no address of a backend: http://HOST:PORT", url);
        while (url[length - 1] == '/')
            length--;
        p->urls[i] = mem_copy_string(url, length);
        if (!p->urls[i])
            return error_memory(err);
    }
    return TRIAGE_OK;
}

static triage_status prepare(model_pull *p, triage_error *err)
{
    buffer header = {0};
    http_client_options options = {.connect_ms = CONNECT_MS,
                                   .total_ms = MANIFEST_MS,
                                   .max_response_bytes = MANIFEST_MAX_BYTES,
                                   .is_cancelled = is_stopping,
                                   .cancel_context = p};
    triage_status status = copy_urls(p, err);
    if (status == TRIAGE_OK && p->options.key) {
        buffer_printf(&header, "Authorization: Bearer %s", p->options.key);
        p->authorization = buffer_string(&header) ? header.data : NULL;
        status = p->authorization ? TRIAGE_OK : error_memory(err);
    }
    if (!p->authorization)
        buffer_free(&header);
    if (status == TRIAGE_OK && !(p->parser = json_parser_new()))
        status = error_memory(err);
    return status == TRIAGE_OK ? http_client_new(&options, &p->client, err) : status;
}

triage_status model_pull_start(const model_pull_options *options, model_pull **ret_pull,
                               triage_error *err)
{
    pthread_condattr_t attributes;
    model_pull *p = mem_new_zeroed(1, sizeof *p);
    if (!p)
        return error_memory(err);
    p->options = *options;
    if (p->options.poll_ms == 0)
        p->options.poll_ms = POLL_MS;
    atomic_init(&p->is_stopping, false);
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&p->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    triage_status status = prepare(p, err);
    if (status == TRIAGE_OK) {
        int code = pthread_create(&p->thread, NULL, pull_main, p);
        p->has_thread = code == 0;
        if (code != 0)
            status = error_errno(err, code, "cannot start a thread for", "the model versions");
    }
    if (status == TRIAGE_OK)
        *ret_pull = p;
    else
        model_pull_stop(p);
    return status;
}

void model_pull_stop(model_pull *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->is_stopping, true);
    pthread_mutex_unlock(&p->lock);
    pthread_cond_signal(&p->stop);
    if (p->has_thread)
        pthread_join(p->thread, NULL);
    for (size_t i = 0; p->urls && i < p->options.n_urls; i++)
        free(p->urls[i]);
    free(p->urls);
    free(p->authorization);
    json_parser_free(p->parser);
    http_client_free(p->client);
    pthread_cond_destroy(&p->stop);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
