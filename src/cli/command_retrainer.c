/* SPDX-License-Identifier: MIT */
/* `triage retrainer`: training on corrections, in a process of its own. */
#include "cli/command.h"
#include "cli/config_print.h"
#include "services/retrainer/service.h"

static exit_code run(const void *settings, console *c)
{
    const retrainer_settings *s = settings;
    triage_error err = {0};
    if (s->config.is_printed)
        return config_print(s->config.values, c);
    triage_status status = retrainer_run(s, &err);
    return status == TRIAGE_OK ? EXIT_CODE_DONE : console_fail(c, status, &err);
}

static const option_group groups[] = {
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = CONFIG_N_ROWS,
     .offset = offsetof(retrainer_settings, config)},
    {.title = "Listening",
     .rows = listen_rows_retrainer,
     .n_rows = 1,
     .offset = offsetof(retrainer_settings, listen)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = FOLDER_N_ROWS,
     .offset = offsetof(retrainer_settings, folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(retrainer_settings, store)},
    {.title = "HTTP",
     .rows = http_rows,
     .n_rows = HTTP_N_ROWS,
     .offset = offsetof(retrainer_settings, http)},
    {.title = "Retraining",
     .rows = retrain_rows,
     .n_rows = RETRAIN_N_ROWS,
     .offset = offsetof(retrainer_settings, retrain)},
    {.title = "Model versions",
     .rows = version_rows,
     .n_rows = VERSION_N_ROWS,
     .offset = offsetof(retrainer_settings, versions)},
    {.title = "Log",
     .rows = log_rows,
     .n_rows = LOG_N_ROWS,
     .offset = offsetof(retrainer_settings, log)},
    {.title = "Vault",
     .rows = vault_rows,
     .n_rows = VAULT_N_ROWS,
     .offset = offsetof(retrainer_settings, vault)},
};

static const command_example examples[] = {
    {"triage retrainer --store-file /run/secrets/store --registry /shared-model --retrain-after 50",
     "for a backend on PostgreSQL"},
};

const command command_retrainer = {
    .name = "retrainer",
    .summary = "Train on corrections and put better models live.",
    .text = "Waits for corrections, trains a new model, compares it with the live one on tickets "
            "that neither was trained on, and puts it live if it is not worse. One retrainer of a "
            "store is active at a time; others wait.\nSIGTERM ends it in order. SIGHUP opens the "
            "log again and reads the configuration file and the files of secrets again: it takes "
            "the options that say so and names the others that have changed.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(retrainer_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
