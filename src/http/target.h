/* SPDX-License-Identifier: MIT */
/*
 * The target of a request, "/models/3?limit=10": taken apart and percent-decoded. It is refused
 * whole if any part of it is doubtful, so that no handler meets a path that means two things.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define TARGET_MAX_PARAMETERS 32

typedef struct target_parameter {
    const char *name, *value; /* decoded; "" for a parameter without '=' */
} target_parameter;

/* Zero-initialised is empty. Pointers are valid until the next target_parse(). */
typedef struct target {
    const char *path; /* decoded, NUL-terminated; "*" stands for the whole server */
    size_t path_length;
    size_t n_parameters;
    target_parameter parameters[TARGET_MAX_PARAMETERS];
    char *spare;  /* as many bytes as the path is long, and 16 more, for what a match copies */
    char *memory; /* owned; kept from one target to the next */
    size_t capacity;
} target;

typedef enum target_result { TARGET_OK, TARGET_REFUSED, TARGET_MEMORY } target_result;

/*
 * Takes `raw` apart: a path ("/..."), an absolute address ("http://host/...") of which the path
 * counts, or "*". Refused, with a sentence in `*ret_reason`: anything else, broken percent
 * encodings, what is not UTF-8 after decoding, spaces as such, control characters, an encoded '/',
 * the segments "." and "..", and more than TARGET_MAX_PARAMETERS parameters. The path is "" then,
 * unless only the parameters are refused.
 */
target_result target_parse(target *t, const char *raw, size_t length, const char **ret_reason);

/* The first parameter of that name, or NULL. */
const char *target_query(const target *t, const char *name);

void target_free(target *t);

#endif
