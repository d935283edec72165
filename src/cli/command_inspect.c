/* SPDX-License-Identifier: MIT */
/* `triage inspect`: what is inside a model file. */
#include "cli/command.h"
#include "cli/model_file.h"
#include "base/decimal.h"
#include "cli/output.h"
#include "cli/quality_text.h"
#include "cli/quoting.h"

#include <string.h>

typedef struct inspect_settings {
    text_list paths; /* exactly one */
    bool is_json;
} inspect_settings;

/* Where the values of the first lines begin. */
#define VALUE_COLUMN 12

static void append_heading(buffer *text, const char *name)
{
    buffer_printf(text, "%-*s", VALUE_COLUMN, name);
}

/* "preset words, seed 1": the members of an object, but those that are objects or arrays. */
static void append_members(buffer *text, const json_value *object)
{
    json_cursor cursor = {0};
    const char *name, *scalar, *separator = "";
    const json_value *value;
    size_t length;
    while (json_next_member(object, &cursor, &name, &value)) {
        if (!json_scalar_text(value, &scalar, &length))
            continue;
        buffer_append_text(text, separator);
        quoting_append_plain(text, name);
        buffer_append_char(text, ' ');
        quoting_append_plain(text, scalar);
        separator = ", ";
    }
    buffer_append_char(text, '\n');
}

/* A line for each object in an array of objects. */
static void append_rows(buffer *text, const json_value *object)
{
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    while (json_next_member(object, &cursor, &name, &value)) {
        for (size_t i = 0; json_kind_of(value) == JSON_ARRAY && i < json_length(value); i++) {
            append_heading(text, "");
            quoting_append_plain(text, name);
            buffer_printf(text, " %zu: ", i);
            append_members(text, json_element(value, i));
        }
    }
}

static void append_object(buffer *text, const json_value *metadata, const char *name)
{
    const json_value *object;
    if (!json_member(metadata, name, &object) || json_kind_of(object) != JSON_OBJECT)
        return;
    append_heading(text, name);
    append_members(text, object);
    append_rows(text, object);
}

static void append_scalar(buffer *text, const json_value *metadata, const char *name,
                          const char *heading)
{
    const json_value *value;
    const char *scalar;
    size_t length;
    if (!json_member(metadata, name, &value) || !json_scalar_text(value, &scalar, &length))
        return;
    append_heading(text, heading);
    quoting_append_plain(text, scalar);
    buffer_append_char(text, '\n');
}

static void append_label(buffer *text, const triage_model *model, size_t f, size_t i, size_t width)
{
    const char *label = triage_model_label_name(model, f, i);
    float threshold = triage_model_threshold(model, f, i);
    buffer_append_text(text, "  ");
    quoting_append_plain(text, label);
    for (size_t used = quoting_width(label); used < width; used++)
        buffer_append_char(text, ' ');
    buffer_printf(text, "  %5.1f %%     ", (double)triage_model_prior(model, f, i) * 100);
    if (threshold <= 1.0f)
        decimal_append(text, (double)threshold, CONFIDENCE_DECIMALS);
    else
        buffer_append_text(text, "never");
    buffer_append_char(text, '\n');
}

static void append_field(buffer *text, const triage_model *model, size_t f)
{
    size_t n_labels = triage_model_n_labels(model, f), width = 5;
    for (size_t i = 0; i < n_labels; i++) {
        size_t own = quoting_width(triage_model_label_name(model, f, i));
        if (width < own)
            width = own;
    }
    buffer_append_text(text, "\nfield ");
    quoting_append_plain(text, triage_model_field_name(model, f));
    buffer_printf(text, ": %zu label%s\n", n_labels, n_labels == 1 ? "" : "s");
    buffer_printf(text, "  %-*s  tickets  auto from\n", (int)width, "label");
    for (size_t i = 0; i < n_labels; i++)
        append_label(text, model, f, i, width);
}

static void append_text(buffer *text, const char *path, const triage_model *model,
                        const json_value *metadata)
{
    char sha256[65];
    triage_model_sha256(model, sha256);
    append_heading(text, "model");
    quoting_append_plain(text, path);
    buffer_append_char(text, '\n');
    append_scalar(text, metadata, "format", "format");
    append_scalar(text, metadata, "created_by", "made by");
    append_heading(text, "bytes");
    buffer_printf(text, "%zu, checksum right\n", triage_model_size_bytes(model));
    append_heading(text, "SHA-256");
    buffer_printf(text, "%s\n", sha256);
    append_object(text, metadata, "data");
    append_object(text, metadata, "options");
    append_object(text, metadata, "choice");
    append_object(text, metadata, "features");
    append_heading(text, "vocabulary");
    buffer_printf(text, "%zu features\n", triage_model_n_features(model));
    buffer_append_text(text, "\nquality on tickets kept aside in training (cross-fitted)\n");
    quality_text_append(text, metadata);
    for (size_t f = 0; f < triage_model_n_fields(model); f++)
        append_field(text, model, f);
}

static void write_labels(const triage_model *model, size_t f, json_writer *w)
{
    json_begin_array(w);
    for (size_t i = 0; i < triage_model_n_labels(model, f); i++) {
        json_begin_object(w);
        json_write_key(w, "label");
        json_write_text(w, triage_model_label_name(model, f, i));
        json_write_key(w, "prior");
        json_write_float(w, triage_model_prior(model, f, i));
        json_write_key(w, "threshold");
        json_write_float(w, triage_model_threshold(model, f, i));
        json_end_object(w);
    }
    json_end_array(w);
}

/* All of it but the cuts, which are long and for programs that set thresholds (model/policy.h). */
static void write_metadata(const json_value *metadata, json_writer *w)
{
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    json_begin_object(w);
    while (json_next_member(metadata, &cursor, &name, &value)) {
        if (strcmp(name, "cuts") == 0)
            continue;
        json_write_key(w, name);
        json_write_value(w, value);
    }
    json_end_object(w);
}

static void append_json(buffer *text, const triage_model *model, const json_value *metadata)
{
    json_writer w = {.out = text};
    json_begin_object(&w);
    json_write_key(&w, "model");
    model_file_write_identity(model, metadata, &w);
    json_write_key(&w, "n_features");
    json_write_uint(&w, triage_model_n_features(model));
    json_write_key(&w, "fields");
    json_begin_object(&w);
    for (size_t f = 0; f < triage_model_n_fields(model); f++) {
        json_write_key(&w, triage_model_field_name(model, f));
        json_begin_object(&w);
        json_write_key(&w, "labels");
        write_labels(model, f, &w);
        json_end_object(&w);
    }
    json_end_object(&w);
    json_write_key(&w, "metadata");
    write_metadata(metadata, &w);
    json_end_object(&w);
    buffer_append_char(text, '\n');
}

static exit_code run(const void *settings, console *c)
{
    const inspect_settings *s = settings;
    const char *path = s->paths.items[0];
    triage_error err = {0};
    triage_model *model = NULL;
    json_value *metadata = NULL;
    triage_status status = model_file_open(path, &model, &err);
    if (status == TRIAGE_OK)
        status = model_file_metadata(model, &metadata, &err);
    exit_code code;
    if (status == TRIAGE_OK) {
        output out = {0};
        if (s->is_json)
            append_json(&out.text, model, metadata);
        else
            append_text(&out.text, path, model, metadata);
        code = output_close(&out, c);
    } else
        code = console_fail(c, status, &err);
    json_free(metadata);
    triage_model_free(model);
    return code;
}

static const option_row writing_options[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write one JSON object",
     .offset = offsetof(inspect_settings, is_json)},
};

static const option_group groups[] = {
    {.title = "Writing",
     .rows = writing_options,
     .n_rows = sizeof writing_options / sizeof *writing_options},
};

static const command_example examples[] = {
    {"triage inspect it.triage", "what the model knows, and how good it was in training"},
};

const command command_inspect = {
    .name = "inspect",
    .summary = "Show what is inside a model file.",
    .text = "Checks a model file and shows its fields, labels and thresholds, the options and the "
            "data it was trained with, its quality, size and checksum.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "MODEL",
                              .name = "MODEL",
                              .are_paths = true,
                              .minimum = 1,
                              .maximum = 1,
                              .help = "The model file",
                              .offset = offsetof(inspect_settings, paths)}},
    .settings_size = sizeof(inspect_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
