/* SPDX-License-Identifier: MIT */
/*
 * The lines of a configuration file:
 *
 *     # a comment, on a line of its own or behind blanks
 *     listen = 127.0.0.1:8080
 *     base-data = "a file, with a comma.csv"
 *
 * A value ends with its line or with a comment. In double quotes it is taken as it is, with \" and
 * \\ for these two characters.
 */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include "triage/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No configuration that a person writes is near this. */
#define CONFIG_FILE_MAX_BYTES ((size_t)1 << 20)

typedef struct config_line {
    const char *name, *value; /* within the text that is read; never empty */
    bool is_quoted;
    uint32_t number; /* from 1 */
} config_line;

/* Set `path` (for messages) and `next`, the NUL-terminated text, which is cut into pieces. */
typedef struct config_reader {
    const char *path;
    char *next;
    uint32_t line;
} config_reader;

/* The next line that sets something; `*ret_has_line` is false at the end. ERROR_ARGUMENT with
 * "FILE:LINE: sentence". */
triage_status config_reader_next(config_reader *r, config_line *ret_line, bool *ret_has_line,
                                 triage_error *err) TRIAGE_CHECKED;

#endif
