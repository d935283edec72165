/* SPDX-License-Identifier: MIT */
/* Member by member; what the protocol has and we do not need is passed over. */
#include "services/inference/infer_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the sentence goes. */
typedef struct fault_text {
    char *text;
    size_t size;
} fault_text;

static bool __attribute__((format(printf, 2, 3))) refuse(fault_text fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault.text, fault.size, format, args);
    va_end(args);
    return false;
}

static bool is_member(const json_value *object, const char *name, const char *expected)
{
    const json_value *value;
    const char *text;
    size_t length;
    return json_member(object, name, &value) && json_string(value, &text, &length) &&
           length == strlen(expected) && memcmp(text, expected, length) == 0;
}

/* [n] or [n, 1]. */
static bool read_shape(const json_value *input, size_t *ret_n)
{
    const json_value *shape;
    int64_t n, one;
    if (!json_member(input, "shape", &shape) ||
        !json_int(json_element(shape, 0), 1, INFER_MAX_TEXTS, &n) || json_length(shape) > 2 ||
        (json_length(shape) == 2 && !json_int(json_element(shape, 1), 1, 1, &one)))
        return false;
    *ret_n = (size_t)n;
    return true;
}

/* The texts of the input tensor. */
static bool read_input(const json_value *inputs, infer_request *r, fault_text fault)
{
    const json_value *input = json_element(inputs, 0);
    const char *text;
    size_t length;
    if (json_length(inputs) != 1 || !is_member(input, "name", "text"))
        return refuse(fault, "one input named 'text' is needed");
    if (!is_member(input, "datatype", "BYTES"))
        return refuse(fault, "the input 'text' must have datatype BYTES");
    if (!read_shape(input, &r->n))
        return refuse(fault, "the input's shape must be [n], n from 1 to %d", INFER_MAX_TEXTS);
    if (!json_member(input, "data", &r->texts) || json_length(r->texts) != r->n)
        return refuse(fault, "the input's data must be an array of %zu strings", r->n);
    for (size_t k = 0; k < r->n; k++)
        if (!json_string(json_element(r->texts, k), &text, &length))
            return refuse(fault, "the input's data must be strings (element %zu)", k);
    return true;
}

static bool have_names(const json_value *outputs, fault_text fault)
{
    const json_value *value;
    const char *name;
    size_t length;
    for (size_t k = 0; k < json_length(outputs); k++)
        if (!json_member(json_element(outputs, k), "name", &value) ||
            !json_string(value, &name, &length))
            return refuse(fault, "'outputs' must be objects with a 'name' (element %zu)", k);
    return true;
}

bool infer_request_read(const json_value *body, infer_request *ret_request, char *ret_fault,
                        size_t size)
{
    fault_text fault = {ret_fault, size};
    infer_request r = {0};
    const json_value *inputs, *value = NULL, *parameters = NULL;
    if (!json_member(body, "inputs", &inputs))
        return refuse(fault, "'inputs' is missing");
    if (json_member(body, "id", &value) && value && !json_string(value, &r.id, &r.id_length))
        return refuse(fault, "'id' must be a string");
    if (json_member(body, "outputs", &r.outputs) && r.outputs &&
        json_kind_of(r.outputs) != JSON_ARRAY)
        return refuse(fault, "'outputs' must be an array");
    if (!have_names(r.outputs, fault))
        return false;
    if (json_member(body, "parameters", &parameters) && json_member(parameters, "explain", &value))
        (void)json_boolean(value, &r.wants_explanation);
    if (!read_input(inputs, &r, fault))
        return false;
    *ret_request = r;
    return true;
}
