/* SPDX-License-Identifier: MIT */
/* Noting an answer: the functions of http/request.h that give one. */
#include "http/exchange.h"

#include "http/stream.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

bool answer_begin(http_exchange *x, unsigned status)
{
    if (x->answer.kind != ANSWER_NONE)
        return false;
    x->answer.status = status;
    return true;
}

void answer_add_header(answer *a, const char *name, const char *value)
{
    buffer_append(&a->headers, name, strlen(name) + 1);
    buffer_append(&a->headers, value, strlen(value) + 1);
}

void answer_clear(answer *a)
{
    if (a->is_handed_over) {
        stream_detach(a->stream);
    } else {
        if (a->fd >= 0)
            close(a->fd);
        stream_free(a->stream);
    }
    buffer headers = a->headers, body = a->body;
    *a = (answer){.headers = headers, .body = body, .fd = -1};
}

void answer_end(http_exchange *x)
{
    if (x->thread != DEFERRED)
        return;
    http_shard *shard = x->shard;
    MHD_resume_connection(x->connection);
    shard_let_go_elsewhere(shard);
}

/* Header names and values are the service's own, but may hold what a client sent: what would end a
 * line is left out, as libmicrohttpd would refuse the whole header. */
static void append_clean(buffer *out, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x20 && *text != 0x7F)
            buffer_append_char(out, *text);
    buffer_append_char(out, '\0');
}

void http_set_header(http_exchange *x, const char *name, const char *value)
{
    answer *a = &x->answer;
    if (a->kind != ANSWER_NONE)
        return;
    a->has_cache_control = a->has_cache_control || strcasecmp(name, "Cache-Control") == 0;
    a->has_retry_after = a->has_retry_after || strcasecmp(name, "Retry-After") == 0;
    append_clean(&a->headers, name);
    append_clean(&a->headers, value);
}

static void begin_copied(http_exchange *x, const char *content_type, const void *bytes,
                         size_t length)
{
    answer *a = &x->answer;
    answer_add_header(a, "Content-Type", content_type);
    buffer_append(&a->body, bytes, length);
    a->length = length;
    a->kind = ANSWER_COPIED;
}

void http_reply(http_exchange *x, unsigned status, const char *content_type, const void *bytes,
                size_t length)
{
    if (!answer_begin(x, status))
        return;
    begin_copied(x, content_type, bytes, length);
    answer_end(x);
}

void http_reply_json(http_exchange *x, unsigned status, const buffer *json)
{
    if (json->failed)
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is out of memory.");
    else
        http_reply(x, status, "application/json", json->data, json->length);
}

void http_reply_empty(http_exchange *x, unsigned status)
{
    if (!answer_begin(x, status))
        return;
    x->answer.kind = ANSWER_BORROWED;
    x->answer.bytes = "";
    answer_end(x);
}

/* Whether the client has the content with that tag: If-None-Match is "*" or a list of tags. */
static bool is_known_to_client(const http_exchange *x, const char *etag)
{
    const char *known = http_header(x, "If-None-Match");
    if (!known || strcmp(known, "*") == 0)
        return known;
    size_t length = strlen(etag);
    for (const char *at = strstr(known, etag); at; at = strstr(at + 1, etag)) {
        bool begins = at == known || at[-1] == ' ' || at[-1] == ',' || at[-1] == '/';
        if (begins && (at[length] == '\0' || at[length] == ',' || at[length] == ' '))
            return true;
    }
    return false;
}

void http_reply_tagged(http_exchange *x, const char *content_type, const char *etag,
                       const void *bytes, size_t length)
{
    http_set_header(x, "ETag", etag);
    if (is_known_to_client(x, etag))
        http_reply_empty(x, MHD_HTTP_NOT_MODIFIED);
    else
        http_reply(x, MHD_HTTP_OK, content_type, bytes, length);
}

void http_reply_static(http_exchange *x, const char *content_type, const char *etag,
                       const void *bytes, size_t length)
{
    answer *a = &x->answer;
    if (a->kind != ANSWER_NONE)
        return;
    if (etag) {
        http_set_header(x, "ETag", etag);
        if (!a->has_cache_control)
            http_set_header(x, "Cache-Control", "no-cache"); /* kept, but asked for each time */
        if (is_known_to_client(x, etag)) {
            http_reply_empty(x, MHD_HTTP_NOT_MODIFIED);
            return;
        }
    }
    a->status = MHD_HTTP_OK;
    answer_add_header(a, "Content-Type", content_type);
    a->bytes = bytes;
    a->length = length;
    a->kind = ANSWER_BORROWED;
    answer_end(x);
}

void http_reply_file(http_exchange *x, unsigned status, const char *content_type, int fd,
                     uint64_t offset, uint64_t length)
{
    answer *a = &x->answer;
    if (!answer_begin(x, status)) {
        close(fd);
        return;
    }
    answer_add_header(a, "Content-Type", content_type);
    a->fd = fd;
    a->offset = offset;
    a->length = length;
    a->kind = ANSWER_FILE;
    answer_end(x);
}

http_stream *http_reply_stream(http_exchange *x, const char *content_type,
                               bool (*read)(void *context, buffer *out, size_t room),
                               void (*free_context)(void *context), void *context)
{
    answer *a = &x->answer;
    http_stream *stream = NULL;
    if (answer_begin(x, MHD_HTTP_OK))
        stream = stream_new(x, read, free_context, context);
    if (!stream) {
        http_problem(x, MHD_HTTP_SERVICE_UNAVAILABLE, NULL, "The server is out of memory.");
        free_context(context);
        return NULL;
    }
    answer_add_header(a, "Content-Type", content_type);
    a->stream = stream;
    a->kind = ANSWER_STREAM;
    answer_end(x);
    return stream;
}

void http_defer(http_exchange *x)
{
    if (x->thread != ON_EVENT_THREAD)
        return;
    x->phase = PHASE_HELD;
    x->thread = DEFERRED;
    MHD_suspend_connection(x->connection);
}
