/* SPDX-License-Identifier: MIT */
/* What is the same for every prediction, made ready once. */
#include "cli/prediction_layout.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/quoting.h"

#include <stdlib.h>
#include <string.h>

static const char *const column_suffixes[COLUMN_ALTERNATIVES + 1] = {
    [COLUMN_LABEL] = "",
    [COLUMN_CONFIDENCE] = "_confidence",
    [COLUMN_DECISION] = "_decision",
    [COLUMN_EXPLANATION] = "_explanation",
    [COLUMN_ALTERNATIVES] = "_alternatives",
};

static bool copy_out(const char *data, size_t length, slice *ret_copy)
{
    char *copy = mem_copy_string(data, length);
    if (copy)
        *ret_copy = (slice){copy, length};
    return copy != NULL;
}

static void append_label(const prediction_layout *layout, buffer *text, const char *label)
{
    json_writer json = {.out = text};
    switch (layout->form) {
    case PREDICTION_LINES:
    case PREDICTION_TABLE: quoting_append_plain(text, label); break;
    case PREDICTION_JSON:
    case PREDICTION_JSONL: json_write_text(&json, label); break;
    case PREDICTION_CSV: quoting_append_csv(text, label, strlen(label), layout->separator); break;
    }
}

static bool build_labels(prediction_layout *layout, size_t f)
{
    prediction_field *field = &layout->fields[f];
    field->labels = mem_new_zeroed(field->n_labels, sizeof *field->labels);
    field->thresholds = mem_new_zeroed(field->n_labels, sizeof *field->thresholds);
    buffer text = {0};
    bool built = field->labels && field->thresholds;
    for (size_t i = 0; built && i < field->n_labels; i++) {
        const char *label = triage_model_label_name(layout->model, f, i);
        size_t width = quoting_width(label);
        if (layout->label_width < width)
            layout->label_width = width;
        buffer_clear(&text);
        append_label(layout, &text, label);
        built = !text.failed && copy_out(text.data, text.length, &field->labels[i]);
        buffer_clear(&text);
        json_writer json = {.out = &text};
        json_write_float(&json, triage_model_threshold(layout->model, f, i));
        built = built && !text.failed && copy_out(text.data, text.length, &field->thresholds[i]);
    }
    buffer_free(&text);
    return built;
}

static bool build_columns(prediction_layout *layout, size_t f)
{
    prediction_field *field = &layout->fields[f];
    buffer name = {0}, text = {0};
    bool built = true;
    for (size_t i = 0; built && i <= COLUMN_ALTERNATIVES; i++) {
        buffer_clear(&name);
        buffer_clear(&text);
        buffer_append_text(&name, field->name);
        buffer_append_text(&name, column_suffixes[i]);
        const char *plain = buffer_string(&name);
        if (plain && layout->form == PREDICTION_JSONL) {
            json_writer json = {.out = &text};
            json_write_text(&json, plain);
            built = !text.failed && copy_out(text.data + 1, text.length - 2, &field->columns[i]);
        } else
            built = plain && copy_out(plain, name.length, &field->columns[i]);
    }
    buffer_free(&name);
    buffer_free(&text);
    return built;
}

static bool build_field(prediction_layout *layout, size_t f, size_t n_top)
{
    prediction_field *field = &layout->fields[f];
    field->name = triage_model_field_name(layout->model, f);
    field->n_labels = triage_model_n_labels(layout->model, f);
    field->n_alternatives = (n_top < field->n_labels ? n_top : field->n_labels) - 1;
    size_t width = quoting_width(field->name);
    if (layout->name_width < width)
        layout->name_width = width;
    return build_labels(layout, f) && build_columns(layout, f);
}

triage_status prediction_layout_build(const triage_model *model, prediction_form form, size_t n_top,
                                      bool has_explanations, char separator,
                                      prediction_layout *ret_layout, triage_error *err)
{
    prediction_layout layout = {
        .model = model,
        .form = form,
        .has_explanations = has_explanations,
        .separator = separator,
        .n_fields = triage_model_n_fields(model),
    };
    layout.fields = mem_new_zeroed(layout.n_fields, sizeof *layout.fields);
    bool built = layout.fields != NULL;
    for (size_t f = 0; built && f < layout.n_fields; f++)
        built = build_field(&layout, f, n_top);
    if (!built) {
        prediction_layout_free(&layout);
        return error_memory(err);
    }
    *ret_layout = layout;
    return TRIAGE_OK;
}

static void free_slice(slice s)
{
    free((char *)(uintptr_t)s.data);
}

static void free_slices(slice *slices, size_t count)
{
    for (size_t i = 0; slices && i < count; i++)
        free_slice(slices[i]);
    free(slices);
}

void prediction_layout_free(prediction_layout *layout)
{
    for (size_t f = 0; layout->fields && f < layout->n_fields; f++) {
        prediction_field *field = &layout->fields[f];
        free_slices(field->labels, field->n_labels);
        free_slices(field->thresholds, field->n_labels);
        for (size_t i = 0; i <= COLUMN_ALTERNATIVES; i++)
            free_slice(field->columns[i]);
    }
    free(layout->fields);
    *layout = (prediction_layout){0};
}
