/* SPDX-License-Identifier: MIT */
/* `triage serve`: backend, inference and retrainer in one process, with SQLite and a folder. */
#ifndef SERVICES_SERVE_H
#define SERVICES_SERVE_H

#include "services/settings.h"

typedef struct serve_settings {
    config_settings config;
    listen_settings listen;
    folder_settings folders;
    console_settings console;
    store_settings store;
    http_settings http;
    caller_settings callers;
    prediction_log_settings prediction_log;
    retrain_settings retrain;
    version_settings versions;
    log_settings log;
    vault_settings vault;
} serve_settings;

/*
 * Serves until SIGTERM or SIGINT. OK after an orderly stop; otherwise why it could not start or go
 * on: ERROR_ARGUMENT (options that contradict each other), ERROR_IO, ERROR_PERMISSION (address,
 * folder, database), ERROR_VERSION, ERROR_MEMORY.
 */
triage_status serve_run(const serve_settings *settings, triage_error *err) TRIAGE_CHECKED;

#endif
