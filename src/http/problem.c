/* SPDX-License-Identifier: MIT */
/* Errors as application/problem+json (RFC 9457). */
#include "http/exchange.h"

#include <stdarg.h>
#include <stdio.h>

static void write_problem(http_exchange *x, unsigned status, const char *pointer,
                          const char *detail)
{
    char instance[REQUEST_ID_SIZE + 16];
    json_writer w = {.out = &x->answer.body};
    snprintf(instance, sizeof instance, "urn:request:%s", x->request_id);
    json_begin_object(&w);
    json_write_key(&w, "type");
    json_write_text(&w, "about:blank");
    json_write_key(&w, "title");
    json_write_text(&w, MHD_get_reason_phrase_for(status));
    json_write_key(&w, "status");
    json_write_uint(&w, status);
    json_write_key(&w, "detail");
    json_write_text(&w, detail);
    json_write_key(&w, "instance");
    json_write_text(&w, instance);
    if (pointer) {
        json_write_key(&w, "errors");
        json_begin_array(&w);
        json_begin_object(&w);
        json_write_key(&w, "pointer");
        json_write_text(&w, pointer);
        json_write_key(&w, "message");
        json_write_text(&w, detail);
        json_end_object(&w);
        json_end_array(&w);
    }
    json_end_object(&w);
}

void http_problem(http_exchange *x, unsigned status, const char *pointer, const char *detail, ...)
{
    char text[TRIAGE_ERROR_MESSAGE_SIZE + 64];
    answer *a = &x->answer;
    va_list args;
    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    if (!answer_begin(x, status))
        return;
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE && !a->has_retry_after)
        http_set_header(x, "Retry-After", "1");
    answer_add_header(a, "Content-Type", "application/problem+json");
    write_problem(x, status, pointer, text);
    a->length = a->body.length;
    a->kind = ANSWER_COPIED;
    answer_end(x);
}

void http_problem_status(http_exchange *x, triage_status status, const triage_error *err)
{
    unsigned code = MHD_HTTP_INTERNAL_SERVER_ERROR;
    switch (status) {
    case TRIAGE_ERROR_ARGUMENT: code = MHD_HTTP_BAD_REQUEST; break;
    case TRIAGE_ERROR_DATA: code = MHD_HTTP_UNPROCESSABLE_CONTENT; break;
    case TRIAGE_ERROR_PERMISSION: /* the server's own, of a file or a database */
    case TRIAGE_ERROR_MODEL:
    case TRIAGE_ERROR_VERSION:
    case TRIAGE_ERROR_IO:
    case TRIAGE_ERROR_MEMORY: code = MHD_HTTP_SERVICE_UNAVAILABLE; break;
    default: break;
    }
    http_problem(x, code, NULL, "%s", err ? err->message : triage_status_text(status));
}
