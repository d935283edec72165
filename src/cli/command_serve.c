/* SPDX-License-Identifier: MIT */
/* `triage serve`: everything in one process. */
#include "cli/command.h"
#include "cli/config_print.h"
#include "services/serve.h"

static exit_code run(const void *settings, console *c)
{
    const serve_settings *s = settings;
    triage_error err = {0};
    if (s->config.is_printed)
        return config_print(s->config.values, c);
    triage_status status = serve_run(s, &err);
    return status == TRIAGE_OK ? EXIT_CODE_DONE : console_fail(c, status, &err);
}

static const option_group groups[] = {
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = CONFIG_N_ROWS,
     .offset = offsetof(serve_settings, config)},
    {.title = "Listening",
     .rows = listen_rows_front,
     .n_rows = 1,
     .offset = offsetof(serve_settings, listen)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = FOLDER_N_ROWS,
     .offset = offsetof(serve_settings, folders)},
    {.title = "Console",
     .rows = console_rows,
     .n_rows = 1,
     .offset = offsetof(serve_settings, console)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(serve_settings, store)},
    {.title = "HTTP",
     .rows = http_rows,
     .n_rows = HTTP_N_ROWS,
     .offset = offsetof(serve_settings, http)},
    {.title = "Callers",
     .rows = caller_rows,
     .n_rows = CALLER_N_ROWS,
     .offset = offsetof(serve_settings, callers)},
    {.title = "Predictions",
     .rows = prediction_log_rows,
     .n_rows = PREDICTION_LOG_N_ROWS,
     .offset = offsetof(serve_settings, prediction_log)},
    {.title = "Retraining",
     .rows = retrain_rows,
     .n_rows = RETRAIN_N_ROWS,
     .offset = offsetof(serve_settings, retrain)},
    {.title = "Model versions",
     .rows = version_rows,
     .n_rows = VERSION_N_ROWS,
     .offset = offsetof(serve_settings, versions)},
    {.title = "Log",
     .rows = log_rows,
     .n_rows = LOG_N_ROWS,
     .offset = offsetof(serve_settings, log)},
    {.title = "Vault",
     .rows = vault_rows,
     .n_rows = VAULT_N_ROWS,
     .offset = offsetof(serve_settings, vault)},
};

static const command_example examples[] = {
    {"triage serve", "on this machine alone, at http://127.0.0.1:8080"},
    {"triage serve --listen 0.0.0.0:8080 --data-dir /var/lib/triage --admin-key-file "
     "/run/secrets/admin",
     "for others, who need a key"},
    {"triage serve --config /etc/triage.conf --print-config", "what the options come to"},
};

const command command_serve = {
    .name = "serve",
    .summary = "Serve predictions, learn from corrections, all in one process.",
    .text = "Answers over HTTP, shows the console, keeps predictions and corrections in a database "
            "file, trains again when corrections have come in, and puts a new model live if it is "
            "better, without a pause. Everything is kept in one folder.\nSIGTERM ends it in order. "
            "SIGHUP opens the log again and reads the configuration file and the files of secrets "
            "again: it takes the options that say so and names the others that have changed.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(serve_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
