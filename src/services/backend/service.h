/* SPDX-License-Identifier: MIT */
/* `triage backend`: the API; it keeps what must not be lost and asks inference for predictions. */
#ifndef SERVICES_BACKEND_SERVICE_H
#define SERVICES_BACKEND_SERVICE_H

#include "services/settings.h"

typedef struct backend_settings {
    config_settings config;
    listen_settings listen;
    folder_settings folders;
    inference_key_settings inference_key;
    store_settings store;
    http_settings http;
    caller_settings callers;
    inference_client_settings inference;
    prediction_log_settings prediction_log;
    retrain_settings retrain; /* only `after`, to say how many corrections are missing */
    version_settings versions;
    log_settings log;
    vault_settings vault;
} backend_settings;

/* Serves until SIGTERM or SIGINT; errors as serve_run(). */
triage_status backend_run(const backend_settings *settings, triage_error *err) TRIAGE_CHECKED;

#endif
