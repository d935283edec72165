/* SPDX-License-Identifier: MIT */
/* One value of an option: read by type, checked against the row, stored; and written again. */
#include "config/option_value.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/number.h"
#include "config/suggestion.h"
#include "config/unit.h"

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

static bool is_within(const option_row *row, double number)
{
    return row->is_closed ? number >= row->above && number <= row->below
                          : number > row->above && number < row->below;
}

static triage_status store_real(const option_row *row, const char *shown_name, const char *value,
                                double *place, triage_error *err)
{
    double number;
    if (number_parse_real(value, strlen(value), row->above, row->below, &number) &&
        is_within(row, number)) {
        *place = number;
        return TRIAGE_OK;
    }
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not a number %s %g %s %g", shown_name,
                     value, row->is_closed ? "from" : "between", row->above,
                     row->is_closed ? "to" : "and", row->below);
}

void option_value_append_unit(option_type type, uint64_t value, buffer *text)
{
    if (type == OPTION_BYTES)
        unit_append_bytes(text, value);
    else
        unit_append_duration(text, value);
}

static triage_status store_unit(const option_row *row, const char *shown_name, const char *value,
                                uint64_t *place, triage_error *err)
{
    uint64_t number;
    bool is_read = row->type == OPTION_BYTES ? unit_parse_bytes(value, &number)
                                             : unit_parse_duration(value, &number);
    if (is_read && number >= row->minimum && number <= row->maximum) {
        *place = number;
        return TRIAGE_OK;
    }
    const char *kind = row->type == OPTION_BYTES ? "a size in bytes such as 65536, 64K or 1M"
                                                 : "a duration such as 500ms, 30s, 15m, 24h or 7d";
    buffer range = {0};
    if (is_read) {
        buffer_append_text(&range, ", from ");
        option_value_append_unit(row->type, row->minimum, &range);
        buffer_append_text(&range, " to ");
        option_value_append_unit(row->type, row->maximum, &range);
    }
    const char *text = buffer_string(&range);
    triage_status status = error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: '%s' is not %s%s", shown_name,
                                     value, kind, text ? text : "");
    buffer_free(&range);
    return status;
}

static triage_status store_texts(const option_row *row, const char *shown_name, const char *value,
                                 bool has_commas, text_list *place, triage_error *err)
{
    if (*value == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: the value is empty", shown_name);
    bool splits = has_commas || row->type == OPTION_COMMAS;
    bool stored = splits ? text_list_split(place, value) : text_list_add(place, value);
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
                                 bool has_commas, void *place, triage_error *err)
{
    switch (row->type) {
    case OPTION_FLAG: return store_flag(shown_name, value, place, err);
    case OPTION_TEXT:
    case OPTION_PATH: return store_text(shown_name, value, place, err);
    case OPTION_CHOICE: return option_value_choose(row->choices, shown_name, value, place, err);
    case OPTION_NUMBER: return store_number(row, shown_name, value, place, err);
    case OPTION_REAL: return store_real(row, shown_name, value, place, err);
    case OPTION_BYTES:
    case OPTION_DURATION: return store_unit(row, shown_name, value, place, err);
    case OPTION_TEXTS:
    case OPTION_PATHS:
    case OPTION_COMMAS: return store_texts(row, shown_name, value, has_commas, place, err);
    case OPTION_CONFIG: break; /* its value is the parser's own business */
    }
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: cannot be set here", shown_name);
}

triage_status option_value_check(const option_row *row, const char *shown_name, const char *value,
                                 triage_error *err)
{
    union {
        bool flag;
        const char *text;
        uint32_t index;
        uint64_t number;
        double real;
        text_list list;
    } place = {.list = {0}};
    triage_status status = option_value_store(row, shown_name, value, true, &place, err);
    if (option_is_repeatable(row))
        text_list_free(&place.list);
    return status;
}

static const char *text_at(const void *place)
{
    return *(const char *const *)place;
}

bool option_value_is_hidden(const option_row *row, const void *place)
{
    if (!row->is_secret)
        return false;
    const char *text = text_at(place);
    return text && (!row->secret_prefix ||
                    strncmp(text, row->secret_prefix, strlen(row->secret_prefix)) == 0);
}

/* In quotes where the reader of configuration files would take it for something else. */
static void append_text(buffer *out, const char *text, bool is_item)
{
    bool is_plain = *text != '\0' && *text != '"' && !strpbrk(text, "#\\") &&
                    strspn(text, " \t") == 0 && !(is_item && strchr(text, ',')) &&
                    !strchr(" \t", text[strlen(text) - 1]);
    if (is_plain) {
        buffer_append_text(out, text);
        return;
    }
    buffer_append_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, *text);
    }
    buffer_append_char(out, '"');
}

static bool append_item(buffer *out, const text_list *list, size_t i)
{
    if (i < list->count)
        append_text(out, list->items[i], true);
    return i < list->count;
}

bool option_value_append(const option_row *row, const void *place, size_t i, buffer *text)
{
    char number[NUMBER_TEXT_SIZE];
    if (option_is_repeatable(row))
        return append_item(text, place, i);
    if (i > 0)
        return false;
    switch (row->type) {
    case OPTION_FLAG: buffer_append_text(text, *(const bool *)place ? "true" : "false"); break;
    case OPTION_CHOICE: buffer_append_text(text, row->choices[*(const uint32_t *)place]); break;
    case OPTION_NUMBER:
        buffer_printf(text, "%llu", (unsigned long long)*(const uint64_t *)place);
        break;
    case OPTION_REAL:
        number_format_double(*(const double *)place, number);
        buffer_append_text(text, number);
        break;
    case OPTION_BYTES:
    case OPTION_DURATION:
        option_value_append_unit(row->type, *(const uint64_t *)place, text);
        break;
    default:
        if (row->type == OPTION_CONFIG || !text_at(place))
            return false;
        if (option_value_is_hidden(row, place))
            buffer_append_text(text, "***");
        else
            append_text(text, text_at(place), false);
    }
    return true;
}

static bool lists_equal(const text_list *a, const text_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

bool option_value_equal(const option_row *row, const void *place, const void *other)
{
    const char *a, *b;
    switch (row->type) {
    case OPTION_FLAG: return *(const bool *)place == *(const bool *)other;
    case OPTION_TEXT:
    case OPTION_PATH:
        a = text_at(place);
        b = text_at(other);
        return a && b ? strcmp(a, b) == 0 : a == b;
    case OPTION_CHOICE: return *(const uint32_t *)place == *(const uint32_t *)other;
    case OPTION_NUMBER:
    case OPTION_BYTES:
    case OPTION_DURATION: return *(const uint64_t *)place == *(const uint64_t *)other;
    case OPTION_REAL:
        return !(*(const double *)place < *(const double *)other) &&
               !(*(const double *)place > *(const double *)other);
    case OPTION_TEXTS:
    case OPTION_PATHS:
    case OPTION_COMMAS: return lists_equal(place, other);
    case OPTION_CONFIG: break;
    }
    return true;
}
