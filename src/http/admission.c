/* SPDX-License-Identifier: MIT */
/* Whether a request may be served, decided before its body is read. */
#include "http/exchange.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How a body is framed must mean the same to us, to libmicrohttpd, and to a proxy before us. */
static bool check_framing(http_exchange *x)
{
    known_headers *h = &x->headers;
    const char *fault = h->fault;
    if (!fault && h->transfer_encoding && h->content_length)
        fault = "There are both Content-Length and Transfer-Encoding.";
    if (!fault && !h->host && x->is_http_1_1)
        fault = "There is no header Host.";
    if (fault) {
        http_problem(x, MHD_HTTP_BAD_REQUEST, NULL, "%s", fault);
        return false;
    }
    if (h->transfer_encoding && strcasecmp(h->transfer_encoding, "chunked") != 0) {
        http_problem(x, MHD_HTTP_NOT_IMPLEMENTED, NULL,
                     "The only Transfer-Encoding that is understood is chunked.");
        return false;
    }
    if (h->content_length && !number_parse_uint(h->content_length, strlen(h->content_length), 0,
                                                UINT64_MAX, &x->content_length)) {
        http_problem(x, MHD_HTTP_BAD_REQUEST, NULL, "The Content-Length is not a number.");
        return false;
    }
    return true;
}

static bool check_target(http_exchange *x)
{
    const char *reason = NULL;
    const char *raw = buffer_string(&x->raw_target);
    target_result result = TARGET_MEMORY;
    if (raw)
        result = target_parse(&x->target, raw, x->raw_target.length, &reason);
    if (result == TARGET_REFUSED)
        http_problem(x, MHD_HTTP_BAD_REQUEST, NULL, "%s", reason);
    if (result == TARGET_MEMORY)
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is out of memory.");
    return result == TARGET_OK;
}

/* The values of a match as strings of their own, in the target's spare memory. */
static void keep_values(http_exchange *x)
{
    char *out = x->target.spare;
    for (unsigned i = 0; i < x->match.row->n_names; i++) {
        router_value *value = &x->match.values[i];
        memcpy(out, value->text, value->length);
        out[value->length] = '\0';
        value->text = out;
        out += value->length + 1;
    }
}

/* OPTIONS is answered here: it only tells what is public anyway. */
static bool find_route(http_exchange *x)
{
    const router *r = x->shard->server->router;
    const target *t = &x->target;
    router_result result = router_find(r, x->method, t->path, t->path_length, &x->match);
    if (result == ROUTER_FOUND) {
        keep_values(x);
        return true;
    }
    bool is_known = result == ROUTER_NO_METHOD || strcmp(t->path, "*") == 0;
    if (!is_known) {
        http_problem(x, MHD_HTTP_NOT_FOUND, NULL, "There is nothing at this address.");
        return false;
    }
    router_append_methods(r, t->path, t->path_length, &x->scratch);
    const char *methods = buffer_string(&x->scratch);
    http_set_header(x, "Allow", methods ? methods : "");
    if (strcmp(x->method, "OPTIONS") == 0)
        http_reply_empty(x, MHD_HTTP_NO_CONTENT);
    else
        http_problem(x, MHD_HTTP_METHOD_NOT_ALLOWED, NULL, "This address does not take %s.",
                     x->method);
    return false;
}

typedef enum key_result { KEY_NONE, KEY_UNKNOWN, KEY_KNOWN } key_result;

/* Finds the caller. Without a key the role is what the service gives to callers without one. */
static key_result find_caller(http_exchange *x)
{
    static const char scheme[] = "Bearer ";
    const http_server_options *options = &x->shard->server->options;
    const known_headers *h = &x->headers;
    http_identity identity = {.role = HTTP_ROLE_PUBLIC};
    if (!h->authorization) {
        if (x->match.row->route->role != HTTP_ROLE_PUBLIC && options->authenticate &&
            options->authenticate(options->context, NULL, 0, &identity))
            x->caller = identity;
        return KEY_NONE;
    }
    const char *token = h->authorization + sizeof scheme - 1;
    if (h->authorization_length < sizeof scheme ||
        strncasecmp(h->authorization, scheme, sizeof scheme - 1) != 0 || !options->authenticate)
        return KEY_UNKNOWN;
    token += strspn(token, " ");
    if (!options->authenticate(options->context, token, strlen(token), &identity))
        return KEY_UNKNOWN;
    x->caller = identity;
    return KEY_KNOWN;
}

/* By the key, or without one by the address: also for keys that are wrong, so that nobody can try
 * them without limit. */
static bool check_rate(http_exchange *x)
{
    http_rate rate = x->match.row->route->rate;
    const address_caller *address = &x->client->caller;
    bool has_id = x->caller.id[0] != '\0';
    unsigned wait = 1;
    if (rate == HTTP_RATE_NONE || !x->shard->server->limit)
        return true;
    if (rate_limit_take(x->shard->server->limit, rate, has_id ? (void *)x->caller.id : address->key,
                        has_id ? strlen(x->caller.id) : address->key_length, x->start, &wait))
        return true;
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", wait);
    http_set_header(x, "Retry-After", seconds);
    http_problem(x, MHD_HTTP_TOO_MANY_REQUESTS, NULL, "Too many requests; try again in %u s.",
                 wait);
    return false;
}

/* A key that is unknown does no harm where none is needed. */
static bool check_role(http_exchange *x, key_result key)
{
    const http_route *route = x->match.row->route;
    if (x->caller.role >= route->role || (x->caller.is_peer && route->is_for_peers))
        return true;
    if (key == KEY_KNOWN) {
        http_problem(x, MHD_HTTP_FORBIDDEN, NULL, "This key's role is not allowed to do this.");
        return false;
    }
    bool is_unknown = key == KEY_UNKNOWN;
    http_set_header(x, "WWW-Authenticate",
                    is_unknown ? "Bearer error=\"invalid_token\"" : "Bearer");
    http_problem(x, MHD_HTTP_UNAUTHORIZED, NULL, "%s",
                 is_unknown ? "The key is not known." : "A key is needed: Authorization: Bearer.");
    return false;
}

static bool check_size(http_exchange *x)
{
    const http_route *route = x->match.row->route;
    x->body_limit = route->body_limit == HTTP_BODY_OF_SERVER ? x->shard->server->options.body_bytes
                                                             : route->body_limit;
    if (route->kind == HTTP_UPLOAD || x->content_length <= x->body_limit)
        return true;
    http_problem(x, MHD_HTTP_CONTENT_TOO_LARGE, NULL, "The body may have %u bytes at most.",
                 (unsigned)x->body_limit);
    return false;
}

bool exchange_is_admitted(http_exchange *x)
{
    x->is_framed = check_framing(x);
    x->has_body = x->headers.transfer_encoding || x->content_length > 0;
    if (!x->is_framed)
        return false;
    if (!check_target(x) || !find_route(x))
        return false;
    key_result key = find_caller(x);
    return check_rate(x) && check_role(x, key) && check_size(x);
}
