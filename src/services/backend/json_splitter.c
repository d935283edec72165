/* SPDX-License-Identifier: MIT */
/* A byte at a time through strings and brackets. */
#include "services/backend/json_splitter.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void keep(json_splitter *s, const char *bytes, size_t length)
{
    if (s->element.length + length > s->limit) {
        s->is_too_long = true;
        return;
    }
    buffer_append(&s->element, bytes, length);
}

/* Gives the element out; its memory is used again from the next byte on. */
static bool give(json_splitter *s, split_element *ret_element)
{
    *ret_element = (split_element){s->element.length ? s->element.data : "", s->element.length,
                                   s->is_too_long || s->element.failed};
    return true;
}

static void begin_element(json_splitter *s)
{
    buffer_clear(&s->element);
    s->is_too_long = false;
}

static bool is_blank(const json_splitter *s)
{
    for (size_t i = 0; i < s->element.length; i++)
        if (!is_space(s->element.data[i]))
            return false;
    return !s->is_too_long;
}

static bool next_line(json_splitter *s, const char **io_bytes, size_t *io_length,
                      split_element *ret_element)
{
    while (*io_length > 0) {
        if (s->is_given)
            begin_element(s);
        const char *end = memchr(*io_bytes, '\n', *io_length);
        size_t length = end ? (size_t)(end - *io_bytes) : *io_length;
        keep(s, *io_bytes, length);
        *io_bytes += length + (end != NULL);
        *io_length -= length + (end != NULL);
        s->is_given = end != NULL; /* an empty line counts as given: its bytes are dropped, too */
        if (end && !is_blank(s))
            return give(s, ret_element);
    }
    return false;
}

/* Follows one byte inside an element. False: it ends before this byte. */
static bool follow(json_splitter *s, char c)
{
    if (s->in_string) {
        s->in_string = s->is_escaped || c != '"';
        s->is_escaped = !s->is_escaped && c == '\\';
        return true;
    }
    if (s->depth == 0 && (c == ',' || c == ']'))
        return false;
    s->in_string = c == '"';
    if (c == '{' || c == '[')
        s->depth++;
    else if ((c == '}' || c == ']') && s->depth > 0)
        s->depth--;
    return true;
}

/* One byte of the array. True if an element has ended before it. */
static bool step(json_splitter *s, char c)
{
    if (s->is_ended || !s->is_begun) {
        if (is_space(c))
            return false;
        if (s->is_ended)
            s->fault = "there is something behind the array";
        else if (c != '[')
            s->fault = "an array was expected";
        s->is_begun = true;
        return false;
    }
    if (follow(s, c)) {
        keep(s, &c, 1);
        return false;
    }
    bool has_element = !is_blank(s);
    if (!has_element && (c == ',' || s->wants_element))
        s->fault = "an element of the array is missing";
    s->wants_element = c == ',';
    s->is_ended = c == ']';
    return has_element;
}

static bool next_in_array(json_splitter *s, const char **io_bytes, size_t *io_length,
                          split_element *ret_element)
{
    while (*io_length > 0 && !s->fault) {
        if (s->is_given)
            begin_element(s);
        s->is_given = step(s, **io_bytes);
        (*io_bytes)++;
        (*io_length)--;
        if (s->is_given)
            return give(s, ret_element);
    }
    return false;
}

bool json_splitter_next(json_splitter *s, const char **io_bytes, size_t *io_length,
                        split_element *ret_element)
{
    return s->is_lines ? next_line(s, io_bytes, io_length, ret_element)
                       : next_in_array(s, io_bytes, io_length, ret_element);
}

bool json_splitter_last(json_splitter *s, split_element *ret_element)
{
    bool has_line = s->is_lines && !s->is_given && !is_blank(s);
    return has_line && give(s, ret_element);
}

const char *json_splitter_fault(const json_splitter *s)
{
    if (s->fault || s->is_lines)
        return s->fault;
    return s->is_ended ? NULL : "the array is not whole";
}

void json_splitter_free(json_splitter *s)
{
    buffer_free(&s->element);
}
