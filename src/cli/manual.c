/* SPDX-License-Identifier: MIT */
/* The manual page in roff. */
#include "cli/manual.h"

#include "cli/command.h"
#include "cli/help.h"
#include "triage/version.h"

#include <string.h>

/* Appends `words` so that roff shows each character as it is; a line feed begins a paragraph. */
static void append_text(buffer *text, const char *words)
{
    for (; *words; words++) {
        switch (*words) {
        case '\\': buffer_append_text(text, "\\e"); break;
        case '-': buffer_append_text(text, "\\-"); break;
        case '\'': buffer_append_text(text, "\\(aq"); break;
        case '`': buffer_append_text(text, "\\(ga"); break;
        case '"': buffer_append_text(text, "\\(dq"); break;
        case '^': buffer_append_text(text, "\\(ha"); break;
        case '~': buffer_append_text(text, "\\(ti"); break;
        case '.':
            /* A line that begins with a point would be a request. */
            buffer_append_text(text, "\\&.");
            break;
        case '\n': buffer_append_text(text, "\n.PP\n"); break;
        default: buffer_append_char(text, *words);
        }
    }
}

static void append_bold(buffer *text, const char *words)
{
    buffer_append_text(text, "\\fB");
    append_text(text, words);
    buffer_append_text(text, "\\fR");
}

static void append_italic(buffer *text, const char *words)
{
    buffer_append_text(text, "\\fI");
    append_text(text, words);
    buffer_append_text(text, "\\fR");
}

static void append_option(buffer *text, const option_row *row)
{
    buffer scratch = {0};
    buffer_append_text(text, ".TP\n");
    if (row->letter)
        buffer_printf(text, "\\fB\\-%c\\fR, ", row->letter);
    buffer_append_text(text, "\\fB\\-\\-");
    append_text(text, row->name);
    buffer_append_text(text, "\\fR");
    const char *value = help_value_name(row, &scratch);
    if (value) {
        buffer_append_char(text, ' ');
        append_italic(text, value);
    }
    buffer_append_char(text, '\n');
    buffer_clear(&scratch);
    buffer_append_text(&scratch, row->help);
    help_append_facts(&scratch, row);
    const char *help = buffer_string(&scratch);
    if (help)
        append_text(text, help);
    else
        text->failed = true;
    buffer_append_char(text, '\n');
    buffer_free(&scratch);
}

static void append_verbs(buffer *text, const option_arguments *arguments)
{
    for (size_t i = 0; i < arguments->n_verbs; i++) {
        const option_verb *verb = &arguments->verbs[i];
        buffer_append_text(text, ".TP\n");
        append_bold(text, verb->name);
        if (verb->argument) {
            buffer_append_char(text, ' ');
            append_italic(text, verb->argument);
        }
        buffer_append_char(text, '\n');
        append_text(text, verb->help);
        buffer_append_char(text, '\n');
    }
}

static void append_command(buffer *text, const command *cmd)
{
    const option_set *set = &cmd->options;
    buffer usage = {0};
    help_append_usage(&usage, cmd);
    const char *line = buffer_string(&usage);
    buffer_append_text(text, ".SS ");
    append_text(text, line ? line : cmd->name);
    buffer_append_char(text, '\n');
    buffer_free(&usage);
    append_text(text, cmd->text);
    buffer_append_char(text, '\n');
    if (set->arguments.usage) {
        buffer_append_text(text, ".TP\n");
        append_italic(text, set->arguments.name);
        buffer_append_char(text, '\n');
        append_text(text, set->arguments.help);
        buffer_append_char(text, '\n');
        append_verbs(text, &set->arguments);
    }
    for (size_t g = 0; g < set->n_groups; g++) {
        for (size_t i = 0; i < set->groups[g].n_rows; i++)
            append_option(text, &set->groups[g].rows[i]);
    }
}

static void append_exit_codes(buffer *text)
{
    static const struct {
        int number;
        const char *meaning;
    } rows[] = {
#define EXIT_CODE_TEXT(name, number, meaning) {number, meaning},
        EXIT_CODE_ROWS(EXIT_CODE_TEXT)
#undef EXIT_CODE_TEXT
    };
    buffer_append_text(text, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buffer_printf(text, ".TP\n\\fB%d\\fR\n", rows[i].number);
        append_text(text, rows[i].meaning);
        buffer_append_char(text, '\n');
    }
}

static void append_examples(buffer *text)
{
    buffer_append_text(text, ".SH EXAMPLES\n");
    for (size_t i = 0; i < n_commands; i++) {
        for (size_t e = 0; e < commands[i]->n_examples; e++) {
            buffer_append_text(text, ".TP\n");
            append_bold(text, commands[i]->examples[e].line);
            buffer_append_char(text, '\n');
            append_text(text, commands[i]->examples[e].purpose);
            buffer_append_char(text, '\n');
        }
    }
}

static const char description[] =
    "Triage sorts IT support tickets. It learns from tickets that people have labelled, and gives "
    "new ones, for each field (category, priority, assignment group and so on), a label, a "
    "calibrated confidence and a decision: auto (sure enough to route without a person) or "
    "review.\n"
    "Data is CSV (RFC 4180, with a header row), JSONL (one object a line) or fastText "
    "(__label__X text). The extension of a file says which, .gz and .zst files are read as they "
    "are, and - is standard input. Columns that are not named are guessed from common names, and "
    "the guess is printed.\n"
    "Results go to standard output, everything else to standard error. A row that cannot be used "
    "is reported as FILE:LINE: reason, counted and left out. A file is written whole or not at "
    "all.";

void manual_append(buffer *text)
{
    buffer_printf(text,
                  ".TH TRIAGE 1 \"\" \"triage %s\" \"User Commands\"\n"
                  ".SH NAME\n"
                  "triage \\- sort IT support tickets\n"
                  ".SH SYNOPSIS\n",
                  triage_version());
    buffer_append_text(text, ".nf\n\\fBtriage\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
                             "[\\fIARGUMENT\\fR...]\n"
                             "\\fBtriage\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR\n"
                             "\\fBtriage \\-\\-version\\fR\n.fi\n"
                             ".SH DESCRIPTION\n");
    append_text(text, description);
    buffer_append_text(text, "\n.SH COMMANDS\n");
    for (size_t i = 0; i < n_commands; i++)
        append_command(text, commands[i]);
    buffer_append_text(text, ".SH ENVIRONMENT\n");
    append_text(text, "Every option --name-with-dashes is also read from the variable "
                      "TRIAGE_NAME_WITH_DASHES, unless it is given on the command line. A flag is "
                      "true or false there, and an option that may be repeated takes values "
                      "separated by commas.");
    buffer_append_char(text, '\n');
    buffer_append_text(text, ".SH CONFIGURATION FILE\n");
    append_text(text, "Commands with the option --config read options that are given neither on "
                      "the command line nor in the environment from a file. Each line is name = "
                      "value, with the name of the long option without its dashes. A # begins a "
                      "comment. A value may stand in double quotes, and an option that may be "
                      "repeated takes values separated by commas or lines of its own. One file may "
                      "serve several commands: what only another one knows is left alone.\n"
                      "A secret can stand in a file of its own: for an option --name this is "
                      "--name-file FILE, TRIAGE_NAME_FILE or name-file = FILE.");
    buffer_append_char(text, '\n');
    append_exit_codes(text);
    append_examples(text);
}
