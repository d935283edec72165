/* SPDX-License-Identifier: MIT */
/*
 * The beginning of a ticket's text, fit to be shown on one line: a ticket must neither steer a
 * terminal nor turn the lines around it.
 */
#ifndef TRAIN_SNIPPET_H
#define TRAIN_SNIPPET_H

#include "base/buffer.h"

#include <stddef.h>

/*
 * Appends at most `max_characters` (at least 1) characters of `text`; if it is longer, the last of
 * them is an ellipsis. White space becomes one space, and none at the ends; bytes that are not
 * UTF-8, control characters, changes of the writing direction and code points that XML forbids
 * become U+FFFD. Returns the number of characters that were appended.
 */
size_t snippet_append(buffer *out, const char *text, size_t length, size_t max_characters);

/* The same for HTML and XML: & < > " ' become entities; the limit counts characters as shown. */
size_t snippet_append_escaped(buffer *out, const char *text, size_t length, size_t max_characters);

#endif
