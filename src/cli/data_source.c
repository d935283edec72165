/* SPDX-License-Identifier: MIT */
/* Reading labelled tickets for a command, and telling what was met. */
#include "cli/data_source.h"

#include "base/buffer.h"
#include "cli/field_columns.h"
#include "cli/quoting.h"

/* More lines of one kind tell nothing new; the rest is counted. */
#define MAX_SHOWN 20

const char *const data_formats[] = {"auto", "csv", "jsonl", "fasttext", NULL};

const option_row data_options[DATA_N_OPTIONS] = {
    {.name = "text",
     .type = OPTION_COMMAS,
     .value = "COL[,COL...]",
     .help = "The columns that hold the text, joined in this order; guessed from common names "
             "(text, subject and body, description) if not given",
     .offset = offsetof(data_settings, text_columns)},
    {.name = "field",
     .type = OPTION_TEXTS,
     .value = "[NAME=]COL",
     .help = "A column that holds labels, and the name of the field if it is another; guessed from "
             "common names (label, category, queue) if not given",
     .offset = offsetof(data_settings, fields)},
    {.name = "format",
     .type = OPTION_CHOICE,
     .choices = data_formats,
     .default_value = "auto",
     .help = "The format of the data; auto goes by the extension, before .gz or .zst",
     .offset = offsetof(data_settings, format)},
    {.name = "strict",
     .type = OPTION_FLAG,
     .help = "Stop at the first bad row instead of leaving it out",
     .offset = offsetof(data_settings, is_strict)},
};

triage_format data_format(uint32_t index)
{
    triage_format format = TRIAGE_FORMAT_AUTO;
    return triage_format_parse(data_formats[index], &format) ? format : TRIAGE_FORMAT_AUTO;
}

void data_log_event(void *data_log_pointer, const triage_read_event *event)
{
    data_log *log = data_log_pointer;
    const char *file = event->file ? event->file : "";
    switch (event->kind) {
    case TRIAGE_READ_BAD_ROW:
        /* The row that ends everything is told as the error. */
        if (!log->is_strict && log->n_bad_rows++ < MAX_SHOWN)
            console_warn(log->console, "%s:%llu: %s", file, (unsigned long long)event->line,
                         event->message);
        break;
    case TRIAGE_READ_GUESS:
        console_note(log->console, "%s%s%s", file, *file ? ": " : "", event->message);
        break;
    case TRIAGE_READ_MERGED_LABEL:
        if (log->n_merged_labels++ < MAX_SHOWN)
            console_note(log->console, "%s", event->message);
        break;
    case TRIAGE_READ_PROGRESS:
        progress_update(&log->console->progress, "read", PROGRESS_IN_BYTES, event->bytes_done,
                        event->bytes_total);
        break;
    }
}

void data_log_finish(const data_log *log)
{
    progress_clear(&log->console->progress);
    if (log->n_merged_labels > MAX_SHOWN)
        console_note(log->console, "%llu spellings of labels merged in all",
                     (unsigned long long)log->n_merged_labels);
    if (log->n_bad_rows > MAX_SHOWN)
        console_warn(log->console, "... and %llu more bad rows",
                     (unsigned long long)(log->n_bad_rows - MAX_SHOWN));
    if (log->n_bad_rows > 0)
        console_warn(log->console, "%llu bad row%s left out", (unsigned long long)log->n_bad_rows,
                     log->n_bad_rows == 1 ? "" : "s");
}

static void tell_what_was_read(const triage_dataset *dataset, console *c)
{
    triage_read_report report = triage_dataset_report(dataset);
    size_t n_tickets = triage_dataset_size(dataset);
    buffer line = {0};
    buffer_printf(&line, "%zu ticket%s; ", n_tickets, n_tickets == 1 ? "" : "s");
    for (size_t f = 0; f < triage_dataset_n_fields(dataset); f++) {
        size_t n_labels = triage_dataset_n_labels(dataset, f);
        buffer_append_text(&line, f ? ", " : "");
        quoting_append_plain(&line, triage_dataset_field_name(dataset, f));
        buffer_printf(&line, ": %zu label%s", n_labels, n_labels == 1 ? "" : "s");
    }
    if (report.n_empty_texts > 0)
        buffer_printf(&line, "; %llu without text", (unsigned long long)report.n_empty_texts);
    if (report.n_invalid_utf8 > 0)
        buffer_printf(&line, "; %llu with bytes that are not UTF-8",
                      (unsigned long long)report.n_invalid_utf8);
    const char *text = buffer_string(&line);
    if (text)
        console_note(c, "%s", text);
    buffer_free(&line);
}

triage_status data_source_load(const data_settings *settings, const field_columns *fields,
                               const text_list *paths, console *c, triage_dataset **ret_dataset,
                               triage_error *err)
{
    data_log log = {.console = c, .is_strict = settings->is_strict};
    triage_read_options options = {
        .format = data_format(settings->format),
        .text_columns = settings->text_columns.items,
        .n_text_columns = settings->text_columns.count,
        .fields = fields->items,
        .n_fields = fields->count,
        .strict = settings->is_strict,
        .on_event = data_log_event,
        .context = &log,
    };
    triage_dataset *dataset = NULL;
    triage_status status = triage_dataset_load(paths->items, paths->count, &options, &dataset, err);
    data_log_finish(&log);
    if (status == TRIAGE_OK) {
        tell_what_was_read(dataset, c);
        *ret_dataset = dataset;
    }
    return status;
}
