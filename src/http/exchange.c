/* SPDX-License-Identifier: MIT */
/* The life of an exchange, and the request as handlers see it. */
#include "http/exchange.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "http/media_type.h"

#include <stdlib.h>
#include <string.h>

/* Exchanges that an event thread keeps for later; and the largest buffer that one keeps. */
#define MAX_SPARE      256
#define MAX_KEPT_BYTES ((size_t)64 << 10)

/* --- life ----------------------------------------------------------------------------------- */

static void reset(http_exchange *x)
{
    x->phase = PHASE_HEADERS;
    x->thread = ON_EVENT_THREAD;
    x->headers = (known_headers){0};
    x->traceparent[0] = '\0';
    x->caller = (http_identity){.role = HTTP_ROLE_PUBLIC};
    x->match.row = NULL;
    x->content_length = x->n_received = 0;
    x->is_framed = x->has_body = x->is_early = x->has_upload = false;
    x->upload = NULL;
    x->json = NULL;
    memset(x->note, 0, sizeof x->note);
    x->target.path = "";
    x->target.path_length = 0;
    x->target.n_parameters = 0;
}

static http_exchange *exchange_new(http_shard *shard)
{
    http_exchange *x = mem_new_zeroed(1, sizeof *x);
    if (!x)
        return NULL;
    x->shard = shard;
    x->answer.fd = -1;
    return x;
}

/* 16 hexadecimal digits: unique within the process, and among processes but for chance. */
static void make_request_id(http_exchange *x)
{
    uint64_t id = hash_mix(x->shard->next_id++);
    for (int i = 15; i >= 0; i--, id >>= 4)
        x->request_id[i] = "0123456789abcdef"[id & 15];
    x->request_id[16] = '\0';
}

http_exchange *exchange_take(http_shard *shard, http_connection *client,
                             struct MHD_Connection *connection, const char *raw_target)
{
    http_exchange *x = shard->spare;
    if (x) {
        shard->spare = x->next;
        shard->n_spare--;
    } else {
        x = exchange_new(shard);
        if (!x)
            return NULL;
    }
    reset(x);
    x->client = client;
    x->connection = connection;
    x->start = clock_seconds();
    x->method[0] = '\0';
    make_request_id(x);
    buffer_append_text(&x->raw_target, raw_target);
    return x;
}

static void empty(buffer *b)
{
    if (b->capacity > MAX_KEPT_BYTES)
        buffer_free(b);
    else
        buffer_clear(b);
}

static void exchange_free(http_exchange *x)
{
    answer_clear(&x->answer);
    buffer_free(&x->answer.headers);
    buffer_free(&x->answer.body);
    buffer_free(&x->raw_target);
    buffer_free(&x->body);
    buffer_free(&x->scratch);
    target_free(&x->target);
    json_parser_free(x->parser);
    json_flat_free(&x->flat);
    free(x);
}

void exchange_give_back(http_exchange *x)
{
    if (x->has_upload)
        x->match.row->route->upload->free(x->upload);
    json_free(x->json);
    answer_clear(&x->answer);
    empty(&x->answer.headers);
    empty(&x->answer.body);
    empty(&x->raw_target);
    empty(&x->body);
    empty(&x->scratch);
    http_shard *shard = x->shard;
    if (shard->n_spare >= MAX_SPARE) {
        exchange_free(x);
        return;
    }
    x->next = shard->spare;
    shard->spare = x;
    shard->n_spare++;
}

void exchange_free_list(http_exchange *first)
{
    while (first) {
        http_exchange *next = first->next;
        exchange_free(first);
        first = next;
    }
}

/* --- headers -------------------------------------------------------------------------------- */

static bool is_name(const char *name, size_t length, const char *wanted)
{
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != wanted[i])
            return false;
    }
    return true;
}

/* Notes a header of which there must be one at most: two of it are how requests are smuggled past
 * a proxy. */
static void note_single(known_headers *h, const char **slot, const char *value, const char *fault)
{
    if (*slot)
        h->fault = fault;
    *slot = value;
}

/* By length first, so that most headers cost one comparison of numbers. */
static enum MHD_Result collect_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      size_t length, const char *value, size_t value_length)
{
    http_exchange *x = context;
    known_headers *h = &x->headers;
    (void)kind;
    if (!value)
        value = "";
    if (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t'))
        h->fault = "A header's name ends with a space.";
    switch (length) {
    case 4:
        if (is_name(name, length, "host"))
            note_single(h, &h->host, value, "There are two headers Host.");
        break;
    case 6:
        if (is_name(name, length, "expect"))
            h->expect = value;
        break;
    case 11:
        if (is_name(name, length, "traceparent") && value_length < sizeof x->traceparent)
            memcpy(x->traceparent, value, value_length + 1);
        break;
    case 12:
        if (is_name(name, length, "content-type"))
            note_single(h, &h->content_type, value, "There are two headers Content-Type.");
        else if (is_name(name, length, "x-request-id")) {
            h->request_id = value;
            h->request_id_length = value_length;
        }
        break;
    case 13:
        if (is_name(name, length, "authorization")) {
            note_single(h, &h->authorization, value, "There are two headers Authorization.");
            h->authorization_length = value_length;
        }
        break;
    case 14:
        if (is_name(name, length, "content-length"))
            note_single(h, &h->content_length, value, "There are two headers Content-Length.");
        break;
    case 17:
        if (is_name(name, length, "transfer-encoding"))
            note_single(h, &h->transfer_encoding, value,
                        "There are two headers Transfer-Encoding.");
        break;
    default: break;
    }
    return MHD_YES;
}

/* What a log, a shell and a URL take as it is. */
static bool is_request_id(const char *id, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = id[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return length > 0 && length < REQUEST_ID_SIZE;
}

void exchange_read_headers(http_exchange *x)
{
    known_headers *h = &x->headers;
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, collect_header, x);
    if (h->request_id && is_request_id(h->request_id, h->request_id_length))
        memcpy(x->request_id, h->request_id, h->request_id_length + 1);
}

/* --- what handlers see ---------------------------------------------------------------------- */

const char *http_method(const http_exchange *x)
{
    return x->method;
}

const char *http_path(const http_exchange *x)
{
    return x->target.path;
}

const char *http_path_value(const http_exchange *x, const char *name)
{
    const router_value *value = x->match.row ? router_value_of(&x->match, name) : NULL;
    return value ? value->text : NULL;
}

const char *http_query(const http_exchange *x, const char *name)
{
    return target_query(&x->target, name);
}

bool http_query_uint(http_exchange *x, const char *name, uint64_t min, uint64_t max,
                     uint64_t fallback, uint64_t *ret_value)
{
    const char *text = http_query(x, name);
    if (!text) {
        *ret_value = fallback;
        return true;
    }
    if (number_parse_uint(text, strlen(text), min, max, ret_value))
        return true;
    http_problem(x, MHD_HTTP_BAD_REQUEST, NULL,
                 "The parameter '%s' is not a whole number from %llu to %llu.", name,
                 (unsigned long long)min, (unsigned long long)max);
    return false;
}

const char *http_header(const http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *http_body(const http_exchange *x, size_t *ret_length)
{
    *ret_length = x->body.length;
    return x->body.data ? x->body.data : "";
}

const char *http_request_id(const http_exchange *x)
{
    return x->request_id;
}

const http_identity *http_caller(const http_exchange *x)
{
    return &x->caller;
}

bool http_accepts(const http_exchange *x, const char *type)
{
    return media_type_is_preferred(http_header(x, "Accept"), type, "application/json");
}

/* Whether the body says to be JSON, and is something. False with a problem sent. */
static bool expects_json(http_exchange *x)
{
    const char *type = x->headers.content_type;
    if (type && !media_type_is_json(type)) {
        http_problem(x, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, NULL,
                     "The body's Content-Type must be application/json.");
        return false;
    }
    if (x->body.length == 0) {
        http_problem(x, MHD_HTTP_BAD_REQUEST, NULL, "The body is empty; it must be JSON.");
        return false;
    }
    return true;
}

bool http_body_flat(http_exchange *x, const json_flat **ret_object)
{
    const json_value *value;
    const char *sentence;
    if (!expects_json(x))
        return false;
    *ret_object = &x->flat;
    if (json_flat_read(&x->flat, x->body.data, x->body.length))
        return true;
    if (!http_body_json(x, &value))
        return false;
    if (json_flat_take(&x->flat, value, &sentence))
        return true;
    http_problem(x, MHD_HTTP_UNPROCESSABLE_CONTENT, "", "%s", sentence);
    return false;
}

bool http_body_json(http_exchange *x, const json_value **ret_value)
{
    triage_error err;
    if (!expects_json(x))
        return false;
    if (!x->parser)
        x->parser = json_parser_new();
    if (!x->parser) {
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is out of memory.");
        return false;
    }
    json_free(x->json);
    x->json = NULL;
    triage_status status = json_parse(x->parser, x->body.data, x->body.length, &x->json, &err);
    if (status == TRIAGE_ERROR_DATA)
        http_problem(x, MHD_HTTP_BAD_REQUEST, NULL, "The body is %s.", err.message);
    else if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    if (status == TRIAGE_OK)
        *ret_value = x->json;
    return status == TRIAGE_OK;
}

buffer *http_scratch(http_exchange *x)
{
    return &x->scratch;
}

void *http_note(http_exchange *x)
{
    return x->note;
}
