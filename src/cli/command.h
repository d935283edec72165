/* SPDX-License-Identifier: MIT */
/* Subcommands as rows of data: what the parser, the help, the completions and the manual need. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/console.h"
#include "cli/exit_code.h"
#include "config/options.h"

#include <stddef.h>

/* A command line that works, and what it does. */
typedef struct command_example {
    const char *line, *purpose;
} command_example;

typedef struct command {
    const char *name;
    const char *summary; /* one line, for the list of commands */
    const char *text;    /* paragraphs, separated by line feeds */
    option_set options;
    size_t settings_size; /* of the struct that the options are stored in */
    const command_example *examples;
    size_t n_examples;
    /* Does the work; errors have been told on the console. `settings` is const to all but main. */
    exit_code (*run)(const void *settings, console *c);
} command;

/* One file each: command_NAME.c. */
extern const command command_train;
extern const command command_evaluate;
extern const command command_predict;
extern const command command_inspect;
extern const command command_import;
extern const command command_feedback;
extern const command command_models;
extern const command command_keys;
extern const command command_health;
extern const command command_serve;
extern const command command_backend;
extern const command command_inference;
extern const command command_retrainer;
extern const command command_completion;
extern const command command_manual;

/* All commands, in the order of the help. */
extern const command *const commands[];
extern const size_t n_commands;

/* The command of that name, or NULL. */
const command *command_find(const char *name);

/* The options of command `i`; NULL behind the last. */
const option_set *command_option_set(size_t i);

#endif
