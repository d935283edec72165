/* SPDX-License-Identifier: MIT */
/*
 * Events for whoever watches: the newest ones are kept, numbered, so that a watcher that was cut
 * off goes on where it was (Last-Event-ID). A slow watcher misses events and is told how many.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_BACKEND_EVENT_HUB_H
#define SERVICES_BACKEND_EVENT_HUB_H

#include "http/request.h"

typedef struct event_hub event_hub;

/*
 * Keeps the newest `n_kept` events, whose ids count up from `first` (at least 1): to be above those
 * that an earlier process gave, such as the microseconds since 1970. ERROR_MEMORY.
 */
triage_status event_hub_new(size_t n_kept, uint64_t first, event_hub **ret_hub,
                            triage_error *err) TRIAGE_CHECKED;
/* All watchers must be gone. NULL is fine. */
void event_hub_free(event_hub *hub);

/* Publishes one event; `json` (one line) is copied. */
void event_hub_publish(event_hub *hub, const char *type, const char *json, size_t length);

/* Answers `x`, from its inline handler, with the stream of events, from the one behind its
 * Last-Event-ID on. */
void event_hub_watch(event_hub *hub, http_exchange *x);

/* How many watch now: nobody needs to prepare an event for none. */
unsigned event_hub_n_watchers(event_hub *hub);

#endif
