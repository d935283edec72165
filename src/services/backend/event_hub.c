/* SPDX-License-Identifier: MIT */
/* A ring of events, and the watchers that read from it at their own pace. */
#include "services/backend/event_hub.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More would be a connection leak of somebody's. */
#define MAX_WATCHERS 256

/* After this many seconds without an event a comment keeps the connection open. */
#define HEARTBEAT_READS 15

typedef struct event {
    char *text; /* owned: as it is sent, without the id */
    size_t length;
} event;

typedef struct watcher_state {
    event_hub *hub;
    http_stream *stream;
    uint64_t next; /* id of the event to be sent next */
    unsigned idle_reads;
    struct watcher_state *previous, *following;
} watcher_state;

struct event_hub {
    pthread_mutex_t lock; /* guards all below */
    event *events;        /* event number i is at i % n_kept */
    size_t n_kept;
    uint64_t first, next; /* ids of the first event of this process and of the next one */
    watcher_state *watchers;
    unsigned n_watchers;
};

triage_status event_hub_new(size_t n_kept, uint64_t first, event_hub **ret_hub, triage_error *err)
{
    event_hub *hub = mem_new_zeroed(1, sizeof *hub);
    event *events = mem_new_zeroed(n_kept, sizeof *events);
    if (!hub || !events) {
        free(hub);
        free(events);
        return error_memory(err);
    }
    *hub = (event_hub){.events = events, .n_kept = n_kept, .first = first, .next = first};
    pthread_mutex_init(&hub->lock, NULL);
    *ret_hub = hub;
    return TRIAGE_OK;
}

void event_hub_free(event_hub *hub)
{
    if (!hub)
        return;
    for (size_t i = 0; i < hub->n_kept; i++)
        free(hub->events[i].text);
    free(hub->events);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

void event_hub_publish(event_hub *hub, const char *type, const char *json, size_t length)
{
    buffer text = {0};
    buffer_printf(&text, "event: %s\ndata: ", type);
    buffer_append(&text, json, length);
    buffer_append_text(&text, "\n\n");
    if (text.failed) {
        buffer_free(&text);
        return; /* without memory there is no event, and watchers see a gap in the numbers */
    }
    pthread_mutex_lock(&hub->lock);
    event *place = &hub->events[hub->next % hub->n_kept];
    free(place->text);
    *place = (event){text.data, text.length};
    hub->next++;
    for (watcher_state *w = hub->watchers; w; w = w->following)
        if (w->stream)
            http_stream_wake(w->stream);
    pthread_mutex_unlock(&hub->lock);
}

/* Appends event `id`, which is still kept. */
static void append_event(const event_hub *hub, uint64_t id, buffer *out)
{
    const event *e = &hub->events[id % hub->n_kept];
    buffer_printf(out, "id: %llu\n", (unsigned long long)id);
    buffer_append(out, e->text, e->length);
}

/* Events from `next` to before `oldest` are gone. How many there were before this process, nobody
 * knows. */
static void append_gap(const event_hub *hub, uint64_t next, uint64_t oldest, buffer *out)
{
    if (next < hub->first)
        buffer_append_text(out, "event: missed\ndata: {\"count\":null}\n\n");
    else
        buffer_printf(out, "event: missed\ndata: {\"count\":%llu}\n\n",
                      (unsigned long long)(oldest - next));
}

static bool read_events(void *context, buffer *out, size_t room)
{
    watcher_state *w = context;
    event_hub *hub = w->hub;
    pthread_mutex_lock(&hub->lock);
    uint64_t kept = hub->next - hub->first < hub->n_kept ? hub->next - hub->first : hub->n_kept;
    if (w->next < hub->next - kept) {
        append_gap(hub, w->next, hub->next - kept, out);
        w->next = hub->next - kept;
    }
    while (w->next < hub->next && out->length < room)
        append_event(hub, w->next++, out);
    pthread_mutex_unlock(&hub->lock);
    w->idle_reads = out->length > 0 ? 0 : w->idle_reads + 1;
    if (w->idle_reads >= HEARTBEAT_READS) {
        buffer_append_text(out, ": still here\n\n");
        w->idle_reads = 0;
    }
    return true;
}

static void leave(void *context)
{
    watcher_state *w = context;
    event_hub *hub = w->hub;
    pthread_mutex_lock(&hub->lock);
    if (w->previous)
        w->previous->following = w->following;
    else
        hub->watchers = w->following;
    if (w->following)
        w->following->previous = w->previous;
    hub->n_watchers--;
    pthread_mutex_unlock(&hub->lock);
    free(w);
}

/* The id behind the last one that the watcher has seen, or the next one for a new watcher. */
static uint64_t first_id(const event_hub *hub, const char *last_seen)
{
    uint64_t id;
    if (last_seen && number_parse_uint(last_seen, strlen(last_seen), 0, UINT64_MAX - 1, &id) &&
        id < hub->next)
        return id + 1;
    return hub->next;
}

void event_hub_watch(event_hub *hub, http_exchange *x)
{
    watcher_state *w = mem_new_zeroed(1, sizeof *w);
    const char *last_seen = http_header(x, "Last-Event-ID");
    if (!w) {
        http_problem(x, 503, NULL, "out of memory");
        return;
    }
    pthread_mutex_lock(&hub->lock);
    if (hub->n_watchers >= MAX_WATCHERS) {
        pthread_mutex_unlock(&hub->lock);
        free(w);
        http_problem(x, 503, NULL, "%d clients watch the events already", MAX_WATCHERS);
        return;
    }
    *w = (watcher_state){.hub = hub, .next = first_id(hub, last_seen), .following = hub->watchers};
    w->idle_reads = HEARTBEAT_READS; /* the first read answers at once */
    if (hub->watchers)
        hub->watchers->previous = w;
    hub->watchers = w;
    hub->n_watchers++;
    pthread_mutex_unlock(&hub->lock);
    http_set_header(x, "Cache-Control", "no-store");
    http_set_header(x, "X-Accel-Buffering", "no");
    http_stream *stream = http_reply_stream(x, "text/event-stream", read_events, leave, w);
    if (!stream)
        return; /* the watcher is freed */
    /* An inline handler: the answer cannot be over before this thread goes back to its events. */
    pthread_mutex_lock(&hub->lock);
    w->stream = stream;
    pthread_mutex_unlock(&hub->lock);
}

unsigned event_hub_n_watchers(event_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    unsigned n = hub->n_watchers;
    pthread_mutex_unlock(&hub->lock);
    return n;
}
