/* SPDX-License-Identifier: MIT */
/* `triage import`: labelled tickets, or corrections, into the store. */
#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/import_run.h"
#include "cli/output.h"
#include "cli/store_access.h"

typedef struct import_command_settings {
    text_list paths;
    import_settings import;
    access_settings access;
    bool is_feedback, is_json;
} import_command_settings;

static void append_json(const import_run *run, buffer *text)
{
    json_writer w = {.out = text};
    json_begin_object(&w);
    json_write_key(&w, "added");
    json_write_uint(&w, run->counts.added);
    json_write_key(&w, "updated");
    json_write_uint(&w, run->counts.updated);
    json_write_key(&w, "unchanged");
    json_write_uint(&w, run->counts.unchanged);
    json_write_key(&w, "bad_rows");
    json_write_uint(&w, run->log.n_bad_rows);
    json_end_object(&w);
    buffer_append_char(text, '\n');
}

static exit_code report(const import_command_settings *s, const import_run *run, console *c)
{
    output out = {0};
    if (s->is_json)
        append_json(run, &out.text);
    else
        buffer_printf(&out.text, "%llu added, %llu updated, %llu unchanged\n",
                      (unsigned long long)run->counts.added,
                      (unsigned long long)run->counts.updated,
                      (unsigned long long)run->counts.unchanged);
    return output_close(&out, c);
}

static triage_status import_all(const import_command_settings *s, import_run *run,
                                triage_error *err)
{
    triage_status status = store_access_open(&s->access, true, &run->store, err);
    if (status == TRIAGE_OK)
        status = s->is_feedback ? import_feedback(run, &s->paths, err)
                                : import_tickets(run, &s->paths, err);
    data_log_finish(&run->log);
    store_close(run->store);
    return status;
}

static exit_code run(const void *settings, console *c)
{
    const import_command_settings *s = settings;
    triage_error err = {0};
    if (s->is_feedback && s->import.id_column) {
        console_error(c, "--id is for tickets; corrections are told apart by what they say");
        return EXIT_CODE_USAGE;
    }
    if (s->is_feedback && s->import.data.fields.count > 1) {
        console_error(c, "with --feedback there is one --field: what lines without one are about");
        return EXIT_CODE_USAGE;
    }
    if (s->is_feedback && s->import.data.text_columns.count > 0) {
        console_error(c, "--text is for tickets; a correction's text is its member text");
        return EXIT_CODE_USAGE;
    }
    import_run run = {.settings = &s->import,
                      .log = {.console = c, .is_strict = s->import.data.is_strict},
                      .now = clock_unix_ms()};
    triage_status status = import_all(s, &run, &err);
    return status == TRIAGE_OK ? report(s, &run, c) : console_fail(c, status, &err);
}

static const option_row own_rows[] = {
    {.name = "feedback",
     .type = OPTION_FLAG,
     .help = "DATA holds corrections, one JSON object a line, such as triage feedback export "
             "writes; --field names the field of lines that name none (category if not given)",
     .offset = offsetof(import_command_settings, is_feedback)},
    {.name = "source",
     .type = OPTION_TEXT,
     .value = "NAME",
     .default_value = "import",
     .help = "Where the rows come from: rows of another source are other rows, even with the same "
             "id",
     .offset = offsetof(import_command_settings, import.source)},
    {.name = "id",
     .type = OPTION_TEXT,
     .value = "COLUMN",
     .help = "The column with each ticket's id, so that a later import of it updates; without it "
             "the text says which ticket it is",
     .offset = offsetof(import_command_settings, import.id_column)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write the counts as one JSON object",
     .offset = offsetof(import_command_settings, is_json)},
};

static const option_group groups[] = {
    {.title = "Importing", .rows = own_rows, .n_rows = sizeof own_rows / sizeof *own_rows},
    {.title = "Reading",
     .rows = data_options,
     .n_rows = DATA_N_OPTIONS,
     .offset = offsetof(import_command_settings, import.data)},
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = 1,
     .offset = offsetof(import_command_settings, access.config)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = 1,
     .offset = offsetof(import_command_settings, access.folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(import_command_settings, access.store)},
};

static const command_example examples[] = {
    {"triage import tickets.csv --id number --source servicenow",
     "again later: what has changed is updated"},
    {"triage import tickets.csv --field category=Topic_group", "a field under a name of its own"},
    {"triage import --feedback feedback.jsonl", "corrections from elsewhere"},
};

const command command_import = {
    .name = "import",
    .summary = "Put labelled tickets or corrections into the store.",
    .text = "Reads labelled tickets into the store that a service uses, also while it runs: the "
            "next training learns from them. The same import again changes nothing.\n"
            "DATA is CSV, JSONL or fastText, also as .gz or .zst; - is standard input.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "DATA...",
                              .name = "DATA",
                              .are_paths = true,
                              .minimum = 1,
                              .maximum = SIZE_MAX,
                              .help = "Files with labelled tickets, or with corrections",
                              .offset = offsetof(import_command_settings, paths)}},
    .settings_size = sizeof(import_command_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
