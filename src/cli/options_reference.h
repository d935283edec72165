/* SPDX-License-Identifier: MIT */
/* The reference of all options in Markdown, docs/ops/options.md, made from the commands' rows. */
#ifndef CLI_OPTIONS_REFERENCE_H
#define CLI_OPTIONS_REFERENCE_H

#include "base/buffer.h"

void options_reference_append(buffer *text);

#endif
