/* SPDX-License-Identifier: MIT */
/* The option reference: one table for each group of options, with the commands that have it. */
#include "cli/options_reference.h"

#include "cli/command.h"
#include "cli/help.h"
#include "config/option_value.h"

#include <string.h>

/* In a cell of a table. */
static void append_cell(buffer *text, const char *words)
{
    for (; *words; words++) {
        if (strchr("|<>*_[]\\", *words))
            buffer_append_char(text, '\\');
        buffer_append_char(text, *words);
    }
}

/* Within backticks, where only the bar of the table needs care. */
static void append_code(buffer *text, const char *words)
{
    buffer_append_char(text, '`');
    for (; *words; words++) {
        if (*words == '|')
            buffer_append_char(text, '\\');
        buffer_append_char(text, *words);
    }
    buffer_append_char(text, '`');
}

/* Whether both are the same rows for another command: then they stand in one table. */
static bool is_same_group(const option_group *a, const option_group *b)
{
    return strcmp(a->title, b->title) == 0 && a->rows == b->rows && a->n_rows == b->n_rows;
}

static const option_group *find_group(const command *cmd, const option_group *group)
{
    for (size_t g = 0; g < cmd->options.n_groups; g++) {
        if (is_same_group(&cmd->options.groups[g], group))
            return &cmd->options.groups[g];
    }
    return NULL;
}

static bool was_before(size_t n_before, const option_group *group)
{
    for (size_t i = 0; i < n_before; i++) {
        if (find_group(commands[i], group))
            return true;
    }
    return false;
}

static void append_name(buffer *text, const option_row *row)
{
    buffer name = {0}, value = {0};
    if (row->letter)
        buffer_printf(&name, "-%c, ", row->letter);
    buffer_printf(&name, "--%s", row->name);
    const char *value_name = help_value_name(row, &value);
    if (value_name)
        buffer_printf(&name, " %s", value_name);
    const char *words = buffer_string(&name);
    if (words)
        append_code(text, words);
    else
        text->failed = true;
    buffer_free(&name);
    buffer_free(&value);
}

static void append_allowed(buffer *text, const option_row *row)
{
    if (row->type == OPTION_NUMBER && row->maximum < UINT64_MAX)
        buffer_printf(text, "%llu to %llu", (unsigned long long)row->minimum,
                      (unsigned long long)row->maximum);
    else if (row->type == OPTION_REAL)
        buffer_printf(text, "%s %g %s %g", row->is_closed ? "from" : "between", row->above,
                      row->is_closed ? "to" : "and", row->below);
    else if (row->type == OPTION_BYTES || row->type == OPTION_DURATION) {
        option_value_append_unit(row->type, row->minimum, text);
        buffer_append_text(text, " to ");
        option_value_append_unit(row->type, row->maximum, text);
    } else if (option_is_repeatable(row))
        buffer_append_text(text, "may be repeated");
}

static void append_row(buffer *text, const option_row *row)
{
    char variable[OPTION_VARIABLE_SIZE];
    option_variable_name(row, variable);
    buffer_append_text(text, "| ");
    append_name(text, row);
    if (row->is_secret)
        buffer_printf(text, "<br>`--%s-file FILE`", row->name);
    buffer_printf(text, " | `%s`", variable);
    if (row->is_secret)
        buffer_printf(text, "<br>`%s_FILE`", variable);
    buffer_append_text(text, " | ");
    if (row->is_required)
        buffer_append_text(text, "required");
    else if (row->default_value)
        append_code(text, row->default_value);
    buffer_append_text(text, " | ");
    append_allowed(text, row);
    buffer_append_text(text, " | ");
    append_cell(text, row->help);
    if (row->is_secret)
        buffer_append_text(text, ". Secret");
    if (row->is_reloadable)
        buffer_append_text(text, ". Taken on SIGHUP");
    buffer_append_text(text, " |\n");
}

static void append_group(buffer *text, size_t first, const option_group *group)
{
    buffer_printf(text, "\n## %s:", group->title);
    const char *separator = " ";
    for (size_t i = first; i < n_commands; i++) {
        if (!find_group(commands[i], group))
            continue;
        buffer_printf(text, "%s`%s`", separator, commands[i]->name);
        separator = ", ";
    }
    buffer_append_text(text, "\n\n| Option | Variable | Default | Allowed | Meaning |\n"
                             "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < group->n_rows; i++)
        append_row(text, &group->rows[i]);
}

void options_reference_append(buffer *text)
{
    buffer_append_text(
        text,
        "# Options\n"
        "\n"
        "Printed by `triage manual --options`; a test compares.\n"
        "\n"
        "An option takes the first value that is there: from the command line, from its\n"
        "environment variable, from the configuration file, its default. Values of all of them "
        "are\n"
        "checked, also those that are overridden, and the first that is wrong is named.\n"
        "\n"
        "## The configuration file\n"
        "\n"
        "Commands that have `--config FILE` (or `TRIAGE_CONFIG`) read it:\n"
        "\n"
        "```ini\n"
        "# A comment, on a line of its own or behind blanks.\n"
        "listen = 0.0.0.0:8080\n"
        "max-body = 256K\n"
        "admin-key-file = /run/secrets/admin-key   # a secret from a file of its own\n"
        "base-data = tickets.csv, more.jsonl       # several values: with commas,\n"
        "base-data = \"odd, name.csv\"               # or on lines of their own\n"
        "```\n"
        "\n"
        "Names are those of the long options without the dashes. In double quotes a value is "
        "taken\n"
        "as it is, with `\\\"` and `\\\\` for these two characters. Sizes are bytes, or end in "
        "`K`,\n"
        "`M` or `G` (steps of 1,024); durations end in `ms`, `s`, `m`, `h` or `d`. A name that no\n"
        "command knows is an error; one that only another command knows is left alone, so that "
        "one\n"
        "file can serve all.\n"
        "\n"
        "A secret, `--name`, can also be read from a file: `--name-file FILE`, `TRIAGE_NAME_FILE` "
        "or\n"
        "`name-file = FILE`. Its line end is cut off; it may have 64 KB. Secrets are never "
        "printed.\n"
        "\n"
        "On SIGHUP a service reads files and secrets again. If anything is wrong it says so and "
        "goes\n"
        "on as before; otherwise it takes the options that are marked, and names those that have\n"
        "changed and need a new start.\n");
    for (size_t i = 0; i < n_commands; i++) {
        const option_set *set = &commands[i]->options;
        for (size_t g = 0; g < set->n_groups; g++) {
            if (!was_before(i, &set->groups[g]))
                append_group(text, i, &set->groups[g]);
        }
    }
}
