/* SPDX-License-Identifier: MIT */
/* `triage evaluate`: how good a model is on labelled tickets. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/data_source.h"
#include "cli/evaluation_json.h"
#include "cli/evaluation_text.h"
#include "cli/field_columns.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/output_path.h"
#include "cli/result_json.h"
#include "train/report.h"
#include "triage/evaluate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of the lines for a person: where no terminal says how wide it is, and at most. */
#define DEFAULT_WIDTH 100
#define MIN_WIDTH     60
#define MAX_WIDTH     200

typedef struct evaluate_settings {
    text_list paths;
    data_settings data;
    const char *model_path, *report_path;
    uint64_t n_threads;
    bool is_json, is_quiet;
} evaluate_settings;

/* One run: what its stages share. */
typedef struct evaluate_run {
    const evaluate_settings *settings;
    triage_model *model;
    triage_dataset *dataset;
    triage_evaluation *evaluation;
    metrics_view *views; /* owned, of its fields */
    size_t n_views;
    double started_at, read_seconds;
    triage_error err;
} evaluate_run;

static triage_status load(evaluate_run *run, console *c)
{
    const evaluate_settings *s = run->settings;
    field_columns fields = {0};
    double before = clock_seconds();
    triage_status status = field_columns_parse(&fields, &s->data.fields, &run->err);
    if (status == TRIAGE_OK && fields.count == 0)
        status = field_columns_match(&fields, &s->data, &s->paths, run->model, c, &run->err);
    if (status == TRIAGE_OK)
        status = data_source_load(&s->data, &fields, &s->paths, c, &run->dataset, &run->err);
    field_columns_free(&fields);
    run->read_seconds = clock_seconds() - before;
    return status;
}

/* Says which fields of the model are not measured. */
static void tell_missing_fields(const evaluate_run *run, console *c)
{
    for (size_t f = 0; f < triage_model_n_fields(run->model); f++) {
        const char *name = triage_model_field_name(run->model, f);
        bool is_measured = false;
        for (size_t i = 0; i < triage_evaluation_n_fields(run->evaluation); i++)
            is_measured |= strcmp(triage_evaluation_field(run->evaluation, i)->name, name) == 0;
        if (!is_measured)
            console_note(c, "field '%s' of the model is not in the data; --field %s=COL names it",
                         name, name);
    }
}

static size_t line_width(void)
{
    struct winsize size = {0};
    size_t width = DEFAULT_WIDTH;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        width = size.ws_col;
    return width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
}

static void append_text(const evaluate_run *run, buffer *text)
{
    size_t width = line_width();
    for (size_t i = 0; i < run->n_views; i++) {
        if (i > 0)
            buffer_append_char(text, '\n');
        evaluation_text_append(text, &run->views[i], run->dataset, width);
    }
}

static triage_status append_json(evaluate_run *run, buffer *text)
{
    json_value *metadata = NULL;
    triage_status status = model_file_metadata(run->model, &metadata, &run->err);
    if (status != TRIAGE_OK)
        return status;
    result_json result = {
        .n_tickets = triage_dataset_size(run->dataset),
        .read_seconds = run->read_seconds,
        .total_seconds = clock_seconds() - run->started_at,
        .model = run->model,
        .metadata = metadata,
    };
    json_writer w = {.out = text};
    result_json_begin(&w, &result);
    evaluation_json_write_fields(&w, run->evaluation);
    result_json_end(&w);
    json_free(metadata);
    return TRIAGE_OK;
}

static exit_code report(evaluate_run *run, console *c)
{
    output out = {0};
    triage_status status = TRIAGE_OK;
    if (run->settings->is_json)
        status = append_json(run, &out.text);
    else
        append_text(run, &out.text);
    exit_code written = output_close(&out, c);
    return status == TRIAGE_OK ? written : console_fail(c, status, &run->err);
}

static triage_status make_views(evaluate_run *run)
{
    size_t count = triage_evaluation_n_fields(run->evaluation);
    run->views = mem_new_zeroed(count, sizeof *run->views);
    if (!run->views)
        return error_memory(&run->err);
    for (size_t i = 0; i < count; i++) {
        metrics_view *view = &run->views[i];
        view->field = triage_evaluation_field(run->evaluation, i);
        view->mistakes = triage_evaluation_mistakes(run->evaluation, i, &view->n_mistakes);
    }
    run->n_views = count;
    return TRIAGE_OK;
}

static triage_status write_report(evaluate_run *run, console *c)
{
    const evaluate_settings *s = run->settings;
    report_input input = {
        .model = s->model_path,
        .data = s->paths.items[0],
        .dataset = run->dataset,
        .fields = run->views,
        .n_fields = run->n_views,
    };
    triage_status status = report_write(s->report_path, &input, &run->err);
    if (status == TRIAGE_OK)
        console_note(c, "report: %s", s->report_path);
    return status;
}

static triage_status evaluate(evaluate_run *run, console *c)
{
    const evaluate_settings *s = run->settings;
    double before = clock_seconds();
    triage_status status = triage_evaluate(run->model, run->dataset, (uint32_t)s->n_threads,
                                           &run->evaluation, &run->err);
    if (status != TRIAGE_OK)
        return status;
    console_note(c, "read %.2f s, predicted %.2f s", run->read_seconds, clock_seconds() - before);
    tell_missing_fields(run, c);
    status = make_views(run);
    return status == TRIAGE_OK && s->report_path ? write_report(run, c) : status;
}

/* Without --field, data whose labels are in columns of other names needs a hint. */
static void tell_how_to_name_fields(const evaluate_run *run, console *c)
{
    if (run->settings->data.fields.count > 0)
        return;
    for (size_t f = 0; f < triage_model_n_fields(run->model); f++)
        console_note(c, "--field %s=COL names the column of the model's field",
                     triage_model_field_name(run->model, f));
}

static exit_code run(const void *settings, console *c)
{
    const evaluate_settings *s = settings;
    evaluate_run run = {.settings = s, .started_at = clock_seconds()};
    console_set_quiet(c, s->is_quiet);
    triage_status status = TRIAGE_OK;
    if (s->report_path)
        status = output_path_check(s->report_path, &run.err);
    if (status == TRIAGE_OK)
        status = model_file_open(s->model_path, &run.model, &run.err);
    if (status == TRIAGE_OK)
        status = load(&run, c);
    if (status == TRIAGE_OK)
        status = evaluate(&run, c);
    exit_code code = status == TRIAGE_OK ? report(&run, c) : console_fail(c, status, &run.err);
    if (status == TRIAGE_ERROR_DATA)
        tell_how_to_name_fields(&run, c);
    free(run.views);
    triage_evaluation_free(run.evaluation);
    triage_dataset_free(run.dataset);
    triage_model_free(run.model);
    return code;
}

static const option_row evaluating_options[] = {
    {.name = "model",
     .letter = 'm',
     .type = OPTION_PATH,
     .value = "MODEL",
     .is_required = true,
     .help = "The model file",
     .offset = offsetof(evaluate_settings, model_path)},
    {.name = "threads",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 256,
     .help = "Threads, 0 for one per core",
     .offset = offsetof(evaluate_settings, n_threads)},
};

static const option_row writing_options[] = {
    {.name = "report",
     .type = OPTION_PATH,
     .value = "FILE",
     .help = "Write a page with reliability diagram and coverage-precision curve: HTML, or SVG if "
             "FILE ends in .svg",
     .offset = offsetof(evaluate_settings, report_path)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write the result as one JSON object",
     .offset = offsetof(evaluate_settings, is_json)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "Write nothing to standard error but bad rows and errors",
     .offset = offsetof(evaluate_settings, is_quiet)},
};

static const option_group groups[] = {
    {.title = "Evaluating",
     .rows = evaluating_options,
     .n_rows = sizeof evaluating_options / sizeof *evaluating_options},
    {.title = "Reading",
     .rows = data_options,
     .n_rows = DATA_N_OPTIONS,
     .offset = offsetof(evaluate_settings, data)},
    {.title = "Writing",
     .rows = writing_options,
     .n_rows = sizeof writing_options / sizeof *writing_options},
};

static const command_example examples[] = {
    {"triage evaluate -m it.triage held-out.csv", "columns found by name"},
    {"triage evaluate -m it.triage held-out.csv --field category=Topic_group",
     "the labels of the model's field are in a column of another name"},
    {"triage evaluate -m it.triage held-out.csv --report report.html", "with a page of diagrams"},
    {"triage evaluate -m it.triage held-out.csv --json | jq .fields", "one figure for a script"},
};

const command command_evaluate = {
    .name = "evaluate",
    .summary = "Measure a model on labelled tickets.",
    .text =
        "Predicts labelled tickets that the model has not been trained on, and tells how often it "
        "is right: per label and overall, how well confidence and auto decisions keep their word, "
        "and what is mistaken for what.\n"
        "Fields of the model are compared with the columns of the same name. If there is none and "
        "the model has one field, the column is guessed, and the guess is printed.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "DATA...",
                              .name = "DATA",
                              .are_paths = true,
                              .minimum = 1,
                              .maximum = SIZE_MAX,
                              .help = "Files with labelled tickets",
                              .offset = offsetof(evaluate_settings, paths)}},
    .settings_size = sizeof(evaluate_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
