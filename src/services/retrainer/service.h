/* SPDX-License-Identifier: MIT */
/* `triage retrainer`: trains on corrections and puts better models live. One is active at a time.
 */
#ifndef SERVICES_RETRAINER_SERVICE_H
#define SERVICES_RETRAINER_SERVICE_H

#include "services/settings.h"

typedef struct retrainer_settings {
    config_settings config;
    listen_settings listen; /* for health and metrics */
    folder_settings folders;
    store_settings store;
    http_settings http;
    retrain_settings retrain;
    version_settings versions;
    log_settings log;
    vault_settings vault;
} retrainer_settings;

/* Serves until SIGTERM or SIGINT; errors as serve_run(). */
triage_status retrainer_run(const retrainer_settings *settings, triage_error *err) TRIAGE_CHECKED;

#endif
