/* SPDX-License-Identifier: MIT */
/*
 * The thread that accepts connections and deals them out to the event threads in turn; once a
 * second it cuts connections whose time is up and wakes streams.
 */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "http/shard.h"

/* Starts the thread of a server whose sockets and shards are there. ERROR_MEMORY. */
triage_status listener_start(http_server *server, triage_error *err) TRIAGE_CHECKED;
/* Has it look at the server's flags now: while draining it closes the socket. */
void listener_wake(http_server *server);
/* Ends the thread if there is one. */
void listener_stop(http_server *server);

#endif
