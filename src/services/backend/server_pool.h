/* SPDX-License-Identifier: MIT */
/*
 * The inference servers that calls go to. Each address that the host of a URL has is a server of
 * its own, as behind one name there may be several; names are looked up again and again, so that
 * servers may come and go. A server that has just failed is left out if there is another.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_BACKEND_SERVER_POOL_H
#define SERVICES_BACKEND_SERVER_POOL_H

#include "http/address.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct server_pool server_pool;

/* A server to call. */
typedef struct server_choice {
    const char *url;                     /* with the path; lives as long as the pool */
    char address[ADDRESS_AND_PORT_SIZE]; /* where to connect to; "": the name is not known yet, or
                                          * cannot be looked up here */
} server_choice;

/* `path` is put behind each URL. ERROR_ARGUMENT: a URL that is none. ERROR_MEMORY, ERROR_IO. */
triage_status server_pool_new(const char *const *urls, size_t n_urls, const char *path,
                              server_pool **ret_pool, triage_error *err) TRIAGE_CHECKED;
void server_pool_free(server_pool *pool); /* NULL is fine */

/* The next server in turn that has not just failed; if all have, the next one. */
void server_pool_pick(server_pool *pool, server_choice *ret_choice);

/* How the call went. After a failure others are preferred for a second, longer if it is not the
 * first in a row, and names are looked up again at once. */
void server_pool_tell(server_pool *pool, const server_choice *choice, bool is_well);

/* How many servers are known now. */
size_t server_pool_count(server_pool *pool);

#endif
