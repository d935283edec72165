/* SPDX-License-Identifier: MIT */
/* `triage completion`: prints the completion script for a shell. */
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/output.h"

#include <string.h>

typedef struct completion_settings {
    text_list shells; /* exactly one */
} completion_settings;

static const char *const shells[] = {"bash", "zsh", NULL};

static exit_code run(const void *settings, console *c)
{
    const completion_settings *s = settings;
    output out = {0};
    if (strcmp(s->shells.items[0], "zsh") == 0)
        completion_append_zsh(&out.text);
    else
        completion_append_bash(&out.text);
    return output_close(&out, c);
}

static const command_example examples[] = {
    {"source <(triage completion bash)", "in this bash, now"},
    {"triage completion zsh > \"${fpath[1]}/_triage\"", "in zsh, from the next start"},
};

const command command_completion = {
    .name = "completion",
    .summary = "Print the completion script for a shell.",
    .text = "Prints a script that lets the shell complete commands, options and values of triage.",
    .options = {.arguments = {.usage = "bash|zsh",
                              .name = "SHELL",
                              .choices = shells,
                              .minimum = 1,
                              .maximum = 1,
                              .help = "the shell",
                              .offset = offsetof(completion_settings, shells)}},
    .settings_size = sizeof(completion_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
