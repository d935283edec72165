/* SPDX-License-Identifier: MIT */
/* `triage inference`: predicts with the live model of a registry (Open Inference Protocol). */
#ifndef SERVICES_INFERENCE_SERVICE_H
#define SERVICES_INFERENCE_SERVICE_H

#include "services/settings.h"

typedef struct inference_settings {
    config_settings config;
    listen_settings listen;
    folder_settings folders;
    inference_key_settings inference_key;
    http_settings http;
    backend_client_settings backend;
    version_settings versions; /* without is_synchronised: it has no store */
    log_settings log;
} inference_settings;

/* Serves until SIGTERM or SIGINT; errors as serve_run(). */
triage_status inference_run(const inference_settings *settings, triage_error *err) TRIAGE_CHECKED;

#endif
