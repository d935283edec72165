/* SPDX-License-Identifier: MIT */
/* A client: one easy handle of libcurl, which keeps its connections. */
#include "http/client.h"

#include "base/error.h"
#include "base/mem.h"
#include "http/curl_library.h"
#include "triage/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_CONNECT_MS         1000
#define DEFAULT_TOTAL_MS           5000
#define DEFAULT_CONNECTION_SECONDS 30
#define DEFAULT_RESPONSE_BYTES     ((size_t)16 << 20)

/* Connections to different servers that a client keeps. */
#define MAX_CONNECTIONS 64L

struct http_client {
    curl_library curl;
    CURL *handle;
    size_t max_response_bytes;
    bool (*is_cancelled)(void *context);
    void *cancel_context;
    char error[CURL_ERROR_SIZE];
};

/* The answer as it comes in. */
typedef struct reception {
    buffer *body;
    size_t start, max; /* length before; bytes that may be added */
    bool is_too_long, has_whole_head;
} reception;

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    reception *r = context;
    size_t length;
    if (!size_multiply(size, count, &length) || length > r->max - (r->body->length - r->start)) {
        r->is_too_long = true;
        return 0;
    }
    buffer_append(r->body, bytes, length);
    return r->body->failed ? 0 : length;
}

/* Called for each line of the head. libcurl takes a head that is cut off for a whole one. */
static size_t receive_head(char *line, size_t size, size_t count, void *context)
{
    reception *r = context;
    size_t length = size * count;
    r->has_whole_head = length > 0 && (line[0] == '\r' || line[0] == '\n');
    return length;
}

static long or_default(uint32_t value, long fallback)
{
    return value ? (long)value : fallback;
}

/* For CURLOPT_XFERINFOFUNCTION; it ends the transfer if it is not 0. */
static int look_whether_cancelled(void *context, curl_off_t total, curl_off_t now,
                                  curl_off_t upload_total, curl_off_t upload_now)
{
    const http_client *c = context;
    (void)total, (void)now, (void)upload_total, (void)upload_now;
    return c->is_cancelled(c->cancel_context);
}

/* What holds for all calls. Nothing comes from the environment: no proxy, no .netrc. */
static bool set_options(http_client *c, const http_client_options *o)
{
    const curl_library *l = &c->curl;
    CURL *h = c->handle;
    bool is_set =
        l->easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_USERAGENT, "triage/" TRIAGE_VERSION) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_ERRORBUFFER, c->error) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_HEADERFUNCTION, receive_head) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                       or_default(o->connect_ms, DEFAULT_CONNECT_MS)) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_TIMEOUT_MS, or_default(o->total_ms, DEFAULT_TOTAL_MS)) ==
            CURLE_OK &&
        l->easy_setopt(h, CURLOPT_MAXCONNECTS, MAX_CONNECTIONS) == CURLE_OK &&
        l->easy_setopt(h, CURLOPT_MAXLIFETIME_CONN,
                       or_default(o->connection_seconds, DEFAULT_CONNECTION_SECONDS)) == CURLE_OK;
    if (is_set && o->ca_file)
        is_set = l->easy_setopt(h, CURLOPT_CAINFO, o->ca_file) == CURLE_OK;
    if (is_set && o->is_cancelled)
        is_set = l->easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look_whether_cancelled) == CURLE_OK &&
                 l->easy_setopt(h, CURLOPT_XFERINFODATA, c) == CURLE_OK &&
                 l->easy_setopt(h, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
    return is_set;
}

triage_status http_client_new(const http_client_options *options, http_client **ret_client,
                              triage_error *err)
{
    static const http_client_options defaults;
    if (!options)
        options = &defaults;
    http_client *c = mem_new_zeroed(1, sizeof *c);
    if (!c)
        return error_memory(err);
    triage_status status = curl_library_open(&c->curl, err);
    if (status == TRIAGE_OK) {
        c->max_response_bytes =
            options->max_response_bytes ? options->max_response_bytes : DEFAULT_RESPONSE_BYTES;
        c->is_cancelled = options->is_cancelled;
        c->cancel_context = options->cancel_context;
        c->handle = c->curl.easy_init();
        if (!c->handle || !set_options(c, options))
            status = error_memory(err);
    }
    if (status == TRIAGE_OK)
        *ret_client = c;
    else
        http_client_free(c);
    return status;
}

void http_client_free(http_client *c)
{
    if (!c)
        return;
    if (c->handle)
        c->curl.easy_cleanup(c->handle);
    curl_library_close(&c->curl);
    free(c);
}

/* --- a call --------------------------------------------------------------------------------- */

static bool append(const curl_library *l, struct curl_slist **list, const char *header)
{
    struct curl_slist *longer = l->slist_append(*list, header);
    if (longer)
        *list = longer;
    return longer;
}

/* The caller's headers; libcurl's own for bodies are switched off. */
static bool make_headers(const curl_library *l, const http_call *call, struct curl_slist **ret_list)
{
    static const char content_type[] = "Content-Type:";
    bool has_type = false;
    bool is_made = append(l, ret_list, "Expect:");
    for (size_t i = 0; is_made && call->headers && call->headers[i]; i++) {
        is_made = append(l, ret_list, call->headers[i]);
        has_type =
            has_type || strncasecmp(call->headers[i], content_type, sizeof content_type - 1) == 0;
    }
    return is_made && (has_type || append(l, ret_list, content_type));
}

/* For any host and port that a URL names; empty if it is to be the URL's own. */
static bool make_route(const curl_library *l, const http_call *call, struct curl_slist **ret_list)
{
    char route[160];
    if (!call->connect_to)
        return true;
    int length = snprintf(route, sizeof route, "::%s", call->connect_to);
    return length > 0 && (size_t)length < sizeof route && append(l, ret_list, route);
}

static bool set_call(http_client *c, const http_call *call, struct curl_slist *headers,
                     struct curl_slist *route, reception *response)
{
    const curl_library *l = &c->curl;
    CURL *h = c->handle;
    bool is_head = strcmp(call->method, "HEAD") == 0;
    bool has_body = call->body || strcmp(call->method, "POST") == 0 ||
                    strcmp(call->method, "PUT") == 0 || strcmp(call->method, "PATCH") == 0;
    bool is_set = l->easy_setopt(h, CURLOPT_NOBODY, is_head ? 1L : 0L) == CURLE_OK &&
                  (is_head || l->easy_setopt(h, CURLOPT_HTTPGET, 1L) == CURLE_OK) &&
                  l->easy_setopt(h, CURLOPT_URL, call->url) == CURLE_OK &&
                  l->easy_setopt(h, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
                  l->easy_setopt(h, CURLOPT_CONNECT_TO, route) == CURLE_OK &&
                  l->easy_setopt(h, CURLOPT_HEADERDATA, response) == CURLE_OK &&
                  l->easy_setopt(h, CURLOPT_WRITEDATA, response) == CURLE_OK;
    if (is_set && has_body && !is_head)
        is_set = l->easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length) ==
                     CURLE_OK &&
                 l->easy_setopt(h, CURLOPT_POSTFIELDS, call->body ? call->body : "") == CURLE_OK;
    return is_set && l->easy_setopt(h, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
}

/* Whether the request cannot have reached anybody who works on it: there was no connection, or one
 * that was kept from an earlier call and that the server had closed. */
static bool is_safe_to_retry(const http_client *c, CURLcode code)
{
    long n_connects = 1, header_bytes = 0;
    curl_off_t connect_time = 0;
    c->curl.easy_getinfo(c->handle, CURLINFO_NUM_CONNECTS, &n_connects);
    c->curl.easy_getinfo(c->handle, CURLINFO_HEADER_SIZE, &header_bytes);
    c->curl.easy_getinfo(c->handle, CURLINFO_CONNECT_TIME_T, &connect_time);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return true;
    case CURLE_OPERATION_TIMEDOUT: return n_connects > 0 && connect_time == 0;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return n_connects == 0 && header_bytes == 0;
    default: return false;
    }
}

/* Whether the address itself is wrong. An answer in no known protocol has the same code, but came
 * after the request was sent. */
static bool is_bad_url(const http_client *c, CURLcode code)
{
    curl_off_t sent_after = 0;
    c->curl.easy_getinfo(c->handle, CURLINFO_PRETRANSFER_TIME_T, &sent_after);
    return code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && sent_after == 0);
}

static triage_status fail(const http_client *c, const http_call *call, CURLcode code,
                          const reception *r, triage_error *err)
{
    const char *reason = c->error[0] ? c->error : c->curl.easy_strerror(code);
    if (r->body->failed || code == CURLE_OUT_OF_MEMORY)
        return error_memory(err);
    if (r->is_too_long)
        return error_set(err, TRIAGE_ERROR_IO, "%s %s: the answer is longer than %zu bytes",
                         call->method, call->url, r->max);
    if (is_bad_url(c, code))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s %s: %s", call->method, call->url, reason);
    return error_set(err, TRIAGE_ERROR_IO, "%s %s: %s", call->method, call->url, reason);
}

triage_status http_client_call(http_client *c, const http_call *call, unsigned *ret_status,
                               buffer *response, bool *ret_is_safe_to_retry, triage_error *err)
{
    struct curl_slist *headers = NULL, *route = NULL;
    reception r = {.body = response, .start = response->length, .max = c->max_response_bytes};
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long http_status = 0;
    c->error[0] = '\0';
    if (make_headers(&c->curl, call, &headers) && make_route(&c->curl, call, &route) &&
        set_call(c, call, headers, route, &r))
        code = c->curl.easy_perform(c->handle);
    c->curl.slist_free_all(headers);
    c->curl.slist_free_all(route);
    if (code == CURLE_OK && !r.has_whole_head)
        code = CURLE_PARTIAL_FILE;
    if (ret_is_safe_to_retry)
        *ret_is_safe_to_retry = code != CURLE_OK && is_safe_to_retry(c, code);
    if (code == CURLE_OK)
        code = c->curl.easy_getinfo(c->handle, CURLINFO_RESPONSE_CODE, &http_status);
    if (code == CURLE_OK) {
        *ret_status = (unsigned)http_status;
        return TRIAGE_OK;
    }
    triage_status status = fail(c, call, code, &r, err);
    response->length = r.start;
    response->failed = false;
    return status;
}
