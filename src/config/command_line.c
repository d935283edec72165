/* SPDX-License-Identifier: MIT */
/* The command line: options, verbs and arguments. */
#include "base/error.h"
#include "base/mem.h"
#include "config/option_parser.h"
#include "config/suggestion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static triage_status unknown_name(const option_parser *p, const char *name, size_t length)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
             name);
    suggestion nearest = {.word = word};
    option_offer_names(p->set, &nearest);
    suggestion_offer(&nearest, "help");
    if (nearest.found)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                         "unknown option '--%s' (did you mean '--%s'?)", word, nearest.found);
    return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "unknown option '--%s'", word);
}

/* The value behind an option: `attached`, or the argument that follows. */
static triage_status take_value(option_parser *p, const found_option *option,
                                const char *shown_name, const char *attached)
{
    const char *value = attached ? attached : *p->next;
    if (!value)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s needs a value: %s %s", shown_name,
                         shown_name, option->names_file ? "FILE" : option->row->value);
    if (!attached)
        p->next++;
    given_value given = {.shown_name = shown_name, .value = value, .origin = OPTION_FROM_ARGUMENTS};
    return option_parser_store(p, option, &given);
}

static triage_status take_flag(option_parser *p, const found_option *option, const char *shown_name)
{
    given_value given = {
        .shown_name = shown_name, .value = "true", .origin = OPTION_FROM_ARGUMENTS};
    return option_parser_store(p, option, &given);
}

/* `--name`, `--name value` or `--name=value`; `text` is what follows the dashes. */
static triage_status parse_long(option_parser *p, const char *text)
{
    size_t length = strcspn(text, "=");
    const char *attached = text[length] == '=' ? text + length + 1 : NULL;
    if (length == 4 && memcmp(text, "help", 4) == 0 && !attached) {
        p->wants_help = true;
        return TRIAGE_OK;
    }
    found_option option;
    if (!option_find_name(p->set, text, length, &option))
        return unknown_name(p, text, length);
    char shown_name[64];
    snprintf(shown_name, sizeof shown_name, "--%s%s", option.row->name,
             option.names_file ? "-file" : "");
    if (option_takes_value(option.row))
        return take_value(p, &option, shown_name, attached);
    if (attached)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s takes no value, and got '%s'",
                         shown_name, attached);
    return take_flag(p, &option, shown_name);
}

/* `-q`, `-qx`, `-m value` or `-mvalue`; `letters` is what follows the dash. */
static triage_status parse_short(option_parser *p, const char *letters)
{
    for (; *letters; letters++) {
        found_option option;
        if (*letters == 'h') {
            p->wants_help = true;
            return TRIAGE_OK;
        }
        if (!option_find_letter(p->set, *letters, &option))
            return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                             "unknown option '-%s' (write '--' before a text that starts with '-')",
                             letters);
        const char shown_name[] = {'-', *letters, '\0'};
        if (option_takes_value(option.row))
            return take_value(p, &option, shown_name, letters[1] ? letters + 1 : NULL);
        triage_status status = take_flag(p, &option, shown_name);
        if (status != TRIAGE_OK)
            return status;
    }
    return TRIAGE_OK;
}

static triage_status one_too_many(const option_parser *p, const char *text)
{
    return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "'%s' is one argument too many", text);
}

/* The names of the verbs as a NULL-terminated list, to be freed; NULL if out of memory. */
static const char **verb_names(const option_arguments *arguments)
{
    const char **names = mem_new_zeroed(arguments->n_verbs + 1, sizeof *names);
    for (size_t i = 0; names && i < arguments->n_verbs; i++)
        names[i] = arguments->verbs[i].name;
    return names;
}

static triage_status choose_verb(const option_parser *p, const char *text, uint32_t *ret_verb)
{
    const char **names = verb_names(&p->set->arguments);
    if (!names)
        return error_memory(p->err);
    triage_status status =
        option_value_choose(names, p->set->arguments.name, text, ret_verb, p->err);
    free((void *)names);
    return status;
}

/* The first word says what to do, the second belongs to it. */
static triage_status take_action(option_parser *p, const char *text)
{
    const option_arguments *arguments = &p->set->arguments;
    option_action *action = (void *)(p->values->settings + arguments->offset);
    p->n_words++;
    if (p->n_words == 1)
        return choose_verb(p, text, &action->verb);
    const option_verb *verb = &arguments->verbs[action->verb];
    if (p->n_words > 2 || !verb->argument)
        return one_too_many(p, text);
    uint32_t index;
    action->argument = text;
    return verb->choices ? option_value_choose(verb->choices, verb->argument, text, &index, p->err)
                         : TRIAGE_OK;
}

static triage_status take_argument(option_parser *p, const char *text)
{
    const option_arguments *arguments = &p->set->arguments;
    if (!arguments->usage)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "takes no argument, and got '%s'", text);
    if (arguments->verbs)
        return take_action(p, text);
    text_list *list = (void *)(p->values->settings + arguments->offset);
    if (list->count >= arguments->maximum)
        return one_too_many(p, text);
    p->n_words++;
    uint32_t index;
    if (arguments->choices) {
        triage_status status =
            option_value_choose(arguments->choices, arguments->name, text, &index, p->err);
        if (status != TRIAGE_OK)
            return status;
    }
    return text_list_add(list, text) ? TRIAGE_OK : error_memory(p->err);
}

static triage_status parse_arguments(option_parser *p)
{
    bool options_have_ended = false;
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && !p->wants_help && *p->next) {
        const char *text = *p->next++;
        if (options_have_ended || text[0] != '-' || text[1] == '\0')
            status = take_argument(p, text);
        else if (strcmp(text, "--") == 0)
            options_have_ended = true;
        else if (text[1] == '-')
            status = parse_long(p, text + 2);
        else
            status = parse_short(p, text + 1);
    }
    return status;
}

static triage_status missing_action(const option_parser *p)
{
    const option_arguments *arguments = &p->set->arguments;
    buffer names = {0};
    for (size_t i = 0; i < arguments->n_verbs; i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", arguments->verbs[i].name);
    const char *text = buffer_string(&names);
    triage_status status = error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s is missing, one of %s",
                                     arguments->name, text ? text : "its words");
    buffer_free(&names);
    return status;
}

static triage_status check_argument_count(const option_parser *p)
{
    const option_arguments *arguments = &p->set->arguments;
    if (!arguments->usage)
        return TRIAGE_OK;
    if (!arguments->verbs)
        return p->n_words >= arguments->minimum
                   ? TRIAGE_OK
                   : error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s is missing", arguments->name);
    if (p->n_words == 0)
        return missing_action(p);
    const option_action *action = (const void *)(p->values->settings + arguments->offset);
    const option_verb *verb = &arguments->verbs[action->verb];
    if (verb->argument && !action->argument)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s needs a word behind it: %s %s",
                         verb->name, verb->name, verb->argument);
    return TRIAGE_OK;
}

triage_status command_line_parse(option_parser *p)
{
    triage_status status = parse_arguments(p);
    return status == TRIAGE_OK && !p->wants_help ? check_argument_count(p) : status;
}
