/* SPDX-License-Identifier: MIT */
/* A model's quality in words. */
#include "cli/quality_text.h"

#include "cli/quoting.h"

#include <stdio.h>
#include <string.h>

bool quality_number(const json_value *object, const char *path, double *ret_number)
{
    const json_value *value = object;
    while (*path) {
        char name[32];
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        if (!json_member(value, name, &value))
            return false;
        path += length + (path[length] == '.');
    }
    return json_double(value, ret_number);
}

/* "before NUMBER after", if there is the number. */
static void append_figure(buffer *text, const json_value *field, const char *path,
                          const char *before, double factor, int decimals, const char *after)
{
    double number;
    if (quality_number(field, path, &number))
        buffer_printf(text, "%s%.*f%s", before, decimals, number * factor, after);
}

static void append_name(buffer *text, const char *name, size_t width)
{
    quoting_append_plain(text, name);
    for (size_t used = quoting_width(name); used < width + 2; used++)
        buffer_append_char(text, ' ');
}

static void append_field(buffer *text, const char *name, size_t width, const json_value *field)
{
    append_name(text, name, width);
    append_figure(text, field, "accuracy", "accuracy ", 100, 1, " %");
    append_figure(text, field, "macro_f1", ", macro F1 ", 100, 1, " %");
    append_figure(text, field, "log_loss", ", log loss ", 1, 3, "");
    append_figure(text, field, "ece", ", ECE ", 1, 3, "");
    buffer_append_char(text, '\n');
    double coverage;
    append_name(text, "", width);
    if (quality_number(field, "auto.coverage", &coverage) && coverage == 0)
        buffer_append_text(text, "auto: none of the tickets");
    else {
        append_figure(text, field, "auto.coverage", "auto: ", 100, 1, " % of the tickets");
        append_figure(text, field, "auto.precision", ", ", 100, 1, " % of them right");
    }
    append_figure(text, field, "auto.target_precision", " (target ", 100, 1, " %)");
    buffer_append_char(text, '\n');
}

void quality_text_append(buffer *text, const json_value *metadata)
{
    const json_value *fields, *field;
    const char *name;
    size_t width = 0;
    if (!json_member(metadata, "fields", &fields))
        return;
    for (json_cursor c = {0}; json_next_member(fields, &c, &name, &field);) {
        if (width < quoting_width(name))
            width = quoting_width(name);
    }
    for (json_cursor c = {0}; json_next_member(fields, &c, &name, &field);)
        append_field(text, name, width, field);
}
