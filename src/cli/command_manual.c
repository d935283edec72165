/* SPDX-License-Identifier: MIT */
/* `triage manual`: prints the manual page, or the reference of all options. */
#include "cli/command.h"
#include "cli/manual.h"
#include "cli/options_reference.h"
#include "cli/output.h"

typedef struct manual_settings {
    bool has_options; /* the reference in Markdown instead */
} manual_settings;

static exit_code run(const void *settings, console *c)
{
    const manual_settings *s = settings;
    output out = {0};
    if (s->has_options)
        options_reference_append(&out.text);
    else
        manual_append(&out.text);
    return output_close(&out, c);
}

static const option_row writing_options[] = {
    {.name = "options",
     .type = OPTION_FLAG,
     .help = "Print the reference of all options in Markdown instead",
     .offset = offsetof(manual_settings, has_options)},
};

static const option_group groups[] = {
    {.title = "Writing",
     .rows = writing_options,
     .n_rows = sizeof writing_options / sizeof *writing_options},
};

static const command_example examples[] = {
    {"triage manual | man -l -", "read it"},
    {"triage manual > triage.1", "keep it"},
    {"triage manual --options > docs/ops/options.md", "after a change of options"},
};

const command command_manual = {
    .name = "manual",
    .summary = "Print the manual page.",
    .text = "Prints the manual page triage(1) in roff, made from the same rows as the help.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(manual_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
