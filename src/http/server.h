/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server on libmicrohttpd (epoll, one event thread for each core), behind routes as rows.
 *
 * A handler is one of three kinds, which its row says:
 *
 *   HTTP_INLINE    runs on the event thread once the body is there; must not block
 *   HTTP_BLOCKING  the same on a pool of worker threads (store, files, other servers)
 *   HTTP_UPLOAD    is given the body piece by piece as it arrives, on the event thread; a body of
 *                  any length passes through
 *
 * Each must answer exactly once (http_reply() and its kin), or, if inline, may put it off
 * (http_defer()) and answer from any thread. A second answer is dropped; a handler that returns
 * without one is answered for, with 500.
 *
 * Every answer has X-Request-Id, X-Content-Type-Options: nosniff and, unless the handler says
 * otherwise, Cache-Control: no-store; errors are application/problem+json (RFC 9457). The server
 * refuses by itself, with a problem: addresses that are not clean and framing that means two things
 * (400), unknown routes (404) and methods (405, with Allow), a body over the row's limit (413), a
 * missing or unknown key (401), a role that is too low (403), a rate over the limit (429, with
 * Retry-After), too many connections, and anything while it stops (503). What libmicrohttpd refuses
 * before it shows us the request has its own short page: broken lengths and chunks (400), too many
 * headers (431), other versions of HTTP (505). HEAD is answered by the row for GET, OPTIONS by the
 * server.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/buffer.h"
#include "http/request.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Who may call. Each role may do what those before it may. There is no value 0 on purpose. */
typedef enum http_role {
    HTTP_ROLE_PUBLIC = 1, /* no key needed */
    HTTP_ROLE_PREDICT,
    HTTP_ROLE_AGENT,
    HTTP_ROLE_ADMIN,
} http_role;

/* Which budget of the caller's key a request is taken from. */
typedef enum http_rate {
    HTTP_RATE_NONE = 1, /* not limited: health, metrics */
    HTTP_RATE_PREDICT,
    HTTP_RATE_READ,
    HTTP_RATE_WRITE,
    HTTP_N_RATES,
} http_rate;

typedef enum http_kind { HTTP_INLINE = 1, HTTP_BLOCKING, HTTP_UPLOAD } http_kind;

typedef void (*http_handler)(void *service, http_exchange *x);

/* An upload: all three are called on one event thread. */
typedef struct http_upload {
    /* After the headers. May answer (refuse) at once; then no other is called. Its result is the
     * upload's own state, handed to the others; NULL together with an answer only. */
    void *(*begin)(void *service, http_exchange *x);
    void (*data)(void *service, http_exchange *x, void *state, const char *bytes, size_t length);
    void (*end)(void *service, http_exchange *x, void *state); /* must answer */
    void (*free)(void *state); /* always, also if the client went away */
} http_upload;

/* The body limit of rows that take as much as http_server_options.body_bytes says. */
#define HTTP_BODY_OF_SERVER UINT32_MAX

typedef struct http_route {
    const char *method; /* "GET", "POST", ... ; GET also answers HEAD */
    const char *path;   /* "/models/{v}/promote": {name} matches one segment */
    http_role role;
    uint32_t body_limit; /* bytes; 0: no body allowed; HTTP_UPLOAD: for the handler's own use */
    http_rate rate;
    http_kind kind;
    http_handler handle;       /* NULL for HTTP_UPLOAD */
    const http_upload *upload; /* NULL but for HTTP_UPLOAD */
    bool is_for_peers;         /* peers may call, too, whatever their role */
} http_route;

/* Refuses to compile a constant that is 0, as one that was never given is. */
#define HTTP_GIVEN(TYPE, VALUE) ((TYPE)((VALUE) + 0 * (int)sizeof(char[(VALUE) > 0 ? 1 : -1])))

/* A row. All of it must be given: a row without a role does not compile. */
#define HTTP_ROUTE(METHOD, PATH, ROLE, BODY_LIMIT, RATE, KIND, HANDLER)                            \
    {                                                                                              \
        .method = (METHOD), .path = (PATH), .role = HTTP_GIVEN(http_role, ROLE),                   \
        .body_limit = (BODY_LIMIT), .rate = HTTP_GIVEN(http_rate, RATE),                           \
        .kind = HTTP_GIVEN(http_kind, KIND), .handle = (HANDLER)                                   \
    }
/* The same for peers, too: other servers of the installation. */
#define HTTP_ROUTE_FOR_PEERS(METHOD, PATH, ROLE, BODY_LIMIT, RATE, KIND, HANDLER)                  \
    {                                                                                              \
        .method = (METHOD), .path = (PATH), .role = HTTP_GIVEN(http_role, ROLE),                   \
        .body_limit = (BODY_LIMIT), .rate = HTTP_GIVEN(http_rate, RATE),                           \
        .kind = HTTP_GIVEN(http_kind, KIND), .handle = (HANDLER), .is_for_peers = true             \
    }
#define HTTP_ROUTE_UPLOAD(METHOD, PATH, ROLE, LINE_LIMIT, RATE, UPLOAD)                            \
    {                                                                                              \
        .method = (METHOD), .path = (PATH), .role = HTTP_GIVEN(http_role, ROLE),                   \
        .body_limit = (LINE_LIMIT), .rate = HTTP_GIVEN(http_rate, RATE), .kind = HTTP_UPLOAD,      \
        .upload = (UPLOAD)                                                                         \
    }

/* Rows that share a service and a prefix ("/api/v1", or ""). */
typedef struct http_routes {
    const char *prefix;
    const http_route *rows;
    size_t n_rows;
    void *service; /* handed to the handlers */
} http_routes;

/* Who a key belongs to. */
typedef struct http_identity {
    char id[64]; /* "" for a caller without a key */
    http_role role;
    bool is_peer; /* another server of the installation: see http_route.is_for_peers */
} http_identity;

/* What happened to a request, once it is over. Strings are valid during the call. */
typedef struct http_record {
    const char *method, *route, *path; /* route: the row's prefix + path, "" if none matched */
    const char *request_id, *key_id, *traceparent; /* traceparent: as received, NULL if none */
    const char *remote;                            /* address, without port */
    unsigned status; /* 499: the client went away before the answer was sent; 408: it was cut
                      * because it sent too slowly */
    uint64_t request_bytes, response_bytes; /* of the bodies */
    double seconds;        /* from the headers to the last byte handed to the kernel */
    const http_route *row; /* NULL if none matched */
    const void *note;      /* what the handler left in http_note() */
} http_record;

typedef struct http_server_options {
    const char *listen;       /* "127.0.0.1:8080", "[::]:8080", "0.0.0.0:0" (0: any free port) */
    uint32_t n_threads;       /* event threads; 0: one for each core */
    uint32_t n_workers;       /* threads for HTTP_BLOCKING; 0: 4 */
    uint32_t queue_length;    /* blocking requests that may wait; further ones get 503; 0: 1024 */
    uint32_t n_connections;   /* at the same time; 0: 10,000 */
    uint32_t body_bytes;      /* of rows with HTTP_BODY_OF_SERVER; 0: 1 MB */
    uint32_t header_bytes;    /* of a request, about; 0: 8 KB, as other servers allow. It is cleared
                               * for each request, so that more costs time. */
    uint32_t idle_seconds;    /* between two requests, and without taking of the answer; 0: 60 */
    uint32_t receive_seconds; /* from the request line to the end of the body; 0: 60. An upload
                               * gets a second more for each 4 KB. */
    double rates[HTTP_N_RATES]; /* requests a second for each key (or address); 0: not limited */
    const http_routes *routes;
    size_t n_routes;
    /* Finds the key's owner. False: unknown key. `token` NULL: none was sent; true then gives the
     * role of callers without a key. From event threads: must not block. May be NULL if all routes
     * are public; without a key they are not asked about. */
    bool (*authenticate)(void *context, const char *token, size_t length,
                         http_identity *ret_identity);
    /* After each request, from any thread; must not block. NULL: none. */
    void (*on_done)(void *context, const http_record *record);
    void *context;
} http_server_options;

typedef struct http_server http_server;

/* Listens and serves. ERROR_ARGUMENT (address, a route without role), ERROR_IO, ERROR_PERMISSION
 * (port), ERROR_MEMORY. The options are copied; what they point to is borrowed for the server's
 * life. */
triage_status http_server_start(const http_server_options *options, http_server **ret_server,
                                triage_error *err) TRIAGE_CHECKED;
/* The port that is listened on. */
uint16_t http_server_port(const http_server *server);
/* "http://127.0.0.1:8080": how to reach it from this machine. */
void http_server_url(const http_server *server, char *ret_url, size_t size);
/* Connections open now. */
unsigned http_server_n_connections(const http_server *server);
/* Takes no new connections and closes idle ones; requests under way, and those that had been sent
 * by then, are answered and end their connections (until `timeout_ms`). */
void http_server_drain(http_server *server, int timeout_ms);
/* Drains, cuts what is left, ends all threads, frees; NULL is fine. Handlers that run are waited
 * for, and so are deferred exchanges: whoever has one must answer it. */
void http_server_stop(http_server *server, int timeout_ms);

#endif
