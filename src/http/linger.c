/* SPDX-License-Identifier: MIT */
/* Reading on after an early answer. */
#include "http/linger.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client has the answer after a round trip; whoever sends on after that does not listen. */
#define LINGER_SECONDS 2.0
#define LINGER_BYTES   ((size_t)4 << 20)

void linger_init(linger_list *list)
{
    pthread_mutex_init(&list->lock, NULL);
    list->n_entries = 0;
}

void linger_destroy(linger_list *list)
{
    for (size_t i = 0; i < list->n_entries; i++)
        close(list->entries[i].fd);
    list->n_entries = 0;
    pthread_mutex_destroy(&list->lock);
}

void linger_add(linger_list *list, int fd, double now)
{
    shutdown(fd, SHUT_WR);
    pthread_mutex_lock(&list->lock);
    bool is_taken = list->n_entries < LINGER_MAX;
    if (is_taken)
        list->entries[list->n_entries++] = (linger_entry){fd, now + LINGER_SECONDS, LINGER_BYTES};
    pthread_mutex_unlock(&list->lock);
    if (!is_taken)
        close(fd);
}

/* Whether there may be more to come. */
static bool read_on(linger_entry *entry)
{
    char dropped[16384];
    for (;;) {
        ssize_t n = recv(entry->fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        if (n == 0 || (size_t)n >= entry->n_unread)
            return false;
        entry->n_unread -= (size_t)n;
    }
}

void linger_read(linger_list *list, double now)
{
    pthread_mutex_lock(&list->lock);
    for (size_t i = list->n_entries; i-- > 0;) {
        linger_entry *entry = &list->entries[i];
        if (now < entry->until && read_on(entry))
            continue;
        close(entry->fd);
        *entry = list->entries[--list->n_entries];
    }
    pthread_mutex_unlock(&list->lock);
}

size_t linger_descriptors(linger_list *list, int *ret_fds)
{
    pthread_mutex_lock(&list->lock);
    size_t n = list->n_entries;
    for (size_t i = 0; i < n; i++)
        ret_fds[i] = list->entries[i].fd;
    pthread_mutex_unlock(&list->lock);
    return n;
}
