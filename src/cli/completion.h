/* SPDX-License-Identifier: MIT */
/* Completion scripts for shells, made from the rows of commands and options. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "base/buffer.h"

void completion_append_bash(buffer *text);
void completion_append_zsh(buffer *text);

#endif
