/* SPDX-License-Identifier: MIT */
/* `triage inference`: predictions over the Open Inference Protocol. */
#include "cli/command.h"
#include "cli/config_print.h"
#include "services/inference/service.h"

static exit_code run(const void *settings, console *c)
{
    const inference_settings *s = settings;
    triage_error err = {0};
    if (s->config.is_printed)
        return config_print(s->config.values, c);
    triage_status status = inference_run(s, &err);
    return status == TRIAGE_OK ? EXIT_CODE_DONE : console_fail(c, status, &err);
}

static const option_group groups[] = {
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = CONFIG_N_ROWS,
     .offset = offsetof(inference_settings, config)},
    {.title = "Listening",
     .rows = listen_rows_inference,
     .n_rows = 1,
     .offset = offsetof(inference_settings, listen)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = FOLDER_N_ROWS,
     .offset = offsetof(inference_settings, folders)},
    {.title = "Inference key",
     .rows = inference_key_rows,
     .n_rows = 1,
     .offset = offsetof(inference_settings, inference_key)},
    {.title = "HTTP",
     .rows = http_rows,
     .n_rows = HTTP_N_ROWS,
     .offset = offsetof(inference_settings, http)},
    {.title = "Backend",
     .rows = backend_client_rows,
     .n_rows = 1,
     .offset = offsetof(inference_settings, backend)},
    {.title = "Model versions",
     .rows = version_rows,
     .n_rows = 1,
     .offset = offsetof(inference_settings, versions)},
    {.title = "Log",
     .rows = log_rows,
     .n_rows = LOG_N_ROWS,
     .offset = offsetof(inference_settings, log)},
};

static const command_example examples[] = {
    {"triage inference --registry /shared-model --listen 0.0.0.0:8081",
     "one of several on a shared folder"},
    {"triage inference --backend-url http://backend:8080 --data-dir /var/lib/triage "
     "--inference-key-file /run/secrets/inference --listen 0.0.0.0:8081",
     "with a folder of its own"},
};

const command command_inference = {
    .name = "inference",
    .summary = "Predict over HTTP with the live model of a registry.",
    .text = "Answers predictions by the Open Inference Protocol (/v2) with the live model of a "
            "registry, and changes to a new one without a pause. Any number may share a "
            "registry, or have one of their own each and copy the live model from a backend "
            "(--backend-url).\nSIGTERM ends it in order. SIGHUP opens the log again and reads the "
            "configuration file and the files of secrets again: it takes the options that say so "
            "and names the others that have changed.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(inference_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
