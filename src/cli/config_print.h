/* SPDX-License-Identifier: MIT */
/* `--print-config`: the options of a command as they are in effect. */
#ifndef CLI_CONFIG_PRINT_H
#define CLI_CONFIG_PRINT_H

#include "cli/console.h"
#include "config/options.h"

/* Prints them to standard output as a configuration file; secrets are ***. */
exit_code config_print(const option_values *values, console *c);

#endif
