/* SPDX-License-Identifier: MIT */
/* A ticket as a caller sends it: a JSON object with a text, and what is wanted of the answer. */
#ifndef SERVICES_PREDICTION_TICKET_H
#define SERVICES_PREDICTION_TICKET_H

#include "base/buffer.h"
#include "base/json_flat.h"

#include <stdbool.h>

/* Labels of each field that an answer names, the most probable one among them, unless told. */
#define TICKET_DEFAULT_TOP 3
#define TICKET_MAX_TOP     1000

/* Bytes of `id` and `source`. */
#define TICKET_MAX_NAME 256

/* Strings are borrowed from the JSON object, but for a text joined in `joined`. */
typedef struct ticket_request {
    const char *text;
    size_t length;
    const char *id, *source; /* NULL: not given */
    size_t id_length, source_length;
    uint32_t top; /* at least 1 */
    bool wants_explanation;
} ticket_request;

/* Why a request was refused: where (a JSON pointer) and a sentence. */
typedef struct request_fault {
    char pointer[128];
    char message[256];
} request_fault;

/*
 * Reads {"text"} or {"subject","body"}, and optionally "id", "source", "top", "explain". Subject
 * and body are joined by a line feed in `joined` (the caller's, emptied first). False, with the
 * fault told, for anything else; unknown members are a fault, too.
 */
bool ticket_request_read(const json_flat *object, buffer *joined, ticket_request *ret_ticket,
                         request_fault *ret_fault);

/* Fills `fault` (`member` may be NULL: the whole) and returns false. */
bool request_fault_set(request_fault *fault, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether all members of `object` are among `names` (NULL-terminated). */
bool request_has_only(const json_flat *object, const char *const *names, request_fault *ret_fault);

/* The string member `name` of at most `max` bytes: NULL with length 0 if it is not there or null.
 * False, with the fault told, if it is something else or too long. */
bool request_string(const json_flat *object, const char *name, size_t max, const char **ret_text,
                    size_t *ret_length, request_fault *ret_fault);

#endif
