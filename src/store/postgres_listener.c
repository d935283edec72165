/* SPDX-License-Identifier: MIT */
/* A thread that LISTENs on a connection of its own and wakes store_wait(). */
#define _GNU_SOURCE /* pipe2() */
#include "store/postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Between attempts to reach a server that is away. */
#define RECONNECT_MS 1000

/* Waits for input on `fd` (-1: for none) or the end; false at the end. */
static bool wait_for_input(const postgres_listener *l, int fd, int timeout_ms)
{
    struct pollfd waits[] = {{.fd = l->stop[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    /* An interruption looks like input: there is none, and it is waited for again. */
    int n = poll(waits, 2, timeout_ms);
    return n <= 0 || waits[0].revents == 0;
}

static bool take_notifications(postgres_store *s, postgres_connection *c)
{
    if (s->pq.PQconsumeInput(c->handle) == 0)
        return false;
    bool is_woken = false;
    PGnotify *notification;
    while ((notification = s->pq.PQnotifies(c->handle)) != NULL) {
        is_woken |= strcmp(notification->extra, s->instance) != 0;
        s->pq.PQfreemem(notification);
    }
    if (is_woken)
        database_add_change(&s->base);
    return true;
}

/* Until the connection breaks or the end; false at the end. */
static bool listen_on(postgres_store *s, postgres_connection *c)
{
    if (postgres_script(&c->base, "LISTEN triage", NULL) != TRIAGE_OK)
        return true;
    /* What happened while nobody listened is not known. */
    database_add_change(&s->base);
    do {
        if (!wait_for_input(&s->listener, s->pq.PQsocket(c->handle), -1))
            return false;
    } while (take_notifications(s, c));
    return true;
}

static void *listen_thread(void *context)
{
    postgres_store *s = context;
    bool goes_on = true;
    while (goes_on) {
        postgres_connection *c = NULL;
        if (postgres_connect(s, &c, NULL) == TRIAGE_OK)
            goes_on = listen_on(s, c);
        postgres_disconnect(c);
        if (goes_on)
            goes_on = wait_for_input(&s->listener, -1, RECONNECT_MS);
    }
    return NULL;
}

void postgres_listen(store *base)
{
    postgres_store *s = (postgres_store *)base;
    postgres_listener *l = &s->listener;
    pthread_mutex_lock(&l->lock);
    /* Without a pipe or a thread it is tried again at the next wait. */
    if (!l->is_started && pipe2(l->stop, O_CLOEXEC) == 0) {
        l->is_started = pthread_create(&l->thread, NULL, listen_thread, s) == 0;
        if (!l->is_started) {
            close(l->stop[0]);
            close(l->stop[1]);
        }
    }
    pthread_mutex_unlock(&l->lock);
}

void postgres_stop_listening(postgres_store *s)
{
    postgres_listener *l = &s->listener;
    if (!l->is_started)
        return;
    close(l->stop[1]);
    pthread_join(l->thread, NULL);
    close(l->stop[0]);
    l->is_started = false;
}
