/* SPDX-License-Identifier: MIT */
/* The table of subcommands. */
#include "cli/command.h"

#include <string.h>

const command *const commands[] = {
    &command_train,  &command_evaluate,   &command_predict,   &command_inspect,
    &command_serve,  &command_backend,    &command_inference, &command_retrainer,
    &command_import, &command_feedback,   &command_models,    &command_keys,
    &command_health, &command_completion, &command_manual,
};

const size_t n_commands = sizeof commands / sizeof *commands;

const command *command_find(const char *name)
{
    for (size_t i = 0; i < n_commands; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

const option_set *command_option_set(size_t i)
{
    return i < n_commands ? &commands[i]->options : NULL;
}
