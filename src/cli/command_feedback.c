/* SPDX-License-Identifier: MIT */
/* `triage feedback`: what people have corrected, as JSON lines. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/store_access.h"
#include "services/feedback_line.h"

typedef struct feedback_settings {
    option_action action;
    access_settings access;
    uint32_t status; /* index into statuses */
} feedback_settings;

static const char *const statuses[] = {"accepted", "held", "rejected", "superseded", "all", NULL};
#define STATUS_ALL 4

typedef struct feedback_export {
    output out;
    bool has_status;
} feedback_export;

static bool append_line(void *context, const store_feedback *feedback)
{
    feedback_export *e = context;
    feedback_line_append(feedback, e->has_status, &e->out.text);
    output_flush_if_full(&e->out);
    return !output_has_failed(&e->out);
}

static exit_code export_all(const feedback_settings *s, store *db, console *c)
{
    triage_error err = {0};
    feedback_export e = {.has_status = s->status == STATUS_ALL};
    store_feedback_filter filter = {.is_oldest_first = true};
    if (s->status != STATUS_ALL)
        filter.has_status = store_feedback_status_parse(statuses[s->status], &filter.status);
    triage_status status = store_each_feedback(db, &filter, append_line, &e, &err);
    bool is_cut_off = output_has_failed(&e.out);
    exit_code code = output_close(&e.out, c);
    return status == TRIAGE_OK || is_cut_off ? code : console_fail(c, status, &err);
}

static exit_code run(const void *settings, console *c)
{
    const feedback_settings *s = settings;
    triage_error err = {0};
    store *db = NULL;
    triage_status status = store_access_open(&s->access, false, &db, &err);
    if (status != TRIAGE_OK)
        return console_fail(c, status, &err);
    exit_code code = export_all(s, db, c);
    store_close(db);
    return code;
}

static const option_verb verbs[] = {
    {.name = "export", .help = "Write corrections to standard output, the oldest first"},
};

static const option_row own_rows[] = {
    {.name = "status",
     .type = OPTION_CHOICE,
     .choices = statuses,
     .default_value = "accepted",
     .help = "Which ones; all adds the status to each line",
     .offset = offsetof(feedback_settings, status)},
};

static const option_group groups[] = {
    {.title = "Corrections", .rows = own_rows, .n_rows = 1},
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = 1,
     .offset = offsetof(feedback_settings, access.config)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = 1,
     .offset = offsetof(feedback_settings, access.folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(feedback_settings, access.store)},
};

static const command_example examples[] = {
    {"triage feedback export > feedback.jsonl", "what retraining learns from"},
    {"triage feedback export --status held", "what waits for an admin's decision"},
};

const command command_feedback = {
    .name = "feedback",
    .summary = "Export the corrections that people have made.",
    .text = "Writes one JSON object a line, with text, field, label, predicted, confidence, "
            "model_version, source and created_at; triage import --feedback reads it again. Works "
            "on the store that a service uses, also while it runs.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "export",
                              .name = "ACTION",
                              .verbs = verbs,
                              .n_verbs = sizeof verbs / sizeof *verbs,
                              .help = "What to do:",
                              .offset = offsetof(feedback_settings, action)}},
    .settings_size = sizeof(feedback_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
