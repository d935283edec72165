/* SPDX-License-Identifier: MIT */
/*
 * What the command says on standard error: notes, warnings, errors and the progress bar, which
 * gives way to them. Thread-owned. Text from files is shown with its control characters replaced,
 * so that a ticket cannot steer the terminal.
 */
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include "cli/exit_code.h"
#include "cli/progress.h"
#include "triage/status.h"

#include <stdbool.h>

typedef struct console {
    const char *command; /* the subcommand's name, or NULL */
    bool is_quiet;       /* leaves out notes and the progress bar */
    progress progress;
} console;

/* For standard error as it is. */
console console_new(const char *command);

/* Leaves out notes and the progress bar from now on. */
void console_set_quiet(console *c, bool is_quiet);

/* A line of information, as it is; nothing if quiet. */
void console_note(console *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line that matters even if quiet, as it is. */
void console_warn(console *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "triage train: MESSAGE". */
void console_error(console *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells the error of a library call that returned `status`; the exit code for it. */
exit_code console_fail(console *c, triage_status status, const triage_error *err);

#endif
