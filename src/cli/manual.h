/* SPDX-License-Identifier: MIT */
/* The manual page triage(1), made from the rows of commands, options and exit codes. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/buffer.h"

/* Appends the page in roff, with the macros of man(7). */
void manual_append(buffer *text);

#endif
