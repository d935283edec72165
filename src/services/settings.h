/* SPDX-License-Identifier: MIT */
/*
 * The options of the services, in groups that several of them share. A service's settings are a
 * struct of these; each row says where in its struct the value goes.
 *
 * Settings are immutable once a service runs: options_parse_again() makes new ones on SIGHUP, of
 * which it takes what is_reloadable.
 */
#ifndef SERVICES_SETTINGS_H
#define SERVICES_SETTINGS_H

#include "config/options.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

/* --config, --print-config */
typedef struct config_settings {
    option_values *values;
    bool is_printed; /* instead of running */
} config_settings;

/* --data-dir, --registry */
typedef struct folder_settings {
    const char *data_dir;
    const char *registry; /* NULL: in the data folder */
} folder_settings;

/* --console */
typedef struct console_settings {
    const char *folder; /* NULL: the installed one, if there is one */
} console_settings;

/* --store */
typedef struct store_settings {
    const char *address; /* NULL: in the data folder */
} store_settings;

/* --listen */
typedef struct listen_settings {
    const char *address;
} listen_settings;

/* --http-threads, --max-connections, --max-body, --request-timeout, --drain-timeout */
typedef struct http_settings {
    uint64_t n_threads; /* 0: one for each core */
    uint64_t n_connections, max_body_bytes, request_ms, drain_ms;
} http_settings;

/* --require-key, --admin-key, --rate-predict, --rate-read, --rate-write */
typedef struct caller_settings {
    bool is_key_required;
    const char *admin_key;                        /* NULL: none */
    uint64_t rate_predict, rate_read, rate_write; /* a second and key; 0: not limited */
} caller_settings;

/* --log-file, --log-level, --log-format, --access-log, --log-ticket-text */
typedef struct log_settings {
    const char *path; /* NULL: standard output */
    uint32_t level;   /* in the order of log_level */
    uint32_t format;  /* log_format */
    uint32_t access;  /* access_log of services/observer.h */
    bool has_ticket_text;
} log_settings;

typedef enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT } log_format;

/* --vault-addr, --vault-token-file, --vault-path, --vault-ca-file */
typedef struct vault_settings {
    const char *address; /* NULL: no Vault */
    const char *token_file, *ca_file;
    text_list paths;
} vault_settings;

/* --prediction-log, --prediction-queue, --retention-days */
typedef struct prediction_log_settings {
    uint32_t is_on; /* 0 or 1 */
    uint64_t queue_length;
    uint64_t retention_days; /* 0: for ever */
} prediction_log_settings;

/* --poll-interval, --registry-sync */
typedef struct version_settings {
    uint64_t poll_ms;
    bool is_synchronised; /* versions are mirrored through the store */
} version_settings;

/* --inference-key: what inference servers want to be sent, by either side */
typedef struct inference_key_settings {
    const char *key; /* NULL: none */
} inference_key_settings;

/* --inference-url, --inference-timeout, --inference-connections */
typedef struct inference_client_settings {
    text_list urls;
    uint64_t timeout_ms, n_connections;
} inference_client_settings;

/* --backend-url */
typedef struct backend_client_settings {
    text_list urls; /* empty: the models are in a folder that others write to */
} backend_client_settings;

/* --retrain-after and what else belongs to training */
typedef struct retrain_settings {
    uint64_t after;    /* corrections; 0: never by their number */
    uint64_t every_ms; /* 0: never by time */
    uint32_t preset;   /* index into retrain_presets */
    double target_precision, holdout, tolerance;
    uint64_t n_threads, nice;
    uint64_t n_kept;     /* versions; 0: all */
    text_list base_data; /* empty: imported tickets, or the starter tickets */
    text_list text_columns, fields;
} retrain_settings;

/* What triage_preset_parse() reads; NULL-terminated. */
extern const char *const retrain_presets[];

#define CONFIG_N_ROWS           2 /* 1: --config alone, for commands that are no service */
#define FOLDER_N_ROWS           2
#define STORE_N_ROWS            1
#define HTTP_N_ROWS             5
#define CALLER_N_ROWS           5
#define LOG_N_ROWS              5
#define VAULT_N_ROWS            4
#define PREDICTION_LOG_N_ROWS   3
#define VERSION_N_ROWS          2 /* 1: without --registry-sync, for a service without a store */
#define INFERENCE_CLIENT_N_ROWS 3
#define RETRAIN_N_ROWS          12

extern const option_row config_rows[CONFIG_N_ROWS];
extern const option_row folder_rows[FOLDER_N_ROWS];
extern const option_row console_rows[1];
extern const option_row store_rows[STORE_N_ROWS];
extern const option_row http_rows[HTTP_N_ROWS];
extern const option_row caller_rows[CALLER_N_ROWS];
extern const option_row log_rows[LOG_N_ROWS];
extern const option_row vault_rows[VAULT_N_ROWS];
extern const option_row prediction_log_rows[PREDICTION_LOG_N_ROWS];
extern const option_row version_rows[VERSION_N_ROWS];
extern const option_row inference_key_rows[1];
extern const option_row inference_client_rows[INFERENCE_CLIENT_N_ROWS];
extern const option_row backend_client_rows[1];
extern const option_row retrain_rows[RETRAIN_N_ROWS];

/* --listen; services that may run on one machine listen on ports of their own. */
extern const option_row listen_rows_front[1];     /* 8080 */
extern const option_row listen_rows_inference[1]; /* 8081 */
extern const option_row listen_rows_retrainer[1]; /* 8082 */

/* The folder of model versions, the address of the store: as given or within the data folder. To be
 * freed with free(); NULL if out of memory. */
char *settings_registry_path(const folder_settings *folders);
char *settings_store_address(const folder_settings *folders, const store_settings *store);

/* Makes the data folder, for its owner and group alone, unless it is there. Its parent must be.
 * ERROR_IO, ERROR_PERMISSION. */
triage_status settings_make_data_dir(const folder_settings *folders,
                                     triage_error *err) TRIAGE_CHECKED;

#endif
