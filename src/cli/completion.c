/* SPDX-License-Identifier: MIT */
/* The scripts that tell bash and zsh which words may come next. */
#include "cli/completion.h"

#include "cli/command.h"

#include <string.h>

/* Calls `append` for each option of the command. */
static void for_each_option(buffer *text, const command *cmd,
                            void (*append)(buffer *, const struct command *, const option_row *))
{
    for (size_t g = 0; g < cmd->options.n_groups; g++) {
        const option_group *group = &cmd->options.groups[g];
        for (size_t i = 0; i < group->n_rows; i++)
            append(text, cmd, &group->rows[i]);
    }
}

static void append_words(buffer *text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        buffer_printf(text, "%s%s", i ? " " : "", words[i]);
}

static bool is_path(const option_row *row)
{
    return row->type == OPTION_PATH || row->type == OPTION_PATHS || row->type == OPTION_CONFIG;
}

static void append_verb_names(buffer *text, const option_arguments *arguments)
{
    for (size_t i = 0; i < arguments->n_verbs; i++)
        buffer_printf(text, "%s%s", i ? " " : "", arguments->verbs[i].name);
}

/* The case that completes the value of one option. */
static void append_bash_value(buffer *text, const command *cmd, const option_row *row)
{
    if (!option_takes_value(row))
        return;
    buffer_printf(text, "    '%s --%s'", cmd->name, row->name);
    if (row->letter)
        buffer_printf(text, " | '%s -%c'", cmd->name, row->letter);
    buffer_append_text(text, ") ");
    if (row->type == OPTION_CHOICE) {
        buffer_append_text(text, "_triage_words '");
        append_words(text, row->choices);
        buffer_append_text(text, "'; return ;;\n");
    } else
        buffer_append_text(text, is_path(row) ? "_triage_files; return ;;\n" : "return ;;\n");
}

static void append_bash_secret_file(buffer *text, const command *cmd, const option_row *row)
{
    if (row->is_secret)
        buffer_printf(text, "    '%s --%s-file') _triage_files; return ;;\n", cmd->name, row->name);
}

/* The cases that complete what follows a verb. */
static void append_bash_verbs(buffer *text, const command *cmd)
{
    const option_arguments *arguments = &cmd->options.arguments;
    for (size_t i = 0; i < arguments->n_verbs; i++) {
        const option_verb *verb = &arguments->verbs[i];
        if (!verb->argument)
            continue;
        buffer_printf(text, "    '%s %s') ", cmd->name, verb->name);
        if (verb->choices) {
            buffer_append_text(text, "_triage_words '");
            append_words(text, verb->choices);
            buffer_append_text(text, "'; return ;;\n");
        } else
            buffer_append_text(text, "return ;;\n");
    }
}

static void append_bash_name(buffer *text, const command *cmd, const option_row *row)
{
    (void)cmd;
    buffer_printf(text, "--%s ", row->name);
    if (row->is_secret)
        buffer_printf(text, "--%s-file ", row->name);
}

/* The case that completes options and arguments of one command. */
static void append_bash_command(buffer *text, const command *cmd)
{
    const option_arguments *arguments = &cmd->options.arguments;
    buffer_printf(text, "    '%s -'*) _triage_words '", cmd->name);
    for_each_option(text, cmd, append_bash_name);
    buffer_append_text(text, "--help' ;;\n");
    if (arguments->choices) {
        buffer_printf(text, "    '%s '*) _triage_words '", cmd->name);
        append_words(text, arguments->choices);
        buffer_append_text(text, "' ;;\n");
    } else if (arguments->verbs) {
        buffer_printf(text, "    '%s '*) _triage_words '", cmd->name);
        append_verb_names(text, arguments);
        buffer_append_text(text, "' ;;\n");
    } else if (arguments->are_paths)
        buffer_printf(text, "    '%s '*) _triage_files ;;\n", cmd->name);
}

void completion_append_bash(buffer *text)
{
    buffer_append_text(
        text, "# bash completion for triage, printed by: triage completion bash\n"
              "_triage_words()\n"
              "{\n"
              "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
              "}\n"
              "\n"
              "_triage_files()\n"
              "{\n"
              "    compopt -o filenames\n"
              "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
              "}\n"
              "\n"
              "_triage()\n"
              "{\n"
              "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
              "    # bash takes --name=value for three words.\n"
              "    if [[ $current == '=' ]]; then\n"
              "        current=''\n"
              "    elif [[ $previous == '=' ]]; then\n"
              "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
              "    fi\n"
              "    COMPREPLY=()\n"
              "    if (( COMP_CWORD == 1 )); then\n"
              "        _triage_words '");
    for (size_t i = 0; i < n_commands; i++)
        buffer_printf(text, "%s ", commands[i]->name);
    buffer_append_text(text, "--help --version'\n"
                             "        return\n"
                             "    fi\n"
                             "    case \"${COMP_WORDS[1]} $previous\" in\n");
    for (size_t i = 0; i < n_commands; i++) {
        for_each_option(text, commands[i], append_bash_value);
        for_each_option(text, commands[i], append_bash_secret_file);
        append_bash_verbs(text, commands[i]);
    }
    buffer_append_text(text, "    esac\n"
                             "    case \"${COMP_WORDS[1]} $current\" in\n");
    for (size_t i = 0; i < n_commands; i++)
        append_bash_command(text, commands[i]);
    buffer_append_text(text, "    esac\n"
                             "}\n"
                             "\n"
                             "complete -F _triage triage\n");
}

/* Within single quotes, where _arguments and _describe take brackets and colons for their own. */
static void append_zsh_text(buffer *text, const char *words)
{
    for (; *words; words++) {
        if (*words == '\'')
            buffer_append_text(text, "'\\''");
        else if (strchr("[]:\\", *words))
            buffer_printf(text, "\\%c", *words);
        else
            buffer_append_char(text, *words);
    }
}

static void append_zsh_action(buffer *text, const char *const *choices, bool are_paths)
{
    if (choices) {
        buffer_append_text(text, "(");
        append_words(text, choices);
        buffer_append_text(text, ")");
    } else
        buffer_append_text(text, are_paths ? "_files" : " ");
}

static void append_zsh_option(buffer *text, const command *cmd, const option_row *row)
{
    (void)cmd;
    bool takes_value = option_takes_value(row);
    const char *again = option_is_repeatable(row) ? "*" : "";
    buffer_append_text(text, "                ");
    if (row->letter && *again == '\0')
        buffer_printf(text, "'(-%c --%s)'", row->letter, row->name);
    else if (*again)
        buffer_append_text(text, "'*'");
    if (row->letter)
        buffer_printf(text, "{-%c%s,--%s%s}", row->letter, takes_value ? "+" : "", row->name,
                      takes_value ? "=" : "");
    else
        buffer_printf(text, "--%s%s", row->name, takes_value ? "=" : "");
    buffer_append_text(text, "'[");
    append_zsh_text(text, row->help);
    buffer_append_text(text, "]");
    if (takes_value) {
        buffer_append_text(text, ":");
        append_zsh_text(text, row->type == OPTION_CHOICE ? row->name : row->value);
        buffer_append_text(text, ":");
        append_zsh_action(text, row->choices, is_path(row));
    }
    buffer_append_text(text, "' \\\n");
}

static void append_zsh_secret_file(buffer *text, const command *cmd, const option_row *row)
{
    (void)cmd;
    if (row->is_secret)
        buffer_printf(text,
                      "                --%s-file='[The file that holds --%s]:FILE:_files' \\\n",
                      row->name, row->name);
}

/* The verb, and what any of them may be followed by. */
static void append_zsh_verbs(buffer *text, const option_arguments *arguments)
{
    buffer_printf(text, "                '1:%s:(", arguments->name);
    append_verb_names(text, arguments);
    buffer_append_text(text, ")' \\\n                '2:argument:(");
    for (size_t i = 0; i < arguments->n_verbs; i++) {
        if (arguments->verbs[i].choices)
            append_words(text, arguments->verbs[i].choices);
    }
    buffer_append_text(text, ")' \\\n");
}

static void append_zsh_command(buffer *text, const command *cmd)
{
    const option_arguments *arguments = &cmd->options.arguments;
    buffer_printf(text, "        %s)\n            _arguments -s \\\n", cmd->name);
    for_each_option(text, cmd, append_zsh_option);
    for_each_option(text, cmd, append_zsh_secret_file);
    if (arguments->verbs)
        append_zsh_verbs(text, arguments);
    else if (arguments->usage) {
        buffer_append_text(text, "                '*:");
        append_zsh_text(text, arguments->name);
        buffer_append_text(text, ":");
        append_zsh_action(text, arguments->choices, arguments->are_paths);
        buffer_append_text(text, "' \\\n");
    }
    buffer_append_text(text, "                '(- *)'{-h,--help}'[show the help of the command]'\n"
                             "            ;;\n");
}

void completion_append_zsh(buffer *text)
{
    buffer_append_text(text, "#compdef triage\n"
                             "# zsh completion for triage, printed by: triage completion zsh\n"
                             "_triage() {\n"
                             "    local curcontext=$curcontext state line\n"
                             "    typeset -A opt_args\n"
                             "    _arguments -C \\\n"
                             "        '(- *)'{-h,--help}'[show the list of commands]' \\\n"
                             "        '(- *)--version[show the version]' \\\n"
                             "        '1:command:->command' \\\n"
                             "        '*::argument:->argument'\n"
                             "    case $state in\n"
                             "    command)\n"
                             "        local -a commands\n"
                             "        commands=(\n");
    for (size_t i = 0; i < n_commands; i++) {
        buffer_printf(text, "            '%s:", commands[i]->name);
        append_zsh_text(text, commands[i]->summary);
        buffer_append_text(text, "'\n");
    }
    buffer_append_text(text, "        )\n"
                             "        _describe -t commands command commands\n"
                             "        ;;\n"
                             "    argument)\n"
                             "        case $words[1] in\n");
    for (size_t i = 0; i < n_commands; i++)
        append_zsh_command(text, commands[i]);
    buffer_append_text(text, "        esac\n"
                             "        ;;\n"
                             "    esac\n"
                             "}\n"
                             "\n"
                             "if [[ $funcstack[1] == _triage ]]; then\n"
                             "    _triage \"$@\"\n"
                             "else\n"
                             "    compdef _triage triage\n"
                             "fi\n");
}
