/* SPDX-License-Identifier: MIT */
/*
 * HTTP requests to other servers, over connections that are kept alive (libcurl, loaded when the
 * first client is made). A client is thread-owned: one request at a time.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/buffer.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct http_client http_client;

typedef struct http_client_options {
    uint32_t connect_ms, total_ms; /* limits; 0: 1,000 and 5,000 */
    uint32_t connection_seconds;   /* a connection older than this is not used again, so that new
                                    * servers behind a name are found; 0: 30 */
    size_t max_response_bytes;     /* 0: 16 MB */
    const char *ca_file;           /* NULL: the system's */
    /* Asked during a call, about once a second: true ends it (ERROR_IO). NULL: none. */
    bool (*is_cancelled)(void *context);
    void *cancel_context;
} http_client_options;

/* ERROR_MEMORY; ERROR_IO with a sentence if libcurl is not installed. */
triage_status http_client_new(const http_client_options *options, http_client **ret_client,
                              triage_error *err) TRIAGE_CHECKED;
void http_client_free(http_client *client); /* NULL is fine */

typedef struct http_call {
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const void *body;
    size_t body_length;
    /* "ADDRESS:PORT": connect there, whatever address the URL's host has; NULL: to the host */
    const char *connect_to;
} http_call;

/*
 * Makes the call; the body of the answer is appended to `response`. Any status is a success.
 * ERROR_IO: not reachable, cut off or timed out; `*ret_is_safe_to_retry` (may be NULL) says that
 * the server cannot have begun to work on it. Redirects are not followed.
 */
triage_status http_client_call(http_client *client, const http_call *call, unsigned *ret_status,
                               buffer *response, bool *ret_is_safe_to_retry,
                               triage_error *err) TRIAGE_CHECKED;

#endif
