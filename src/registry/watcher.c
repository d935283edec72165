/* SPDX-License-Identifier: MIT */
/* Waits for another champion, loads it with care, publishes it. */
#include "registry/watcher.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/self_test.h"
#include "registry/folder.h"
#include "registry/version_name.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define DEFAULT_POLL_MS  1000
#define DEFAULT_RETRY_MS 10000

struct watcher {
    watcher_options options;
    pthread_t thread;
    int wake;    /* eventfd: poke and stop */
    int inotify; /* -1: none */
    int watch;   /* inotify's number of the folder; -1: not watched, to be tried again */
    atomic_bool is_poked, is_stopped;
    pthread_mutex_t mutex; /* guards all up to the next remark */
    pthread_cond_t reloaded;
    char fault[TRIAGE_ERROR_MESSAGE_SIZE];
    uint64_t n_reloads_wanted, n_reloads_done;
    /* The thread's own. */
    char loaded[REGISTRY_VERSION_SIZE];
    char failed[REGISTRY_VERSION_SIZE]; /* what `fault` is about; "" if nothing has failed */
    double failed_at;                   /* clock_seconds() */
};

static void set_fault(watcher *w, const char *text)
{
    pthread_mutex_lock(&w->mutex);
    snprintf(w->fault, sizeof w->fault, "%s", text);
    pthread_mutex_unlock(&w->mutex);
}

static void tell(watcher *w, const watcher_event *event)
{
    if (w->options.on_event)
        w->options.on_event(w->options.context, event);
}

static void fail(watcher *w, const char *version, const triage_error *err, double seconds)
{
    /* Only this thread writes the fault. */
    bool is_new = strcmp(w->fault, err->message) != 0 || strcmp(w->failed, version) != 0;
    snprintf(w->failed, sizeof w->failed, "%s", version);
    w->failed_at = clock_seconds();
    if (!is_new)
        return;
    set_fault(w, err->message);
    tell(w, &(watcher_event){.version = version, .message = err->message, .seconds = seconds});
}

static void succeed(watcher *w)
{
    w->failed[0] = '\0';
    if (w->fault[0])
        set_fault(w, "");
}

static void discard(live_model *live)
{
    if (live->free_extra)
        live->free_extra(live->extra);
    triage_model_free(live->model);
    free(live);
}

/* A live model of the version, opened, verified, tested and prepared. */
static triage_status load(watcher *w, const char *version, live_model **ret_live, triage_error *err)
{
    registry_manifest manifest = {0};
    live_model *live = mem_new_zeroed(1, sizeof *live);
    if (!live)
        return error_memory(err);
    triage_status status =
        registry_open_model(w->options.registry, version, &live->model, &manifest, err);
    if (status == TRIAGE_OK)
        status = model_self_test(live->model, err);
    if (status == TRIAGE_OK) {
        memcpy(live->version, manifest.version, sizeof live->version);
        memcpy(live->sha256, manifest.sha256, sizeof live->sha256);
        live->loaded_at = clock_unix_ms();
        if (w->options.prepare)
            status = w->options.prepare(w->options.context, live, err);
    }
    registry_manifest_free(&manifest);
    if (status == TRIAGE_OK)
        *ret_live = live;
    else
        discard(live);
    return status;
}

static void swap(watcher *w, const char *version)
{
    triage_error err = {0};
    live_model *live = NULL;
    double start = clock_seconds();
    triage_status status = load(w, version, &live, &err);
    double seconds = clock_seconds() - start;
    if (status != TRIAGE_OK) {
        fail(w, version, &err, seconds);
        return;
    }
    holder_publish(w->options.holder, live);
    snprintf(w->loaded, sizeof w->loaded, "%s", version);
    succeed(w);
    tell(w, &(watcher_event){.is_loaded = true, .version = version, .seconds = seconds});
}

/* What has failed waits for its time, unless something has changed (`is_forced`). */
static bool is_due(const watcher *w, const char *version, bool is_forced)
{
    return is_forced || !w->failed[0] || strcmp(version, w->failed) != 0 ||
           (clock_seconds() - w->failed_at) * 1000 >= w->options.retry_ms;
}

static void look(watcher *w, bool is_forced)
{
    char version[REGISTRY_VERSION_SIZE] = "";
    triage_error err = {0};
    triage_status status = registry_champion(w->options.registry, version, &err);
    if (status == TRIAGE_OK && !version[0])
        status = folder_check(registry_folder(w->options.registry), &err);
    if (status != TRIAGE_OK)
        fail(w, "", &err, 0);
    else if (!version[0] || strcmp(version, w->loaded) == 0)
        succeed(w);
    else if (is_due(w, version, is_forced))
        swap(w, version);
}

/* The folder may be missing, or be another one than before. */
static void watch_folder(watcher *w)
{
    if (w->inotify >= 0 && w->watch < 0)
        w->watch = inotify_add_watch(w->inotify, registry_folder(w->options.registry),
                                     IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE_SELF |
                                         IN_MOVE_SELF | IN_ONLYDIR);
}

/* Whether an entry of that name can make a difference: the champion, or a version it may name. */
static bool is_of_interest(const char *name)
{
    uint64_t number;
    return strcmp(name, "champion") == 0 || version_name_parse(name, &number);
}

static bool take_event(watcher *w, const struct inotify_event *event)
{
    if (event->mask & IN_MOVE_SELF && event->wd == w->watch)
        (void)inotify_rm_watch(w->inotify, w->watch);
    if (event->mask & (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF) && event->wd == w->watch)
        w->watch = -1;
    return (event->mask & IN_Q_OVERFLOW) || (event->len > 0 && is_of_interest(event->name));
}

/* Reads all events; whether one of them is of interest. */
static bool take_events(watcher *w)
{
    alignas(struct inotify_event) char bytes[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    bool is_interesting = false;
    for (;;) {
        ssize_t n = read(w->inotify, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return is_interesting;
        for (const char *at = bytes; at < bytes + n;) {
            const struct inotify_event *event = (const void *)at;
            is_interesting |= take_event(w, event);
            at += sizeof *event + event->len;
        }
    }
}

/* How many reloads have been asked for; if there are new ones, nothing counts as loaded any more.
 */
static uint64_t begin_reloads(watcher *w, bool *io_is_forced)
{
    pthread_mutex_lock(&w->mutex);
    uint64_t wanted = w->n_reloads_wanted;
    bool is_new = wanted > w->n_reloads_done;
    pthread_mutex_unlock(&w->mutex);
    if (is_new)
        w->loaded[0] = '\0';
    *io_is_forced |= is_new;
    return wanted;
}

static void end_reloads(watcher *w, uint64_t done)
{
    pthread_mutex_lock(&w->mutex);
    w->n_reloads_done = done;
    pthread_mutex_unlock(&w->mutex);
    pthread_cond_broadcast(&w->reloaded);
}

static void *run(void *argument)
{
    watcher *w = argument;
    while (!atomic_load(&w->is_stopped)) {
        struct pollfd waits[2] = {{.fd = w->wake, .events = POLLIN},
                                  {.fd = w->inotify, .events = POLLIN}};
        /* A negative descriptor is passed over. */
        int n = poll(waits, 2, (int)w->options.poll_ms);
        uint64_t ignored;
        if (n > 0 && waits[0].revents && read(w->wake, &ignored, sizeof ignored) < 0)
            ignored = 0;
        bool is_forced = atomic_exchange(&w->is_poked, false);
        if (w->inotify >= 0)
            is_forced |= take_events(w);
        if (atomic_load(&w->is_stopped))
            break;
        bool was_watched = w->watch >= 0;
        watch_folder(w);
        is_forced |= !was_watched && w->watch >= 0;
        uint64_t n_reloads = begin_reloads(w, &is_forced);
        look(w, is_forced);
        end_reloads(w, n_reloads);
        holder_collect(w->options.holder);
    }
    return NULL;
}

static void watcher_free(watcher *w)
{
    if (w->wake >= 0)
        close(w->wake);
    if (w->inotify >= 0)
        close(w->inotify);
    pthread_cond_destroy(&w->reloaded);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

static void set_defaults(watcher_options *o)
{
    if (o->poll_ms == 0)
        o->poll_ms = DEFAULT_POLL_MS;
    if (o->poll_ms > INT_MAX)
        o->poll_ms = INT_MAX;
    if (o->retry_ms == 0)
        o->retry_ms = DEFAULT_RETRY_MS;
}

triage_status watcher_start(const watcher_options *options, watcher **ret_watcher,
                            triage_error *err)
{
    watcher *w = mem_new_zeroed(1, sizeof *w);
    if (!w)
        return error_memory(err);
    if (pthread_mutex_init(&w->mutex, NULL) != 0) {
        free(w);
        return error_memory(err);
    }
    pthread_cond_init(&w->reloaded, NULL);
    w->options = *options;
    set_defaults(&w->options);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    /* Without inotify (none left for this user, a sandbox) looking now and then has to do. */
    w->inotify = options->polls_only ? -1 : inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->watch = -1;
    if (w->wake < 0) {
        triage_status status =
            error_errno(err, errno, "cannot watch", registry_folder(options->registry));
        watcher_free(w);
        return status;
    }
    watch_folder(w);
    look(w, true);
    int failed = pthread_create(&w->thread, NULL, run, w);
    if (failed) {
        watcher_free(w);
        return error_errno(err, failed, "cannot start a thread to watch",
                           registry_folder(options->registry));
    }
    *ret_watcher = w;
    return TRIAGE_OK;
}

/* An eventfd takes an increment unless it is full, and then the thread is awake anyway. */
static void wake(watcher *w)
{
    uint64_t one = 1;
    ssize_t written;
    do
        written = write(w->wake, &one, sizeof one);
    while (written < 0 && errno == EINTR);
}

void watcher_poke(watcher *w)
{
    atomic_store(&w->is_poked, true);
    wake(w);
}

triage_status watcher_reload(watcher *w, triage_error *err)
{
    pthread_mutex_lock(&w->mutex);
    uint64_t mine = ++w->n_reloads_wanted;
    wake(w);
    while (w->n_reloads_done < mine)
        pthread_cond_wait(&w->reloaded, &w->mutex);
    triage_status status = TRIAGE_OK;
    if (w->fault[0])
        status = error_set(err, TRIAGE_ERROR_MODEL, "%s", w->fault);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

void watcher_fault(watcher *w, char *ret_text, size_t size)
{
    pthread_mutex_lock(&w->mutex);
    snprintf(ret_text, size, "%s", w->fault);
    pthread_mutex_unlock(&w->mutex);
}

void watcher_stop(watcher *w)
{
    if (!w)
        return;
    atomic_store(&w->is_stopped, true);
    wake(w);
    pthread_join(w->thread, NULL);
    watcher_free(w);
}
