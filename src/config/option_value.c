/* SPDX-License-Identifier: MIT */
/* One value of an option: read by type, checked against the row, stored. */
#include "config/option_value.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "config/suggestion.h"

#include <string.h>

static triage_status store_flag(const char *shown_name, const char *value, bool *place,
                                triage_error *err)
{
    static const char *const on[] = {"1", "true", "yes", "on"};
    static const char *const off[] = {"0", "false", "no", "off", ""};
    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        if (strcmp(value, on[i]) == 0) {
            *place = true;
            return TRIAGE_OK;
        }
    }
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        if (strcmp(value, off[i]) == 0) {
            *place = false;
            return TRIAGE_OK;
        }
    }
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not one of true, false", shown_name,
                     value);
}

triage_status option_value_choose(const char *const *choices, const char *shown_name,
                                  const char *value, uint32_t *ret_index, triage_error *err)
{
    for (uint32_t i = 0; choices[i]; i++) {
        if (strcmp(value, choices[i]) == 0) {
            *ret_index = i;
            return TRIAGE_OK;
        }
    }
    buffer allowed = {0};
    suggestion nearest = {.word = value};
    for (size_t i = 0; choices[i]; i++) {
        buffer_printf(&allowed, "%s%s", i ? ", " : "", choices[i]);
        suggestion_offer(&nearest, choices[i]);
    }
    if (nearest.found)
        buffer_printf(&allowed, " (did you mean '%s'?)", nearest.found);
    const char *text = buffer_string(&allowed);
    triage_status status = error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not one of %s",
                                     shown_name, value, text ? text : "its choices");
    buffer_free(&allowed);
    return status;
}

static triage_status store_number(const option_row *row, const char *shown_name, const char *value,
                                  uint64_t *place, triage_error *err)
{
    if (number_parse_uint(value, strlen(value), row->minimum, row->maximum, place))
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not a whole number from %llu to %llu",
                     shown_name, value, (unsigned long long)row->minimum,
                     (unsigned long long)row->maximum);
}

static triage_status store_real(const option_row *row, const char *shown_name, const char *value,
                                double *place, triage_error *err)
{
    double number;
    if (number_parse_real(value, strlen(value), row->above, row->below, &number) &&
        number > row->above && number < row->below) {
        *place = number;
        return TRIAGE_OK;
    }
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not a number between %g and %g",
                     shown_name, value, row->above, row->below);
}

static triage_status store_texts(const option_row *row, const char *shown_name, const char *value,
                                 option_origin origin, text_list *place, triage_error *err)
{
    if (*value == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: the value is empty", shown_name);
    bool has_commas = row->type == OPTION_COMMAS || origin == OPTION_FROM_ENVIRONMENT;
    bool stored = has_commas ? text_list_split(place, value) : text_list_add(place, value);
    return stored ? TRIAGE_OK : error_memory(err);
}

static triage_status store_text(const char *shown_name, const char *value, const char **place,
                                triage_error *err)
{
    if (*value == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: the value is empty", shown_name);
    *place = value;
    return TRIAGE_OK;
}

triage_status option_value_store(const option_row *row, const char *shown_name, const char *value,
                                 option_origin origin, void *place, triage_error *err)
{
    switch (row->type) {
    case OPTION_FLAG: return store_flag(shown_name, value, place, err);
    case OPTION_TEXT:
    case OPTION_PATH: return store_text(shown_name, value, place, err);
    case OPTION_CHOICE: return option_value_choose(row->choices, shown_name, value, place, err);
    case OPTION_NUMBER: return store_number(row, shown_name, value, place, err);
    case OPTION_REAL: return store_real(row, shown_name, value, place, err);
    case OPTION_TEXTS:
    case OPTION_PATHS:
    case OPTION_COMMAS: return store_texts(row, shown_name, value, origin, place, err);
    }
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: unknown type of option", shown_name);
}
