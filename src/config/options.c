/* SPDX-License-Identifier: MIT */
/* The parser of command lines, environment and configuration file: rows in, settings out. */
#include "config/options.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/config_file.h"
#include "config/option_parser.h"
#include "config/small_file.h"
#include "config/suggestion.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tokens, passwords and certificates are far smaller. */
#define SECRET_MAX_BYTES ((size_t)64 << 10)

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

static bool find_config(const option_set *set, found_option *ret_found)
{
    for (size_t i = 0; option_at(set, i, ret_found); i++) {
        if (ret_found->row->type == OPTION_CONFIG)
            return true;
    }
    return false;
}

bool option_set_has_config(const option_set *set)
{
    found_option option;
    return find_config(set, &option);
}

option_values *options_values(const option_set *set, const void *settings)
{
    found_option config;
    if (!find_config(set, &config))
        return NULL;
    return *(option_values *const *)(const void *)((const char *)settings + config.offset);
}

bool option_values_own(option_values *v, char *text)
{
    size_t length = strlen(text);
    if (mem_reserve((void **)&v->owned, &v->owned_capacity, v->n_owned + 1, sizeof *v->owned)) {
        v->owned[v->n_owned++] = (owned_text){text, length};
        return true;
    }
    secret_wipe(text, length);
    free(text);
    return false;
}

static void values_free(option_values *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->n_owned; i++) {
        secret_wipe(v->owned[i].text, v->owned[i].length);
        free(v->owned[i].text);
    }
    free(v->owned);
    free(v->states);
    free(v);
}

static option_values *values_new(const option_set *set, const option_sources *sources,
                                 void *settings)
{
    size_t n_options = 0;
    for (size_t g = 0; g < set->n_groups; g++)
        n_options += set->groups[g].n_rows;
    option_values *v = mem_new_zeroed(1, sizeof *v);
    if (!v)
        return NULL;
    v->set = set;
    v->sources = *sources;
    v->settings = settings;
    v->states = mem_new_zeroed(n_options, sizeof *v->states);
    if (!v->states) {
        free(v);
        return NULL;
    }
    return v;
}

/* The content of the file that `given` names, without its line end; owned by the values. */
static triage_status read_secret(option_parser *p, const given_value *given, const char **ret_text)
{
    char *text = NULL;
    triage_error err = {0};
    triage_status status = small_file_read(given->value, SECRET_MAX_BYTES, &text, &err);
    if (status != TRIAGE_OK)
        return error_set(p->err, status, "%s: %s", given->shown_name, err.message);
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > 0 && text[length - 1] == '\r')
        text[--length] = '\0';
    if (!option_values_own(p->values, text))
        return error_memory(p->err);
    if (length == 0)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s: the file '%s' is empty",
                         given->shown_name, given->value);
    *ret_text = text;
    return TRIAGE_OK;
}

static triage_status store_config_path(option_parser *p, const given_value *given)
{
    option_values *v = p->values;
    if (given->origin == OPTION_FROM_FILE)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                         "%s: a configuration file cannot name another one", given->shown_name);
    if (given->value[0] == '\0')
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s: the value is empty",
                         given->shown_name);
    if (v->config_origin <= given->origin) {
        v->config_path = given->value;
        v->config_origin = given->origin;
    }
    return TRIAGE_OK;
}

static bool is_overridden(const option_parser *p, const found_option *option, option_origin origin)
{
    return p->values->states[option->number].origin > origin;
}

triage_status option_parser_store(option_parser *p, const found_option *option,
                                  const given_value *given)
{
    const option_row *row = option->row;
    option_state *state = &p->values->states[option->number];
    if (row->type == OPTION_CONFIG)
        return store_config_path(p, given);
    if (is_overridden(p, option, given->origin))
        return option->names_file
                   ? TRIAGE_OK
                   : option_value_check(row, given->shown_name, given->value, p->err);
    if (state->origin == given->origin && state->is_from_file != option->names_file)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s: %s and %s-file exclude each other",
                         given->shown_name, row->name, row->name);
    const char *value = given->value;
    if (option->names_file) {
        triage_status status = read_secret(p, given, &value);
        if (status != TRIAGE_OK)
            return status;
    }
    if (state->origin != given->origin)
        *state = (option_state){.origin = given->origin, .line = given->line};
    state->is_from_file = option->names_file;
    state->file_path = option->names_file ? given->value : NULL;
    bool has_commas = !given->is_quoted && (given->origin == OPTION_FROM_ENVIRONMENT ||
                                            given->origin == OPTION_FROM_FILE);
    return option_value_store(row, given->shown_name, value, has_commas,
                              p->values->settings + option->offset, p->err);
}

static triage_status take_variable(option_parser *p, const found_option *option,
                                   const char *variable)
{
    const char *value = getenv(variable);
    given_value given = {.shown_name = variable, .value = value, .origin = OPTION_FROM_ENVIRONMENT};
    return value && *value ? option_parser_store(p, option, &given) : TRIAGE_OK;
}

static triage_status parse_environment(option_parser *p)
{
    triage_status status = TRIAGE_OK;
    found_option option;
    for (size_t i = 0; status == TRIAGE_OK && option_at(p->set, i, &option); i++) {
        char variable[OPTION_VARIABLE_SIZE], file_variable[OPTION_VARIABLE_SIZE + 8];
        option_variable_name(option.row, variable);
        status = take_variable(p, &option, variable);
        if (status == TRIAGE_OK && option.row->is_secret) {
            snprintf(file_variable, sizeof file_variable, "%s_FILE", variable);
            option.names_file = true;
            status = take_variable(p, &option, file_variable);
        }
    }
    return status;
}

/* A name that this command does not know: fine if another one does. */
static triage_status check_foreign_name(const option_parser *p, const config_line *line)
{
    const option_sources *sources = &p->values->sources;
    suggestion nearest = {.word = line->name};
    option_offer_names(p->set, &nearest);
    for (size_t i = 0; sources->other_set && sources->other_set(i); i++) {
        const option_set *other = sources->other_set(i);
        found_option option;
        if (!option_set_has_config(other))
            continue;
        if (option_find_name(other, line->name, strlen(line->name), &option))
            return TRIAGE_OK;
        option_offer_names(other, &nearest);
    }
    if (nearest.found)
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT,
                         "%s:%u: unknown option '%s' (did you mean '%s'?)", p->values->config_path,
                         (unsigned)line->number, line->name, nearest.found);
    return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s:%u: unknown option '%s'",
                     p->values->config_path, (unsigned)line->number, line->name);
}

/* `first_lines`: for each option the line that gave it before, or 0. */
static triage_status take_line(option_parser *p, const config_line *line, uint32_t *first_lines)
{
    found_option option;
    if (!option_find_name(p->set, line->name, strlen(line->name), &option))
        return check_foreign_name(p, line);
    uint32_t *first = &first_lines[option.number];
    if (*first && !option_is_repeatable(option.row))
        return error_set(p->err, TRIAGE_ERROR_ARGUMENT, "%s:%u: %s was given in line %u already",
                         p->values->config_path, (unsigned)line->number, line->name,
                         (unsigned)*first);
    if (!*first)
        *first = line->number;
    char shown_name[TRIAGE_ERROR_MESSAGE_SIZE];
    snprintf(shown_name, sizeof shown_name, "%s:%u: %s", p->values->config_path,
             (unsigned)line->number, line->name);
    given_value given = {shown_name, line->value, OPTION_FROM_FILE, line->is_quoted, line->number};
    return option_parser_store(p, &option, &given);
}

static triage_status parse_lines(option_parser *p, char *text, uint32_t *first_lines)
{
    config_reader r = {.path = p->values->config_path, .next = text};
    config_line line;
    bool has_line = true;
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && has_line) {
        status = config_reader_next(&r, &line, &has_line, p->err);
        if (status == TRIAGE_OK && has_line)
            status = take_line(p, &line, first_lines);
    }
    return status;
}

static triage_status parse_config_file(option_parser *p)
{
    option_values *v = p->values;
    char *text = NULL;
    if (!v->config_path)
        return TRIAGE_OK;
    triage_status status = small_file_read(v->config_path, CONFIG_FILE_MAX_BYTES, &text, p->err);
    if (status != TRIAGE_OK)
        return status;
    size_t n_options = 0;
    for (found_option option; option_at(p->set, n_options, &option);)
        n_options++;
    uint32_t *first_lines = mem_new_zeroed(n_options, sizeof *first_lines);
    if (!option_values_own(v, text) || !first_lines)
        status = error_memory(p->err);
    else
        status = parse_lines(p, text, first_lines);
    free(first_lines);
    return status;
}

static triage_status apply_defaults(option_parser *p)
{
    triage_status status = TRIAGE_OK;
    found_option option;
    for (size_t i = 0; status == TRIAGE_OK && option_at(p->set, i, &option); i++) {
        const option_row *row = option.row;
        if (is_overridden(p, &option, OPTION_FROM_DEFAULT))
            continue;
        given_value given = {
            .shown_name = row->name, .value = row->default_value, .origin = OPTION_FROM_DEFAULT};
        if (row->is_required && row->letter)
            status = error_set(p->err, TRIAGE_ERROR_ARGUMENT, "-%c %s (--%s) is missing",
                               row->letter, row->value, row->name);
        else if (row->is_required)
            status = error_set(p->err, TRIAGE_ERROR_ARGUMENT, "--%s %s is missing", row->name,
                               row->value);
        else if (row->default_value)
            status = option_parser_store(p, &option, &given);
    }
    return status;
}

static triage_status parse_all(option_parser *p)
{
    triage_status status = command_line_parse(p);
    if (status == TRIAGE_OK && !p->wants_help)
        status = parse_environment(p);
    if (status == TRIAGE_OK && !p->wants_help)
        status = parse_config_file(p);
    if (status == TRIAGE_OK && !p->wants_help)
        status = apply_defaults(p);
    return status;
}

triage_status options_parse(const option_set *set, const option_sources *sources, void *settings,
                            bool *ret_wants_help, triage_error *err)
{
    option_values *values = values_new(set, sources, settings);
    if (!values)
        return error_memory(err);
    found_option config;
    bool keeps_values = find_config(set, &config);
    if (keeps_values)
        *(option_values **)(void *)((char *)settings + config.offset) = values;
    option_parser p = {.values = values, .set = set, .next = sources->arguments, .err = err};
    triage_status status = parse_all(&p);
    if (status == TRIAGE_OK)
        *ret_wants_help = p.wants_help;
    if (!keeps_values)
        values_free(values);
    return status;
}

triage_status options_parse_again(const option_values *values, void *settings, triage_error *err)
{
    bool wants_help;
    return options_parse(values->set, &values->sources, settings, &wants_help, err);
}

triage_status options_set_secret(option_values *values, const char *name, const char *text,
                                 size_t length, bool *ret_is_used, triage_error *err)
{
    found_option option;
    if (!option_find_name(values->set, name, strlen(name), &option) || option.names_file ||
        !option.row->is_secret || values->states[option.number].origin > OPTION_FROM_VAULT) {
        *ret_is_used = false;
        return TRIAGE_OK;
    }
    if (length == 0 || length > SECRET_MAX_BYTES || memchr(text, '\0', length))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: not a text of 1 to %zu bytes", name,
                         SECRET_MAX_BYTES);
    char *copy = mem_copy_string(text, length);
    if (!copy || !option_values_own(values, copy))
        return error_memory(err);
    values->states[option.number] = (option_state){.origin = OPTION_FROM_VAULT};
    *(const char **)(void *)(values->settings + option.offset) = copy;
    *ret_is_used = true;
    return TRIAGE_OK;
}

void options_free_again(const option_values *values, void *settings)
{
    options_free(values->set, settings);
}

void options_free(const option_set *set, void *settings)
{
    char *base = settings;
    values_free(options_values(set, settings));
    found_option option;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        if (option_is_repeatable(option.row))
            text_list_free((void *)(base + option.offset));
    }
    if (set->arguments.usage && !set->arguments.verbs)
        text_list_free((void *)(base + set->arguments.offset));
}
