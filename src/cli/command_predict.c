/* SPDX-License-Identifier: MIT */
/* `triage predict`: labels, confidences and decisions for new tickets. */
#include "base/error.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "cli/command.h"
#include "cli/data_source.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/prediction_worker.h"
#include "cli/ticket_input.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of tickets that one thread predicts at a time: a few milliseconds of work, beside which
 * the start of a thread is nothing, and small enough for the cache. */
#define BYTES_A_THREAD ((size_t)1 << 19)

typedef struct predict_settings {
    const char *model_path;
    text_list arguments; /* tickets, or files if the input is a format of files */
    text_list paths;
    uint32_t input; /* index into inputs */
    text_list text_columns;
    bool is_strict;
    uint64_t n_top;
    bool has_explanations, is_json, is_quiet;
    uint64_t n_threads;
} predict_settings;

static const char *const inputs[] = {"auto", "text", "csv", "jsonl", "fasttext", NULL};

/* One run: what is shared by its stages. */
typedef struct predict_run {
    const predict_settings *settings;
    const text_list *paths; /* to be read; empty: the arguments are the tickets */
    triage_model *model;
    prediction_layout layout;
    prediction_worker *workers; /* owned, n_threads of them */
    size_t n_workers;           /* that have been opened */
    ticket_batch batch;
    output out;
    ticket_input input;
    triage_error err;
} predict_run;

static triage_format input_format(const predict_settings *s, const char *first_path)
{
    triage_format format = TRIAGE_FORMAT_AUTO;
    if (!triage_format_parse(inputs[s->input], &format) || format == TRIAGE_FORMAT_AUTO)
        format = strcmp(first_path, "-") == 0 ? TRIAGE_FORMAT_TEXT : TRIAGE_FORMAT_AUTO;
    return format;
}

static prediction_form choose_form(const predict_settings *s, triage_format format)
{
    if (s->is_json)
        return PREDICTION_JSON;
    if (format == TRIAGE_FORMAT_CSV)
        return PREDICTION_CSV;
    if (format == TRIAGE_FORMAT_JSONL)
        return PREDICTION_JSONL;
    return isatty(STDOUT_FILENO) ? PREDICTION_TABLE : PREDICTION_LINES;
}

static triage_status open_workers(predict_run *run)
{
    size_t n_threads = (size_t)run->settings->n_threads;
    if (n_threads == 0)
        n_threads = parallel_n_cores();
    run->workers = mem_new_zeroed(n_threads, sizeof *run->workers);
    if (!run->workers)
        return error_memory(&run->err);
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && run->n_workers < n_threads) {
        status = prediction_worker_open(&run->layout, &run->workers[run->n_workers], &run->err);
        run->n_workers += status == TRIAGE_OK;
    }
    return status;
}

/* Task i of n: the i-th of n runs of tickets of the batch, by worker i. */
static bool predict_part(void *context, size_t task)
{
    predict_run *run = context;
    prediction_worker *worker = &run->workers[task];
    size_t first = run->batch.count * task / run->n_workers;
    size_t end = run->batch.count * (task + 1) / run->n_workers;
    for (size_t i = first; i < end; i++) {
        if (!prediction_worker_take(worker, ticket_batch_get(&run->batch, i)))
            return false;
    }
    return true;
}

/* Predicts the batch and writes the results in the order of the tickets. */
static triage_status predict_batch(predict_run *run)
{
    triage_status status = TRIAGE_OK;
    parallel_run((uint32_t)run->n_workers, run->n_workers, predict_part, run);
    for (size_t i = 0; i < run->n_workers; i++) {
        prediction_worker *worker = &run->workers[i];
        if (status == TRIAGE_OK && worker->status != TRIAGE_OK) {
            status = worker->status;
            run->err = worker->err;
        }
        if (status == TRIAGE_OK && worker->text.length > 0)
            buffer_append(&run->out.text, worker->text.data, worker->text.length);
        buffer_clear(&worker->text);
    }
    output_flush(&run->out);
    return status;
}

/* The tickets that stand on the command line. */
static triage_status predict_arguments(predict_run *run)
{
    const text_list *texts = &run->settings->arguments;
    prediction_form form = choose_form(run->settings, TRIAGE_FORMAT_TEXT);
    triage_status status =
        prediction_layout_build(run->model, form, (size_t)run->settings->n_top,
                                run->settings->has_explanations, ',', &run->layout, &run->err);
    if (status == TRIAGE_OK)
        status = open_workers(run);
    for (size_t i = 0; status == TRIAGE_OK && i < texts->count; i++) {
        slice text = {texts->items[i], strlen(texts->items[i])};
        if (!ticket_batch_add(&run->batch, run->batch.bytes.length, text))
            status = error_memory(&run->err);
    }
    return status == TRIAGE_OK ? predict_batch(run) : status;
}

/* The header of CSV output: that of the input, and the columns that are added. */
static triage_status write_header(predict_run *run)
{
    size_t n_columns;
    const slice *columns = ticket_input_columns(&run->input, &n_columns);
    buffer_append(&run->out.text, run->input.header.data, run->input.header.length);
    if (!prediction_append_csv_header(&run->layout, columns, n_columns, &run->out.text))
        return error_memory(&run->err);
    buffer_append_char(&run->out.text, '\n');
    return TRIAGE_OK;
}

static triage_status predict_stream(predict_run *run)
{
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && !output_has_failed(&run->out)) {
        ticket_batch_clear(&run->batch);
        status =
            ticket_input_fill(&run->input, run->n_workers * BYTES_A_THREAD, &run->batch, &run->err);
        /* What was read before an error is answered, too. */
        if (run->batch.count == 0)
            break;
        triage_error err = run->err;
        triage_status predicted = predict_batch(run);
        if (status != TRIAGE_OK)
            run->err = err;
        else
            status = predicted;
    }
    return status;
}

static triage_status predict_files(predict_run *run, console *c)
{
    const predict_settings *s = run->settings;
    triage_status status =
        ticket_input_open(&run->input, run->paths, input_format(s, run->paths->items[0]),
                          &s->text_columns, s->is_strict, c, &run->err);
    if (status != TRIAGE_OK)
        return status;
    prediction_form form = choose_form(s, run->input.format);
    if (form == PREDICTION_CSV || form == PREDICTION_JSONL)
        ticket_input_keep_rows(&run->input);
    status = prediction_layout_build(run->model, form, (size_t)s->n_top, s->has_explanations,
                                     run->input.separator, &run->layout, &run->err);
    if (status == TRIAGE_OK)
        status = open_workers(run);
    if (status == TRIAGE_OK && form == PREDICTION_CSV)
        status = write_header(run);
    if (status == TRIAGE_OK)
        status = predict_stream(run);
    data_log_finish(&run->input.log);
    ticket_input_close(&run->input);
    return status;
}

static void predict_run_free(predict_run *run)
{
    for (size_t i = 0; i < run->n_workers; i++)
        prediction_worker_close(&run->workers[i]);
    free(run->workers);
    prediction_layout_free(&run->layout);
    ticket_batch_free(&run->batch);
    triage_model_free(run->model);
}

/* A file's name is taken for a ticket if it is not given by --file: say so. */
static void warn_of_file_names(const text_list *texts, console *c)
{
    for (size_t i = 0; i < texts->count; i++) {
        struct stat facts;
        if (stat(texts->items[i], &facts) == 0 && S_ISREG(facts.st_mode))
            console_note(c, "'%s' is taken as the text of a ticket; to read the file: --file",
                         texts->items[i]);
    }
}

/* Files that stand on the command line as arguments or after --file, or standard input. */
static triage_status choose_paths(predict_run *run, console *c)
{
    static const char *const standard_input[] = {"-"};
    static const text_list only_standard_input = {.items = (const char **)standard_input,
                                                  .count = 1};
    const predict_settings *s = run->settings;
    const text_list *arguments = &s->arguments;
    bool are_files = strcmp(inputs[s->input], "auto") != 0 && strcmp(inputs[s->input], "text") != 0;
    bool is_dash = arguments->count == 1 && strcmp(arguments->items[0], "-") == 0;
    if (arguments->count > 0 && s->paths.count > 0)
        return error_set(&run->err, TRIAGE_ERROR_ARGUMENT,
                         "'%s' and --file cannot be used together", arguments->items[0]);
    run->paths = arguments;
    if (s->paths.count > 0)
        run->paths = &s->paths;
    else if (arguments->count == 0)
        run->paths = &only_standard_input;
    else if (!are_files && !is_dash) {
        run->paths = NULL;
        warn_of_file_names(arguments, c);
    }
    return TRIAGE_OK;
}

static exit_code run(const void *settings, console *c)
{
    const predict_settings *s = settings;
    predict_run run = {.settings = s};
    console_set_quiet(c, s->is_quiet);
    /* A bar would stand in the way of results on the same terminal. */
    if (isatty(STDOUT_FILENO) || isatty(STDIN_FILENO))
        c->progress.is_enabled = false;
    triage_status status = choose_paths(&run, c);
    if (status == TRIAGE_OK)
        status = model_file_open(s->model_path, &run.model, &run.err);
    if (status == TRIAGE_OK && run.paths)
        status = predict_files(&run, c);
    else if (status == TRIAGE_OK)
        status = predict_arguments(&run);
    exit_code written = output_close(&run.out, c);
    exit_code code = status == TRIAGE_OK ? written : console_fail(c, status, &run.err);
    predict_run_free(&run);
    return code;
}

static const option_row reading_options[] = {
    {.name = "model",
     .letter = 'm',
     .type = OPTION_PATH,
     .value = "MODEL",
     .is_required = true,
     .help = "The model file",
     .offset = offsetof(predict_settings, model_path)},
    {.name = "file",
     .letter = 'i',
     .type = OPTION_PATHS,
     .value = "FILE",
     .help = "Read the tickets from this file; .gz and .zst are read as they are, and - is "
             "standard input",
     .offset = offsetof(predict_settings, paths)},
    {.name = "input",
     .type = OPTION_CHOICE,
     .choices = inputs,
     .default_value = "auto",
     .help = "What is read: one ticket a line (text), or rows of a format; auto goes by the "
             "extension of the file and takes standard input as text",
     .offset = offsetof(predict_settings, input)},
    {.name = "text",
     .type = OPTION_COMMAS,
     .value = "COL[,COL...]",
     .help = "The columns of CSV or JSONL that hold the text, joined in this order; guessed if "
             "not given",
     .offset = offsetof(predict_settings, text_columns)},
    {.name = "strict",
     .type = OPTION_FLAG,
     .help = "Stop at the first bad row instead of leaving it out",
     .offset = offsetof(predict_settings, is_strict)},
    {.name = "threads",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "1",
     .maximum = 256,
     .help = "Threads that predict, 0 for one per core; the output is the same for any number",
     .offset = offsetof(predict_settings, n_threads)},
};

static const option_row writing_options[] = {
    {.name = "top",
     .type = OPTION_NUMBER,
     .value = "K",
     .default_value = "1",
     .minimum = 1,
     .maximum = 1000,
     .help = "Give the K most probable labels of each field",
     .offset = offsetof(predict_settings, n_top)},
    {.name = "explain",
     .type = OPTION_FLAG,
     .help = "Give the words that speak for the label rather than the runner-up, and against it",
     .offset = offsetof(predict_settings, has_explanations)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write one JSON object a ticket",
     .offset = offsetof(predict_settings, is_json)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "Write nothing to standard error but bad rows and errors",
     .offset = offsetof(predict_settings, is_quiet)},
};

static const option_group groups[] = {
    {.title = "Reading",
     .rows = reading_options,
     .n_rows = sizeof reading_options / sizeof *reading_options},
    {.title = "Writing",
     .rows = writing_options,
     .n_rows = sizeof writing_options / sizeof *writing_options},
};

static const command_example examples[] = {
    {"triage predict -m it.triage \"the printer on floor 3 is on fire\"", "one ticket"},
    {"mail-to-lines | triage predict -m it.triage --json", "one ticket a line"},
    {"triage predict -m it.triage --file new.csv.gz > labelled.csv",
     "the rows of a table, with columns added"},
    {"triage predict -m it.triage --explain --top 3 \"cannot open the shared drive\"",
     "with reasons and the two next labels"},
};

const command command_predict = {
    .name = "predict",
    .summary = "Predict labels, confidences and decisions for new tickets.",
    .text =
        "Gives each ticket, for each field of the model, a label, a calibrated confidence and a "
        "decision: auto (sure enough to route without a person) or review.\n"
        "Without TEXT and --file, standard input is read, one ticket a line. Text and fastText "
        "give a line a ticket: label, confidence and decision of each field, separated by tabs. "
        "CSV and JSONL keep their rows and gain NAME, NAME_confidence and NAME_decision for each "
        "field; a name that is there already gets the prefix predicted_.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "[TEXT...]",
                              .name = "TEXT",
                              .maximum = SIZE_MAX,
                              .help = "A ticket; with --input csv, jsonl or fasttext a file",
                              .offset = offsetof(predict_settings, arguments)}},
    .settings_size = sizeof(predict_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
