/* SPDX-License-Identifier: MIT */
/*
 * The elements of a JSON array, or the lines of NDJSON, cut out of a body that arrives in pieces.
 * It only looks for where an element ends (strings, brackets); whether it is JSON is the parser's
 * to say. Zero-initialised with `is_lines` and `limit` set is ready; thread-owned.
 */
#ifndef SERVICES_BACKEND_JSON_SPLITTER_H
#define SERVICES_BACKEND_JSON_SPLITTER_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct json_splitter {
    bool is_lines; /* NDJSON; else one array */
    size_t limit;  /* bytes of an element; a longer one is given out cut, with is_too_long */
    /* private */
    buffer element;
    uint32_t depth;
    bool is_begun, is_ended, in_string, is_escaped, is_too_long, wants_element, is_given;
    const char *fault; /* why the array is none; static */
} json_splitter;

typedef struct split_element {
    const char *text;
    size_t length;
    bool is_too_long;
} split_element;

/*
 * Takes bytes from `*io_bytes` (moving it and `*io_length`) up to the end of one element: true with
 * it in
 * `*ret_element`, valid until the next call; false when the bytes are used up or there is a fault.
 */
bool json_splitter_next(json_splitter *s, const char **io_bytes, size_t *io_length,
                        split_element *ret_element);

/* At the end of the body: true with a last line that had no line end. */
bool json_splitter_last(json_splitter *s, split_element *ret_element);

/* After the end: NULL, or why the body was not one whole array. */
const char *json_splitter_fault(const json_splitter *s);

void json_splitter_free(json_splitter *s);

#endif
