/* SPDX-License-Identifier: MIT */
/* `triage train`: from labelled tickets to a model file. */
#include "base/clock.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/data_source.h"
#include "cli/field_columns.h"
#include "cli/interrupt.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/output_path.h"
#include "cli/quality_text.h"
#include "cli/quoting.h"
#include "cli/result_json.h"
#include "triage/train.h"

typedef struct train_settings {
    text_list paths;
    data_settings data;
    uint32_t preset; /* index into presets */
    uint64_t n_threads, seed;
    double target_precision, max_df;
    uint64_t min_df;
    const char *output_path;
    bool is_json, is_quiet;
} train_settings;

static const char *const presets[] = {"auto", "words", "seed", NULL};

/* What is measured and told at the end. */
typedef struct train_run {
    const train_settings *settings;
    triage_dataset *dataset;
    triage_model *model;
    json_value *metadata;
    double started_at, read_seconds, train_seconds;
    triage_error err;
} train_run;

static bool on_progress(void *context, const triage_train_progress *p)
{
    console *c = context;
    if (p->message)
        console_note(c, "%s", p->message);
    else
        progress_update(&c->progress, p->stage, PROGRESS_IN_STEPS, p->done, p->total);
    return !interrupt_has_come();
}

static triage_status load(train_run *run, console *c)
{
    const train_settings *s = run->settings;
    field_columns fields = {0};
    triage_status status = field_columns_parse(&fields, &s->data.fields, &run->err);
    if (status == TRIAGE_OK)
        status = data_source_load(&s->data, &fields, &s->paths, c, &run->dataset, &run->err);
    field_columns_free(&fields);
    run->read_seconds = clock_seconds() - run->started_at;
    return status;
}

static triage_status train(train_run *run, console *c)
{
    const train_settings *s = run->settings;
    triage_train_options options = triage_train_options_default();
    if (!triage_preset_parse(presets[s->preset], &options.preset))
        return error_set(&run->err, TRIAGE_ERROR_ARGUMENT, "unknown preset '%s'",
                         presets[s->preset]);
    options.n_threads = (uint32_t)s->n_threads;
    options.seed = s->seed;
    options.target_precision = s->target_precision;
    options.min_df = (uint32_t)s->min_df;
    options.max_df = s->max_df;
    options.on_progress = on_progress;
    options.context = c;
    double before = clock_seconds();
    interrupt_catch();
    triage_status status = triage_train(run->dataset, &options, &run->model, &run->err);
    progress_clear(&c->progress);
    if (status == TRIAGE_OK)
        status = triage_model_save(run->model, s->output_path, &run->err);
    run->train_seconds = clock_seconds() - before;
    return status;
}

static void append_json(const train_run *run, buffer *text)
{
    const json_value *fields = NULL;
    result_json result = {
        .n_tickets = triage_dataset_size(run->dataset),
        .read_seconds = run->read_seconds,
        .train_seconds = run->train_seconds,
        .total_seconds = clock_seconds() - run->started_at,
        .model = run->model,
        .metadata = run->metadata,
    };
    json_writer w = {.out = text};
    result_json_begin(&w, &result);
    (void)json_member(run->metadata, "fields", &fields);
    json_write_value(&w, fields);
    result_json_end(&w);
}

static void append_text(const train_run *run, buffer *text)
{
    size_t bytes = triage_model_size_bytes(run->model);
    quoting_append_plain(text, run->settings->output_path);
    if (bytes < 1000000)
        buffer_printf(text, ": %.0f kB", (double)bytes / 1e3);
    else
        buffer_printf(text, ": %.1f MB", (double)bytes / 1e6);
    buffer_printf(text, ", %zu features; quality on tickets kept aside (cross-fitted):\n",
                  triage_model_n_features(run->model));
    quality_text_append(text, run->metadata);
}

static exit_code report(const train_run *run, console *c)
{
    output out = {0};
    console_note(c, "read %.2f s, trained %.2f s, all %.2f s", run->read_seconds,
                 run->train_seconds, clock_seconds() - run->started_at);
    if (run->settings->is_json)
        append_json(run, &out.text);
    else
        append_text(run, &out.text);
    return output_close(&out, c);
}

static exit_code run(const void *settings, console *c)
{
    const train_settings *s = settings;
    train_run run = {.settings = s, .started_at = clock_seconds()};
    console_set_quiet(c, s->is_quiet);
    triage_status status = output_path_check(s->output_path, &run.err);
    if (status == TRIAGE_OK)
        status = load(&run, c);
    if (status == TRIAGE_OK)
        status = train(&run, c);
    if (status == TRIAGE_OK)
        status = model_file_metadata(run.model, &run.metadata, &run.err);
    exit_code code = status == TRIAGE_OK ? report(&run, c) : console_fail(c, status, &run.err);
    json_free(run.metadata);
    triage_model_free(run.model);
    triage_dataset_free(run.dataset);
    if (status == TRIAGE_ERROR_CANCELLED)
        interrupt_end();
    return code;
}

static const option_row training_options[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_PATH,
     .value = "MODEL",
     .is_required = true,
     .help = "Where the model goes; an old one is replaced when the new one is complete",
     .offset = offsetof(train_settings, output_path)},
    {.name = "preset",
     .type = OPTION_CHOICE,
     .choices = presets,
     .default_value = "auto",
     .help = "auto chooses features and regularisation by cross-validation; words is the fast one; "
             "seed is the classical 500-word recipe",
     .offset = offsetof(train_settings, preset)},
    {.name = "target-precision",
     .type = OPTION_REAL,
     .value = "P",
     .default_value = "0.95",
     .above = 0,
     .below = 1,
     .help = "The share of auto decisions that must be right",
     .offset = offsetof(train_settings, target_precision)},
    {.name = "min-df",
     .type = OPTION_NUMBER,
     .value = "N",
     .minimum = 1,
     .maximum = UINT32_MAX,
     .help = "Words and pairs in fewer tickets are not known; if not given, the preset's own: 1, "
             "or 2 for more than half a million words",
     .offset = offsetof(train_settings, min_df)},
    {.name = "max-df",
     .type = OPTION_REAL,
     .value = "SHARE",
     .above = 0,
     .below = 1,
     .help = "Words and pairs in more than this share of the tickets weigh nothing; if not given, "
             "there is no limit",
     .offset = offsetof(train_settings, max_df)},
    {.name = "seed",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "1",
     .maximum = UINT64_MAX,
     .help = "Orders the tickets; the same data, options and seed give the same model",
     .offset = offsetof(train_settings, seed)},
    {.name = "threads",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 256,
     .help = "Threads, 0 for one per core; the model is the same for any number",
     .offset = offsetof(train_settings, n_threads)},
};

static const option_row writing_options[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write the result as one JSON object",
     .offset = offsetof(train_settings, is_json)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "Write nothing to standard error but bad rows and errors",
     .offset = offsetof(train_settings, is_quiet)},
};

static const option_group groups[] = {
    {.title = "Training",
     .rows = training_options,
     .n_rows = sizeof training_options / sizeof *training_options},
    {.title = "Reading",
     .rows = data_options,
     .n_rows = DATA_N_OPTIONS,
     .offset = offsetof(train_settings, data)},
    {.title = "Writing",
     .rows = writing_options,
     .n_rows = sizeof writing_options / sizeof *writing_options},
};

static const command_example examples[] = {
    {"triage train tickets.csv -o it.triage", "columns guessed, everything chosen"},
    {"triage train a.csv.gz b.jsonl --text subject,body --field queue -o it.triage",
     "two files, two text columns, one field"},
    {"triage train tickets.csv --field category=Topic_group --field priority -o it.triage",
     "two fields, the first under a name of its own"},
    {"triage train tickets.csv -o it.triage --preset words --json", "fast, figures as JSON"},
};

const command command_train = {
    .name = "train",
    .summary = "Train a model on labelled tickets.",
    .text =
        "Reads labelled tickets, trains a model for all their fields, calibrates its confidence, "
        "sets a threshold for each label, and writes the model file.\n"
        "DATA is CSV, JSONL or fastText, also as .gz or .zst; - is standard input. The quality "
        "that is printed was measured on tickets that the weights had not seen.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "DATA...",
                              .name = "DATA",
                              .are_paths = true,
                              .minimum = 1,
                              .maximum = SIZE_MAX,
                              .help = "Files with labelled tickets",
                              .offset = offsetof(train_settings, paths)}},
    .settings_size = sizeof(train_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
