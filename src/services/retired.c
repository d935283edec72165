/* SPDX-License-Identifier: MIT */
/* Retired labels as JSON. */
#include "services/retired.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void retired_free(retired_labels *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free((char *)r->labels[i].field);
        free((char *)r->labels[i].label);
    }
    free(r->labels);
    *r = (retired_labels){0};
}

bool retired_has(const retired_labels *r, const char *field, const char *label)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->labels[i].field, field) == 0 && strcmp(r->labels[i].label, label) == 0)
            return true;
    return false;
}

/* The member as a string of its own. */
static triage_status copy_member(const json_value *object, const char *name, const char **ret_text,
                                 triage_error *err)
{
    const json_value *value = NULL;
    const char *text;
    size_t length;
    if (!json_member(object, name, &value) || !json_string(value, &text, &length) ||
        memchr(text, '\0', length))
        return error_set(err, TRIAGE_ERROR_DATA, "%s: an element has no text '%s'", RETIRED_SETTING,
                         name);
    char *copy = mem_copy_string(text, length);
    if (!copy)
        return error_memory(err);
    *ret_text = copy;
    return TRIAGE_OK;
}

static triage_status read_labels(const json_value *array, retired_labels *r, triage_error *err)
{
    size_t n = json_length(array);
    if (json_kind_of(array) != JSON_ARRAY)
        return error_set(err, TRIAGE_ERROR_DATA, "%s is no JSON array", RETIRED_SETTING);
    r->labels = mem_new_zeroed(n, sizeof *r->labels);
    if (!r->labels)
        return error_memory(err);
    for (size_t i = 0; i < n; i++) {
        policy_retired *label = &r->labels[r->n++];
        triage_status status = copy_member(json_element(array, i), "field", &label->field, err);
        if (status == TRIAGE_OK)
            status = copy_member(json_element(array, i), "label", &label->label, err);
        if (status != TRIAGE_OK)
            return status;
    }
    return TRIAGE_OK;
}

triage_status retired_parse(const char *json, retired_labels *ret_labels, triage_error *err)
{
    retired_labels r = {0};
    json_value *value = NULL;
    if (!json) {
        *ret_labels = r;
        return TRIAGE_OK;
    }
    json_parser *parser = json_parser_new();
    triage_status status =
        parser ? json_parse(parser, json, strlen(json), &value, err) : error_memory(err);
    if (status == TRIAGE_OK)
        status = read_labels(value, &r, err);
    json_free(value);
    json_parser_free(parser);
    if (status == TRIAGE_OK)
        *ret_labels = r;
    else
        retired_free(&r);
    return status;
}
