/* SPDX-License-Identifier: MIT */
/* Values of options as text. */
#include "config/option_report.h"

#include "base/error.h"
#include "config/option_lookup.h"
#include "config/option_values.h"

#include <string.h>

static void append_origin(const option_values *v, const found_option *option, buffer *text)
{
    const option_state *state = &v->states[option->number];
    char variable[OPTION_VARIABLE_SIZE];
    switch (state->origin) {
    case OPTION_FROM_NOWHERE:
    case OPTION_FROM_DEFAULT: buffer_append_text(text, "default"); break;
    case OPTION_FROM_VAULT: buffer_append_text(text, "Vault"); break;
    case OPTION_FROM_FILE:
        buffer_printf(text, "%s:%u", v->config_path, (unsigned)state->line);
        break;
    case OPTION_FROM_ENVIRONMENT:
        option_variable_name(option->row, variable);
        buffer_printf(text, "%s%s", variable, state->is_from_file ? "_FILE" : "");
        break;
    case OPTION_FROM_ARGUMENTS: buffer_append_text(text, "command line"); break;
    }
    if (state->is_from_file)
        buffer_printf(text, ", file %s", state->file_path);
}

static void append_option(const option_values *v, const found_option *option, buffer *text)
{
    const option_row *row = option->row;
    const void *place = v->settings + option->offset;
    for (size_t i = 0;; i++) {
        size_t start = text->length;
        buffer_printf(text, "%s = ", row->name);
        if (!option_value_append(row, place, i, text)) {
            text->length = start;
            if (i == 0)
                buffer_printf(text, "# %s: not set\n", row->name);
            return;
        }
        buffer_append_text(text, "  # ");
        append_origin(v, option, text);
        buffer_append_char(text, '\n');
    }
}

/* The options about the configuration file are not of it. */
static bool is_about_config(const option_group *group)
{
    for (size_t i = 0; i < group->n_rows; i++) {
        if (group->rows[i].type == OPTION_CONFIG)
            return true;
    }
    return false;
}

void option_report_append(const option_values *values, buffer *text)
{
    const option_set *set = values->set;
    size_t number = 0;
    const char *separator = "";
    for (size_t g = 0; g < set->n_groups; number += set->groups[g++].n_rows) {
        const option_group *group = &set->groups[g];
        if (is_about_config(group))
            continue;
        buffer_printf(text, "%s# %s\n", separator, group->title);
        separator = "\n";
        for (size_t i = 0; i < group->n_rows; i++) {
            found_option option;
            if (option_at(set, number + i, &option))
                append_option(values, &option, text);
        }
    }
}

const char *option_report_exposed(const option_values *values)
{
    found_option option;
    for (size_t i = 0; option_at(values->set, i, &option); i++) {
        const option_state *state = &values->states[i];
        if (state->origin == OPTION_FROM_ARGUMENTS && !state->is_from_file &&
            option_value_is_hidden(option.row, values->settings + option.offset))
            return option.row->name;
    }
    return NULL;
}

static void append_all(const option_row *row, const void *place, buffer *text)
{
    buffer_clear(text);
    for (size_t i = 0;; i++) {
        size_t start = text->length;
        buffer_append_text(text, i ? "," : "");
        if (!option_value_append(row, place, i, text)) {
            text->length = start;
            return;
        }
    }
}

triage_status option_report_changes(const option_values *before, const option_values *after,
                                    void (*visit)(void *context, const option_change *change),
                                    void *context, triage_error *err)
{
    buffer old = {0}, new = {0};
    triage_status status = TRIAGE_OK;
    found_option option;
    for (size_t i = 0; status == TRIAGE_OK && option_at(before->set, i, &option); i++) {
        const void *old_place = before->settings + option.offset;
        const void *new_place = after->settings + option.offset;
        if (option_value_equal(option.row, old_place, new_place))
            continue;
        append_all(option.row, old_place, &old);
        append_all(option.row, new_place, &new);
        option_change change = {option.row, buffer_string(&old), buffer_string(&new)};
        if (change.before && change.after)
            visit(context, &change);
        else
            status = error_memory(err);
    }
    buffer_free(&old);
    buffer_free(&new);
    return status;
}
