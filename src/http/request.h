/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer: what handlers see. An exchange belongs to one thread at a time: to
 * the handler's, or, once deferred, to the one that will answer; a deferred exchange is gone with
 * its answer. Strings and values that it gives are valid as long as it is.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/buffer.h"
#include "base/json_flat.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct http_exchange http_exchange;
struct http_identity;

/* --- the request ---------------------------------------------------------------------------- */

const char *http_method(const http_exchange *x);
const char *http_path(const http_exchange *x);
/* The segment that matched {name} of the row's path, percent-decoded; NULL if there is no such
 * name. */
const char *http_path_value(const http_exchange *x, const char *name);
/* The first query parameter of that name, percent-decoded; NULL if it is not there. */
const char *http_query(const http_exchange *x, const char *name);
/* A query parameter as a whole number in [min, max]: `fallback` if it is not there; false, with a
 * problem (400) sent, if it is anything else. */
bool http_query_uint(http_exchange *x, const char *name, uint64_t min, uint64_t max,
                     uint64_t fallback, uint64_t *ret_value);
/* A header's value, or NULL. Names in any case. */
const char *http_header(const http_exchange *x, const char *name);
const char *http_body(const http_exchange *x, size_t *ret_length);
const char *http_request_id(const http_exchange *x);
const struct http_identity *http_caller(const http_exchange *x);
/* Whether the Accept header prefers `type` to application/json. */
bool http_accepts(const http_exchange *x, const char *type);

/*
 * The body as JSON. False, with a problem sent, if it is not JSON (400), too deep, or the content
 * type is something else than JSON (415). `*ret_value` is freed with the exchange.
 */
bool http_body_json(http_exchange *x, const json_value **ret_value);

/* The body as the members of an object without further objects in it (see base/json_flat.h); they
 * are the exchange's. False, with a problem sent, as http_body_json(), and if it is no object
 * (422). */
bool http_body_flat(http_exchange *x, const json_flat **ret_object);

/* Scratch memory of the exchange: empty when the handler begins, kept from request to request. */
buffer *http_scratch(http_exchange *x);

/* Something that the handler wants to find in the record when the request is over. */
#define HTTP_NOTE_SIZE 128
void *http_note(http_exchange *x);

/* --- the answer: exactly one of these ------------------------------------------------------- */

/* `bytes` are copied. */
void http_reply(http_exchange *x, unsigned status, const char *content_type, const void *bytes,
                size_t length);
/* application/json; the buffer's content is copied. A buffer that failed gives 503. */
void http_reply_json(http_exchange *x, unsigned status, const buffer *json);
/* The same without a body: 204, 304. */
void http_reply_empty(http_exchange *x, unsigned status);
/* `bytes` are borrowed for the life of the process (embedded files). `etag` may be NULL. */
void http_reply_static(http_exchange *x, const char *content_type, const char *etag,
                       const void *bytes, size_t length);
/* 200 with a tag (in quotation marks), or 304 if the client has the content with that tag. `bytes`
 * are copied. */
void http_reply_tagged(http_exchange *x, const char *content_type, const char *etag,
                       const void *bytes, size_t length);
/* A file, sent by the kernel; the descriptor is taken over. */
void http_reply_file(http_exchange *x, unsigned status, const char *content_type, int fd,
                     uint64_t offset, uint64_t length);

/*
 * application/problem+json. `detail` is one sentence. `pointer` (JSON pointer into the body, such
 * as "/labels/0", or NULL) names the place. The title is the status's own. 503 gets a Retry-After
 * unless one was set.
 */
void http_problem(http_exchange *x, unsigned status, const char *pointer, const char *detail, ...)
    __attribute__((format(printf, 4, 5)));
/* The problem for a failed call: ERROR_ARGUMENT 400, ERROR_DATA 422, and 503 with Retry-After for
 * what the caller cannot help: a disk, memory, a damaged model, a file that the server may not
 * write (ERROR_PERMISSION: what the caller may do, the route says). Others are 500. */
void http_problem_status(http_exchange *x, triage_status status, const triage_error *err);

/* Adds a header to the answer that follows; both are copied, without control characters. */
void http_set_header(http_exchange *x, const char *name, const char *value);

/* Inline handlers only: the answer comes later, from any thread, by one of the functions above.
 * After this call the exchange is whose it was handed to. */
void http_defer(http_exchange *x);

/* --- an answer that goes on: server-sent events, long lists --------------------------------- */

typedef struct http_stream http_stream;

/*
 * Starts an answer without a length. `read` is called on an event thread whenever there is room:
 * it appends up to about `room` bytes to `out` and returns true to go on, false for the end. If it
 * appends nothing, it is called again after http_stream_wake() (any thread) or a second.
 * `free_context` is called when the answer is over, however it ended; after it the stream is gone,
 * so that whoever wakes it must forget it in there. An answer that was put off may be over before
 * this returns: register the stream under the lock that free_context takes. NULL: out of memory,
 * or already answered; the context is freed.
 */
http_stream *http_reply_stream(http_exchange *x, const char *content_type,
                               bool (*read)(void *context, buffer *out, size_t room),
                               void (*free_context)(void *context), void *context);
void http_stream_wake(http_stream *stream);

#endif
