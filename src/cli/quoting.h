/* SPDX-License-Identifier: MIT */
/* Text as a value of CSV or TSV, or for a person's eyes. */
#ifndef CLI_QUOTING_H
#define CLI_QUOTING_H

#include "base/buffer.h"

/* A CSV value (RFC 4180) of any bytes, in quotes if it holds the separator, a quote or a line
 * break. */
void quoting_append_csv(buffer *out, const char *text, size_t length, char separator);

/* A value of tab-separated lines or a word on a terminal: control characters become spaces. */
void quoting_append_plain(buffer *out, const char *text);

/* The number of columns that plain text takes: characters, not bytes. */
size_t quoting_width(const char *text);

#endif
