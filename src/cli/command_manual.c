/* SPDX-License-Identifier: MIT */
/* `triage manual`: prints the manual page. */
#include "cli/command.h"
#include "cli/manual.h"
#include "cli/output.h"

typedef struct manual_settings {
    bool unused; /* a struct must have a member */
} manual_settings;

static exit_code run(const void *settings, console *c)
{
    (void)settings;
    output out = {0};
    manual_append(&out.text);
    return output_close(&out, c);
}

static const command_example examples[] = {
    {"triage manual | man -l -", "read it"},
    {"triage manual > triage.1", "keep it"},
};

const command command_manual = {
    .name = "manual",
    .summary = "Print the manual page.",
    .text = "Prints the manual page triage(1) in roff, made from the same rows as the help.",
    .settings_size = sizeof(manual_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
