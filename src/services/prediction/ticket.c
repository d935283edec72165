/* SPDX-License-Identifier: MIT */
/* Reading one ticket from JSON, with a fault that says where and why. */
#include "services/prediction/ticket.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A JSON pointer (RFC 6901) to a member of the outermost object: '~' and '/' are escaped. */
static void point_to(request_fault *fault, const char *member)
{
    size_t at = 0;
    fault->pointer[at++] = '/';
    for (; *member && at + 3 < sizeof fault->pointer; member++) {
        if (*member == '~' || *member == '/') {
            fault->pointer[at++] = '~';
            fault->pointer[at++] = *member == '~' ? '0' : '1';
        } else {
            fault->pointer[at++] = *member;
        }
    }
    fault->pointer[at] = '\0';
}

bool request_fault_set(request_fault *fault, const char *member, const char *format, ...)
{
    va_list args;
    fault->pointer[0] = '\0';
    if (member)
        point_to(fault, member);
    va_start(args, format);
    vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    return false;
}

bool request_has_only(const json_flat *object, const char *const *names, request_fault *ret_fault)
{
    for (size_t k = 0; k < object->n; k++) {
        const char *name = object->members[k].name;
        size_t i = 0;
        while (names[i] && strcmp(names[i], name) != 0)
            i++;
        if (!names[i])
            return request_fault_set(ret_fault, name, "unknown member '%.60s'", name);
    }
    return true;
}

bool request_string(const json_flat *object, const char *name, size_t max, const char **ret_text,
                    size_t *ret_length, request_fault *ret_fault)
{
    const json_flat_member *member = json_flat_find(object, name);
    *ret_text = NULL;
    *ret_length = 0;
    if (!member || member->kind == JSON_NULL)
        return true;
    if (member->kind != JSON_STRING)
        return request_fault_set(ret_fault, name, "'%s' must be a string, not %s", name,
                                 json_kind_name(member->kind));
    if (member->length > max)
        return request_fault_set(ret_fault, name, "'%s' has %zu bytes, more than %zu", name,
                                 member->length, max);
    *ret_text = member->text;
    *ret_length = member->length;
    return true;
}

/* The text, or subject and body joined. */
static bool read_text(const json_flat *object, buffer *joined, ticket_request *t,
                      request_fault *fault)
{
    const char *subject, *body;
    size_t subject_length, body_length;
    if (!request_string(object, "text", SIZE_MAX, &t->text, &t->length, fault) ||
        !request_string(object, "subject", SIZE_MAX, &subject, &subject_length, fault) ||
        !request_string(object, "body", SIZE_MAX, &body, &body_length, fault))
        return false;
    if (t->text && (subject || body))
        return request_fault_set(fault, "text", "either 'text' or 'subject' and 'body', not both");
    if (t->text)
        return true;
    if (!subject && !body)
        return request_fault_set(fault, "text", "'text', or 'subject' and 'body', is missing");
    buffer_clear(joined);
    buffer_append(joined, subject, subject_length);
    if (subject && body)
        buffer_append_char(joined, '\n');
    buffer_append(joined, body, body_length);
    t->text = joined->length ? joined->data : "";
    t->length = joined->length;
    return !joined->failed || request_fault_set(fault, NULL, "out of memory");
}

static bool read_wishes(const json_flat *object, ticket_request *t, request_fault *fault)
{
    const json_flat_member *top = json_flat_find(object, "top");
    const json_flat_member *explain = json_flat_find(object, "explain");
    int64_t n = TICKET_DEFAULT_TOP;
    if (top && top->kind != JSON_NULL && !json_flat_int(top, 1, TICKET_MAX_TOP, &n))
        return request_fault_set(fault, "top", "'top' must be a whole number from 1 to %d",
                                 TICKET_MAX_TOP);
    if (explain && explain->kind != JSON_NULL && explain->kind != JSON_BOOL)
        return request_fault_set(fault, "explain", "'explain' must be true or false");
    t->top = (uint32_t)n;
    t->wants_explanation = explain && explain->kind == JSON_BOOL && explain->text[0] == 't';
    return true;
}

bool ticket_request_read(const json_flat *object, buffer *joined, ticket_request *ret_ticket,
                         request_fault *ret_fault)
{
    static const char *const names[] = {"text",   "subject", "body",    "id",
                                        "source", "top",     "explain", NULL};
    ticket_request t = {0};
    if (!request_has_only(object, names, ret_fault) || !read_text(object, joined, &t, ret_fault) ||
        !request_string(object, "id", TICKET_MAX_NAME, &t.id, &t.id_length, ret_fault) ||
        !request_string(object, "source", TICKET_MAX_NAME, &t.source, &t.source_length,
                        ret_fault) ||
        !read_wishes(object, &t, ret_fault))
        return false;
    *ret_ticket = t;
    return true;
}
