/* SPDX-License-Identifier: MIT */
/*
 * Connections that were answered before all of the request was read. Closed at once, the kernel
 * would reset them, and clients that are still sending would never see why. So what they send is
 * read and dropped for a moment.
 */
#ifndef HTTP_LINGER_H
#define HTTP_LINGER_H

#include <pthread.h>
#include <stddef.h>

/* So many at a time; further ones are closed at once. */
#define LINGER_MAX 64

typedef struct linger_entry {
    int fd;
    double until;    /* clock_seconds() */
    size_t n_unread; /* bytes that will be dropped before it is closed anyhow */
} linger_entry;

typedef struct linger_list {
    pthread_mutex_t lock; /* guards all below; innermost */
    size_t n_entries;
    linger_entry entries[LINGER_MAX];
} linger_list;

void linger_init(linger_list *list);
void linger_destroy(linger_list *list); /* closes all */

/* Takes `fd` over, which is non-blocking and to which nothing more will be written. Any thread. */
void linger_add(linger_list *list, int fd, double now);

/* Reads and drops what has come; closes what has ended. From one thread. */
void linger_read(linger_list *list, double now);

/* The descriptors to wait for, at most LINGER_MAX. */
size_t linger_descriptors(linger_list *list, int *ret_fds);

#endif
