/* SPDX-License-Identifier: MIT */
/*
 * Keeps a holder at the registry's champion: a thread that waits for the `champion` file to change
 * (inotify, and a look every `poll_ms`, because inotify does not see what other machines write to a
 * network volume), opens the new model, verifies every byte, predicts a few texts with it, and only
 * then publishes it. What fails changes nothing: the old model stays and the fault is reported and
 * tried again when the file changes, or every `retry_ms`. Where inotify is not to be had, the
 * watcher polls alone.
 */
#ifndef REGISTRY_WATCHER_H
#define REGISTRY_WATCHER_H

#include "registry/holder.h"

typedef struct watcher watcher;

/* What happened; strings are valid during the call. The same fault is told once, until something
 * else happens. */
typedef struct watcher_event {
    bool is_loaded;
    const char *version; /* that was to be loaded; "" if not even that is known */
    const char *message; /* why it was not; NULL if loaded */
    double seconds;      /* to open, verify and test it */
} watcher_event;

typedef struct watcher_options {
    registry *registry; /* borrowed */
    holder *holder;     /* borrowed */
    uint32_t poll_ms;   /* 0: 1000 */
    uint32_t retry_ms;  /* after a fault, at least poll_ms; 0: 10000 */
    bool polls_only;    /* no inotify, as over a network */
    /* Makes live_model.extra; may fail, which refuses the model. Called once before watcher_start()
     * returns, then from the watcher's thread. NULL: none. */
    triage_status (*prepare)(void *context, live_model *live, triage_error *err);
    /* Called as `prepare`; must not call the watcher. NULL: none. */
    void (*on_event)(void *context, const watcher_event *event);
    void *context;
} watcher_options;

/*
 * Loads the champion, if there is one, and starts the thread. A champion that cannot be loaded is
 * reported as an event and is no error here. ERROR_MEMORY, ERROR_IO (no thread). The thread has the
 * signal mask of the caller.
 */
triage_status watcher_start(const watcher_options *options, watcher **ret_watcher,
                            triage_error *err) TRIAGE_CHECKED;
/* Looks at once, in the watcher's thread, instead of waiting for the next change. */
void watcher_poke(watcher *w);
/* Loads the champion anew although it is live (what `prepare` makes of it has changed), and waits
 * for that. ERROR_MODEL with the fault. Not from the watcher's own callbacks, nor beside
 * watcher_stop(). */
triage_status watcher_reload(watcher *w, triage_error *err) TRIAGE_CHECKED;
/* The last fault, "" if the last load succeeded; copied. */
void watcher_fault(watcher *w, char *ret_text, size_t size);
/* Stops and joins the thread; NULL is fine. */
void watcher_stop(watcher *w);

#endif
