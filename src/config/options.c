/* SPDX-License-Identifier: MIT */
/* The parser of command lines: rows in, settings out. */
#include "config/options.h"

#include "base/error.h"
#include "config/option_value.h"
#include "config/suggestion.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One bit an option says whether it was given; no command has that many. */
#define MAX_OPTIONS 64

typedef struct option_parser {
    const option_set *set;
    char *const *next; /* the argument to be read next */
    char *settings;
    uint64_t given; /* bit i: option i (counted over all groups) has its value */
    bool wants_help;
    triage_error *err;
} option_parser;

/* An option that was found: its row, its number over all groups and its place in the settings. */
typedef struct found_option {
    const option_row *row;
    uint64_t bit;
    void *place;
} found_option;

bool option_takes_value(const option_row *row)
{
    return row->type != OPTION_FLAG;
}

bool option_is_repeatable(const option_row *row)
{
    return row->type == OPTION_TEXTS || row->type == OPTION_PATHS || row->type == OPTION_COMMAS;
}

void option_variable_name(const option_row *row, char ret_name[OPTION_VARIABLE_SIZE])
{
    snprintf(ret_name, OPTION_VARIABLE_SIZE, "TRIAGE_%s", row->name);
    for (char *c = ret_name; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

/* Option number `i` over all groups; false behind the last. */
static bool option_at(const option_parser *p, size_t i, found_option *ret_found)
{
    size_t number = i;
    for (size_t g = 0; g < p->set->n_groups; g++) {
        const option_group *group = &p->set->groups[g];
        if (i < group->n_rows) {
            const option_row *row = &group->rows[i];
            *ret_found = (found_option){row, UINT64_C(1) << (number % MAX_OPTIONS),
                                        p->settings + group->offset + row->offset};
            return true;
        }
        i -= group->n_rows;
    }
    return false;
}

static bool find_by_name(const option_parser *p, const char *name, size_t length,
                         found_option *ret_found)
{
    found_option option;
    for (size_t i = 0; option_at(p, i, &option); i++) {
        if (strlen(option.row->name) == length && memcmp(option.row->name, name, length) == 0) {
            *ret_found = option;
            return true;
        }
    }
    return false;
}

static bool find_by_letter(const option_parser *p, char letter, found_option *ret_found)
{
    found_option option;
    for (size_t i = 0; option_at(p, i, &option); i++) {
        if (option.row->letter == letter) {
            *ret_found = option;
            return true;
        }
    }
    return false;
}

static triage_status unknown_name(const option_parser *p, const char *name, size_t length)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
             name);
    suggestion nearest = {.word = word};
    found_option option;
    for (size_t i = 0; option_at(p, i, &option); i++)
        suggestion_offer(&nearest, option.row->name);
    suggestion_offer(&nearest, "help");
    if (nearest.found)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                         "unknown option '--%s' (did you mean '--%s'?)", word, nearest.found);
    return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "unknown option '--%s'", word);
}

static triage_status store(option_parser *p, const found_option *option, const char *shown_name,
                           const char *value, option_origin origin)
{
    p->given |= option->bit;
    return option_value_store(option->row, shown_name, value, origin, option->place, p->err);
}

/* The value behind an option: `attached`, or the argument that follows. */
static triage_status take_value(option_parser *p, const found_option *option,
                                const char *shown_name, const char *attached)
{
    const char *value = attached ? attached : *p->next;
    if (!value)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s needs a value: %s %s", shown_name,
                         shown_name, option->row->value);
    if (!attached)
        p->next++;
    return store(p, option, shown_name, value, OPTION_FROM_ARGUMENTS);
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
    if (!find_by_name(p, text, length, &option))
        return unknown_name(p, text, length);
    char shown_name[64];
    snprintf(shown_name, sizeof shown_name, "--%s", option.row->name);
    if (option_takes_value(option.row))
        return take_value(p, &option, shown_name, attached);
    if (attached)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s takes no value, and got '%s'",
                         shown_name, attached);
    return store(p, &option, shown_name, "true", OPTION_FROM_ARGUMENTS);
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
        if (!find_by_letter(p, *letters, &option))
            return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                             "unknown option '-%s' (write '--' before a text that starts with '-')",
                             letters);
        const char shown_name[] = {'-', *letters, '\0'};
        if (option_takes_value(option.row))
            return take_value(p, &option, shown_name, letters[1] ? letters + 1 : NULL);
        triage_status status = store(p, &option, shown_name, "true", OPTION_FROM_ARGUMENTS);
        if (status != TRIAGE_OK)
            return status;
    }
    return TRIAGE_OK;
}

static triage_status take_argument(option_parser *p, const char *text)
{
    const option_arguments *arguments = &p->set->arguments;
    if (!arguments->usage)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "takes no argument, and got '%s'", text);
    text_list *list = (text_list *)(void *)(p->settings + arguments->offset);
    if (list->count >= arguments->maximum)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "'%s' is one argument too many", text);
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

static triage_status parse_environment(option_parser *p)
{
    triage_status status = TRIAGE_OK;
    found_option option;
    for (size_t i = 0; status == TRIAGE_OK && option_at(p, i, &option); i++) {
        char variable[OPTION_VARIABLE_SIZE];
        option_variable_name(option.row, variable);
        const char *value = getenv(variable);
        if (value && *value && !(p->given & option.bit))
            status = store(p, &option, variable, value, OPTION_FROM_ENVIRONMENT);
    }
    return status;
}

static triage_status apply_defaults(option_parser *p)
{
    triage_status status = TRIAGE_OK;
    found_option option;
    for (size_t i = 0; status == TRIAGE_OK && option_at(p, i, &option); i++) {
        if (p->given & option.bit)
            continue;
        const option_row *row = option.row;
        if (row->is_required && row->letter)
            status = error_set(p->err, TRIAGE_ERROR_ARGUMENT, "-%c %s (--%s) is missing",
                               row->letter, row->value, row->name);
        else if (row->is_required)
            status = error_set(p->err, TRIAGE_ERROR_ARGUMENT, "--%s %s is missing", row->name,
                               row->value);
        else if (row->default_value)
            status = store(p, &option, row->name, row->default_value, OPTION_FROM_DEFAULT);
    }
    return status;
}

static triage_status check_argument_count(const option_parser *p)
{
    const option_arguments *arguments = &p->set->arguments;
    const text_list *list = (const text_list *)(const void *)(p->settings + arguments->offset);
    if (!arguments->usage || list->count >= arguments->minimum)
        return TRIAGE_OK;
    return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s is missing", arguments->name);
}

triage_status options_parse(const option_set *set, char *const *arguments, void *settings,
                            bool *ret_wants_help, triage_error *err)
{
    option_parser p = {.set = set, .next = arguments, .settings = settings, .err = err};
    triage_status status = parse_arguments(&p);
    if (status == TRIAGE_OK && !p.wants_help)
        status = check_argument_count(&p);
    if (status == TRIAGE_OK && !p.wants_help)
        status = parse_environment(&p);
    if (status == TRIAGE_OK && !p.wants_help)
        status = apply_defaults(&p);
    if (status == TRIAGE_OK)
        *ret_wants_help = p.wants_help;
    return status;
}

void options_free(const option_set *set, void *settings)
{
    char *base = settings;
    for (size_t g = 0; g < set->n_groups; g++) {
        const option_group *group = &set->groups[g];
        for (size_t i = 0; i < group->n_rows; i++) {
            if (option_is_repeatable(&group->rows[i]))
                text_list_free((void *)(base + group->offset + group->rows[i].offset));
        }
    }
    if (set->arguments.usage)
        text_list_free((void *)(base + set->arguments.offset));
}
