/* SPDX-License-Identifier: MIT */
/* `triage backend`: the API, apart from prediction and training. */
#include "cli/command.h"
#include "cli/config_print.h"
#include "services/backend/service.h"

static exit_code run(const void *settings, console *c)
{
    const backend_settings *s = settings;
    triage_error err = {0};
    if (s->config.is_printed)
        return config_print(s->config.values, c);
    triage_status status = backend_run(s, &err);
    return status == TRIAGE_OK ? EXIT_CODE_DONE : console_fail(c, status, &err);
}

static const option_group groups[] = {
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = CONFIG_N_ROWS,
     .offset = offsetof(backend_settings, config)},
    {.title = "Listening",
     .rows = listen_rows_front,
     .n_rows = 1,
     .offset = offsetof(backend_settings, listen)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = FOLDER_N_ROWS,
     .offset = offsetof(backend_settings, folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(backend_settings, store)},
    {.title = "Inference key",
     .rows = inference_key_rows,
     .n_rows = 1,
     .offset = offsetof(backend_settings, inference_key)},
    {.title = "HTTP",
     .rows = http_rows,
     .n_rows = HTTP_N_ROWS,
     .offset = offsetof(backend_settings, http)},
    {.title = "Callers",
     .rows = caller_rows,
     .n_rows = CALLER_N_ROWS,
     .offset = offsetof(backend_settings, callers)},
    {.title = "Inference",
     .rows = inference_client_rows,
     .n_rows = INFERENCE_CLIENT_N_ROWS,
     .offset = offsetof(backend_settings, inference)},
    {.title = "Predictions",
     .rows = prediction_log_rows,
     .n_rows = PREDICTION_LOG_N_ROWS,
     .offset = offsetof(backend_settings, prediction_log)},
    {.title = "Model versions",
     .rows = version_rows,
     .n_rows = VERSION_N_ROWS,
     .offset = offsetof(backend_settings, versions)},
    {.title = "Retraining",
     .rows = retrain_rows,
     .n_rows = 1,
     .offset = offsetof(backend_settings, retrain)},
    {.title = "Log",
     .rows = log_rows,
     .n_rows = LOG_N_ROWS,
     .offset = offsetof(backend_settings, log)},
    {.title = "Vault",
     .rows = vault_rows,
     .n_rows = VAULT_N_ROWS,
     .offset = offsetof(backend_settings, vault)},
};

static const command_example examples[] = {
    {"triage backend --store-file /run/secrets/store --inference-url http://inference:8081 "
     "--listen 0.0.0.0:8080",
     "on PostgreSQL, whose address with its password is in a file"},
};

const command command_backend = {
    .name = "backend",
    .summary = "Serve the API; inference servers predict, a retrainer learns.",
    .text =
        "Answers over HTTP, keeps predictions and corrections in the store, and asks the servers "
        "of --inference-url for predictions. Several may run on one PostgreSQL database.\nSIGTERM "
        "ends it in order. SIGHUP opens the log again and reads the configuration file and the "
        "files of secrets again: it takes the options that say so and names the others that have "
        "changed.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(backend_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
