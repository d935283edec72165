/* SPDX-License-Identifier: MIT */
/* The help texts: wrapped to 80 columns, the explanation of options in a second column. */
#include "cli/help.h"

#include <string.h>

#define LINE_WIDTH 80

/* Where the second column begins. */
#define TEXT_COLUMN 28

/* The width of the list of commands' first column. */
#define COMMAND_COLUMN 14

static void pad(buffer *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_char(text, ' ');
}

/*
 * Appends `words` with lines up to LINE_WIDTH, each but the first indented, and an empty line
 * between paragraphs; ends the line.
 */
static void append_wrapped(buffer *text, const char *words, size_t indent)
{
    size_t column = indent;
    while (*words) {
        size_t length = strcspn(words, " \n");
        if (column > indent && column + 1 + length > LINE_WIDTH) {
            buffer_append_char(text, '\n');
            pad(text, indent);
            column = indent;
        }
        if (column > indent) {
            buffer_append_char(text, ' ');
            column++;
        }
        buffer_append(text, words, length);
        column += length;
        words += length;
        if (*words == '\n') {
            buffer_append_text(text, "\n\n");
            pad(text, indent);
            column = indent;
        }
        words += *words != '\0';
    }
    buffer_append_char(text, '\n');
}

const char *help_value_name(const option_row *row, buffer *scratch)
{
    if (!option_takes_value(row))
        return NULL;
    buffer_clear(scratch);
    if (row->type == OPTION_CHOICE) {
        for (size_t i = 0; row->choices[i]; i++)
            buffer_printf(scratch, "%s%s", i ? "|" : "", row->choices[i]);
    } else
        buffer_append_text(scratch, row->value);
    return buffer_string(scratch);
}

void help_append_facts(buffer *text, const option_row *row)
{
    const char *separator = " (";
    if (row->type == OPTION_NUMBER && row->maximum < UINT64_MAX) {
        buffer_printf(text, "%s%llu to %llu", separator, (unsigned long long)row->minimum,
                      (unsigned long long)row->maximum);
        separator = "; ";
    }
    if (row->type == OPTION_REAL) {
        buffer_printf(text, "%s%s %g %s %g", separator, row->is_closed ? "from" : "between",
                      row->above, row->is_closed ? "to" : "and", row->below);
        separator = "; ";
    }
    if (option_is_repeatable(row)) {
        buffer_printf(text, "%smay be repeated", separator);
        separator = "; ";
    }
    if (row->default_value) {
        buffer_printf(text, "%sdefault %s", separator, row->default_value);
        separator = "; ";
    }
    if (row->is_reloadable) {
        buffer_printf(text, "%staken on SIGHUP", separator);
        separator = "; ";
    }
    if (row->is_secret) {
        buffer_printf(text, "%salso --%s-file FILE", separator, row->name);
        separator = "; ";
    }
    if (separator[0] == ';')
        buffer_append_char(text, ')');
}

static void append_option(buffer *text, const option_row *row)
{
    buffer scratch = {0};
    size_t start = text->length;
    if (row->letter)
        buffer_printf(text, "  -%c, --%s", row->letter, row->name);
    else
        buffer_printf(text, "      --%s", row->name);
    const char *value = help_value_name(row, &scratch);
    if (value)
        buffer_printf(text, " %s", value);
    size_t width = text->length - start;
    if (width + 2 > TEXT_COLUMN) {
        buffer_append_char(text, '\n');
        width = 0;
    }
    pad(text, TEXT_COLUMN - width);
    buffer_clear(&scratch);
    buffer_append_text(&scratch, row->help);
    help_append_facts(&scratch, row);
    const char *words = buffer_string(&scratch);
    if (words)
        append_wrapped(text, words, TEXT_COLUMN);
    else
        text->failed = true;
    buffer_free(&scratch);
}

void help_append_usage(buffer *text, const command *cmd)
{
    buffer_printf(text, "triage %s", cmd->name);
    const option_set *set = &cmd->options;
    bool has_optional = false;
    for (size_t g = 0; g < set->n_groups; g++) {
        for (size_t i = 0; i < set->groups[g].n_rows; i++) {
            const option_row *row = &set->groups[g].rows[i];
            if (row->is_required)
                buffer_printf(text, " -%c %s", row->letter, row->value);
            else
                has_optional = true;
        }
    }
    if (has_optional)
        buffer_append_text(text, " [OPTION...]");
    if (set->arguments.usage)
        buffer_printf(text, " %s", set->arguments.usage);
}

static void append_examples(buffer *text, const command *cmd)
{
    if (cmd->n_examples == 0)
        return;
    buffer_append_text(text, "\nExamples:\n");
    for (size_t i = 0; i < cmd->n_examples; i++) {
        const command_example *example = &cmd->examples[i];
        buffer_printf(text, "%s  # %s\n  %s\n", i ? "\n" : "", example->purpose, example->line);
    }
}

static void append_argument(buffer *text, const option_arguments *arguments)
{
    buffer_printf(text, "\nArguments:\n  %s", arguments->name);
    pad(text, TEXT_COLUMN - 2 - strlen(arguments->name));
    append_wrapped(text, arguments->help, TEXT_COLUMN);
    for (size_t i = 0; i < arguments->n_verbs; i++) {
        const option_verb *verb = &arguments->verbs[i];
        size_t start = text->length;
        buffer_printf(text, "    %s", verb->name);
        if (verb->argument)
            buffer_printf(text, " %s", verb->argument);
        pad(text, TEXT_COLUMN - (text->length - start));
        append_wrapped(text, verb->help, TEXT_COLUMN);
    }
}

void help_append_command(buffer *text, const command *cmd)
{
    buffer_append_text(text, "Usage: ");
    help_append_usage(text, cmd);
    buffer_append_text(text, "\n\n");
    append_wrapped(text, cmd->text, 0);
    const option_set *set = &cmd->options;
    if (set->arguments.usage)
        append_argument(text, &set->arguments);
    for (size_t g = 0; g < set->n_groups; g++) {
        buffer_printf(text, "\n%s:\n", set->groups[g].title);
        for (size_t i = 0; i < set->groups[g].n_rows; i++)
            append_option(text, &set->groups[g].rows[i]);
    }
    if (set->n_groups > 0)
        buffer_append_text(text, "  -h, --help                Show this help\n");
    append_examples(text, cmd);
    if (option_set_has_config(set))
        buffer_append_text(text, "\nEvery option --name-with-dashes is also read from the "
                                 "environment variable\nTRIAGE_NAME_WITH_DASHES, and from lines "
                                 "name-with-dashes = value in the file of\n--config.\n");
    else if (set->n_groups > 0)
        buffer_append_text(text, "\nEvery option --name-with-dashes is also read from the "
                                 "environment variable\nTRIAGE_NAME_WITH_DASHES.\n");
}

void help_append_overview(buffer *text)
{
    buffer_append_text(text, "Usage: triage COMMAND [OPTION...] [ARGUMENT...]\n"
                             "\n"
                             "Sorts IT support tickets: learns from labelled ones, and gives new "
                             "ones a label,\na calibrated confidence and a decision.\n"
                             "\n"
                             "Commands:\n");
    for (size_t i = 0; i < n_commands; i++) {
        buffer_printf(text, "  %s", commands[i]->name);
        pad(text, COMMAND_COLUMN - 2 - strlen(commands[i]->name));
        append_wrapped(text, commands[i]->summary, COMMAND_COLUMN);
    }
    buffer_append_text(text, "\n"
                             "  triage COMMAND --help   the options of a command, with examples\n"
                             "  triage --version        the version\n");
}
