/* SPDX-License-Identifier: MIT */
/* `triage --help` and `triage COMMAND --help`, made from the rows of commands and options. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buffer.h"
#include "cli/command.h"

/* The list of commands. */
void help_append_overview(buffer *text);

/* The help of one command. */
void help_append_command(buffer *text, const command *cmd);

/* "triage train DATA... -o MODEL [OPTION...]". */
void help_append_usage(buffer *text, const command *cmd);

/* What a row's help does not say itself: choices, bounds, default. Nothing if there are none. */
void help_append_facts(buffer *text, const option_row *row);

/* What stands for the value: "P", "auto|words|seed". NULL for a flag. `scratch` is emptied first.
 */
const char *help_value_name(const option_row *row, buffer *scratch);

#endif
