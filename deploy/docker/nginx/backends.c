/* SPDX-License-Identifier: MIT */
/* The addresses behind the names of the backends, as NGINX's upstream. */
#include "front.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_NAMES     16
#define MAX_ADDRESSES 64
#define ADDRESS_SIZE  64

/* One name, and the addresses that it had when it was last looked up. */
typedef struct backend {
    char host[256], port[8];
    char addresses[MAX_ADDRESSES][ADDRESS_SIZE];
    size_t n_addresses;
} backend;

static backend backends_known[MAX_NAMES];
static size_t n_known;
static char last_text[MAX_NAMES * MAX_ADDRESSES * 96 + 512];

static bool is_plain(const char *text, const char *allowed)
{
    return text[0] && text[strspn(text, allowed)] == '\0';
}

/* "HOST:PORT,HOST:PORT" into the table; false if it is none. What stands here becomes part of a
 * configuration file. */
static bool split(const char *list)
{
    char copy[4096], *rest = copy;
    if (snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        return false;
    for (char *item; (item = strsep(&rest, ","));) {
        char *colon = strrchr(item, ':');
        backend *b = &backends_known[n_known];
        if (!colon || n_known == MAX_NAMES)
            return false;
        *colon = '\0';
        if (!is_plain(colon + 1, "0123456789") || strlen(colon + 1) > 5 ||
            strlen(item) >= sizeof b->host ||
            !is_plain(item, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"))
            return false;
        snprintf(b->host, sizeof b->host, "%s", item);
        snprintf(b->port, sizeof b->port, "%s", colon + 1);
        n_known++;
    }
    return n_known > 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void look_up(backend *b)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(b->host, b->port, &hints, &found) != 0)
        return;
    b->n_addresses = 0;
    for (struct addrinfo *i = found; i && b->n_addresses < MAX_ADDRESSES; i = i->ai_next) {
        char host[48], *address = b->addresses[b->n_addresses];
        if (getnameinfo(i->ai_addr, i->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        snprintf(address, ADDRESS_SIZE, i->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                 b->port);
        b->n_addresses++;
    }
    freeaddrinfo(found);
    /* Answers come in any order; that alone is no news. */
    qsort(b->addresses, b->n_addresses, ADDRESS_SIZE, compare);
}

static void write_upstream(char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "upstream backends {\n");
    bool has_any = false;
    for (size_t i = 0; i < n_known; i++)
        for (size_t k = 0; k < backends_known[i].n_addresses; k++) {
            n += (size_t)snprintf(out + n, size - n, "    server %s max_fails=1 fail_timeout=1s;\n",
                                  backends_known[i].addresses[k]);
            has_any = true;
        }
    /* NGINX wants one; this one nobody listens on. */
    if (!has_any)
        n += (size_t)snprintf(out + n, size - n, "    server unix:" FRONT_FOLDER "/nobody;\n");
    snprintf(out + n, size - n, "    keepalive 64;\n    keepalive_timeout 15s;\n}\n");
}

bool follow_backends(const char *backends, bool *ret_is_new)
{
    static char text[sizeof last_text];
    if (n_known == 0 && !split(backends)) {
        sayf("error", "FRONT_BACKENDS is not HOST:PORT[,HOST:PORT...]: '%s'", backends);
        return false;
    }
    for (size_t i = 0; i < n_known; i++)
        look_up(&backends_known[i]);
    write_upstream(text, sizeof text);
    *ret_is_new = strcmp(text, last_text) != 0;
    if (!*ret_is_new)
        return true;
    memcpy(last_text, text, sizeof text);
    return write_file("backends.conf", text);
}
