/* SPDX-License-Identifier: MIT */
/*
 * The inside of an exchange: a request as it comes in, and the answer that it gets. Exchanges are
 * kept by their event thread and used again with their memory, so that a request costs no
 * allocation of ours but for what the answer needs.
 *
 * The answer is only noted by the functions of http/request.h, on whatever thread; it is given to
 * libmicrohttpd on the event thread (send.c).
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/request.h"
#include "http/router.h"
#include "http/shard.h"
#include "http/target.h"

#define REQUEST_ID_SIZE 65

typedef enum exchange_phase {
    PHASE_HEADERS, /* the request line is there, headers are not */
    PHASE_BODY,    /* headers are there; the body comes in */
    PHASE_HELD,    /* suspended: a worker or somebody else has it */
    PHASE_SENT,    /* the answer was handed to libmicrohttpd, or written */
} exchange_phase;

typedef enum exchange_thread { ON_EVENT_THREAD, ON_WORKER, DEFERRED } exchange_thread;

/* Headers that the server itself looks at, collected in one pass; NULL: not there. */
typedef struct known_headers {
    const char *host, *authorization, *request_id, *content_type, *content_length,
        *transfer_encoding, *expect;
    const char *fault; /* why the request must not be served, or NULL */
    size_t authorization_length, request_id_length;
} known_headers;

typedef enum answer_kind {
    ANSWER_NONE,
    ANSWER_COPIED,   /* answer.body */
    ANSWER_BORROWED, /* answer.bytes */
    ANSWER_FILE,
    ANSWER_STREAM,
} answer_kind;

typedef struct answer {
    answer_kind kind;
    unsigned status;
    buffer headers; /* name, NUL, value, NUL, ... */
    buffer body;
    const void *bytes;
    uint64_t length, offset; /* length: of all kinds but streams, whose bytes it counts */
    int fd;                  /* of a file; -1: none, or libmicrohttpd has it */
    http_stream *stream;     /* owned until it is handed over */
    bool is_handed_over;     /* libmicrohttpd frees the file or stream */
    bool has_cache_control, has_retry_after;
} answer;

struct http_exchange {
    struct http_exchange *next; /* in the list of those not in use */
    http_shard *shard;
    http_connection *client;
    struct MHD_Connection *connection;
    exchange_phase phase;
    exchange_thread thread;
    double start; /* clock_seconds() when the request line was there */

    char method[16]; /* cut if longer: then it is none that a row has */
    buffer raw_target;
    target target;
    known_headers headers;
    char request_id[REQUEST_ID_SIZE], traceparent[64];
    http_identity caller;

    router_match match; /* row NULL: none */
    uint64_t content_length;
    bool is_http_1_1;
    bool is_framed; /* where the request ends is beyond doubt */
    bool has_body;
    bool is_early; /* answered before the body was read; the connection is closed */
    buffer body;
    uint64_t n_received;
    void *upload; /* its state */
    bool has_upload;
    json_parser *parser;
    json_value *json;
    json_flat flat;
    buffer scratch;
    uint32_t body_limit; /* of the row that matched */
    _Alignas(8) unsigned char note[HTTP_NOTE_SIZE];

    answer answer;
};

/* An exchange for a request that begins; NULL if out of memory. Event thread. */
http_exchange *exchange_take(http_shard *shard, http_connection *client,
                             struct MHD_Connection *connection, const char *raw_target);
/* Frees what belongs to the request and keeps the rest. Event thread. */
void exchange_give_back(http_exchange *x);
/* Frees the list of those not in use. */
void exchange_free_list(http_exchange *first);

/* Reads the headers that the server needs and settles the request's id. Event thread. */
void exchange_read_headers(http_exchange *x);

/* Whether the request may be served: framing, address, route, key, rate, role, size, in this order.
 * If not, the answer is noted. Event thread. */
bool exchange_is_admitted(http_exchange *x);

/* --- the answer ----------------------------------------------------------------------------- */

/* Begins the answer; false if there is one already. */
bool answer_begin(http_exchange *x, unsigned status);
void answer_add_header(answer *a, const char *name, const char *value);
/* The answer is complete: a deferred exchange goes back to its event thread. */
void answer_end(http_exchange *x);
void answer_clear(answer *a);

/* Hands the answer to libmicrohttpd; false: the connection must be closed. Event thread. */
bool answer_send(http_exchange *x);
/* Writes the answer past libmicrohttpd, in the middle of a body that goes on, where it takes none.
 * The connection must be closed afterwards. Event thread. */
void answer_write(http_exchange *x);

#endif
