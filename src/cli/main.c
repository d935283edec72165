/* SPDX-License-Identifier: MIT */
/* The `triage` command: finds the subcommand, reads its options, runs it, answers its exit code. */
#include "cli/command.h"
#include "cli/first_process.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/option_report.h"
#include "config/suggestion.h"
#include "triage/version.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static exit_code print_overview(console *c)
{
    output out = {0};
    help_append_overview(&out.text);
    return output_close(&out, c);
}

static exit_code print_version(console *c)
{
    output out = {0};
    buffer_printf(&out.text, "triage %s\n", triage_version());
    return output_close(&out, c);
}

static exit_code print_help(const command *cmd, console *c)
{
    output out = {0};
    help_append_command(&out.text, cmd);
    return output_close(&out, c);
}

static exit_code refuse_command(const char *word, console *c)
{
    suggestion nearest = {.word = word};
    for (size_t i = 0; i < n_commands; i++)
        suggestion_offer(&nearest, commands[i]->name);
    suggestion_offer(&nearest, "--help");
    suggestion_offer(&nearest, "--version");
    const char *kind = word[0] == '-' ? "option" : "command";
    if (nearest.found)
        console_error(c, "unknown %s '%s' (did you mean '%s'?); try 'triage --help'", kind, word,
                      nearest.found);
    else
        console_error(c, "unknown %s '%s'; try 'triage --help'", kind, word);
    return EXIT_CODE_USAGE;
}

/* Every user of the machine can read the command lines of all processes. */
static void warn_of_exposed_secret(const command *cmd, const void *settings, console *c)
{
    const option_values *values = options_values(&cmd->options, settings);
    const char *name = values ? option_report_exposed(values) : NULL;
    if (name)
        console_warn(c, "others can read --%s on the command line; --%s-file hides it", name, name);
}

static exit_code run_command(const command *cmd, char *const *arguments)
{
    console c = console_new(cmd->name);
    triage_error err = {0};
    bool wants_help = false;
    void *settings = calloc(1, cmd->settings_size);
    if (!settings)
        return console_fail(&c, TRIAGE_ERROR_MEMORY, &err);
    exit_code code;
    option_sources sources = {.arguments = arguments, .other_set = command_option_set};
    triage_status status = options_parse(&cmd->options, &sources, settings, &wants_help, &err);
    if (status != TRIAGE_OK)
        code = console_fail(&c, status, &err);
    else if (wants_help)
        code = print_help(cmd, &c);
    else {
        warn_of_exposed_secret(cmd, settings, &c);
        code = cmd->run(settings, &c);
    }
    progress_clear(&c.progress);
    options_free(&cmd->options, settings);
    free(settings);
    return code;
}

/* The word behind the program's name: a command, or an option of the program itself. */
static exit_code run_word(const char *word, char *const *arguments)
{
    console c = console_new(NULL);
    if (!word) {
        console_error(&c, "a command is missing; try 'triage --help'");
        return EXIT_CODE_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_overview(&c);
    if (strcmp(word, "--version") == 0)
        return print_version(&c);
    const command *cmd = command_find(word);
    return cmd ? run_command(cmd, arguments) : refuse_command(word, &c);
}

int main(int argc, char **argv)
{
    first_process_prepare();
    /* A reader that closes its end is seen as EPIPE by the write, which ends the work quietly. */
    signal(SIGPIPE, SIG_IGN);
    return (int)(argc < 2 ? run_word(NULL, NULL) : run_word(argv[1], argv + 2));
}
