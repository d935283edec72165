/* SPDX-License-Identifier: MIT */
/* The rows of the services' options. */
#include "services/settings.h"

#include "base/buffer.h"
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

const option_row config_rows[CONFIG_N_ROWS] = {
    {.name = "config",
     .type = OPTION_CONFIG,
     .value = "FILE",
     .help = "A file of lines name = value, for options that are given neither here nor in the "
             "environment",
     .offset = offsetof(config_settings, values)},
    {.name = "print-config",
     .type = OPTION_FLAG,
     .help = "Print all options with their values and where these come from, and do nothing else; "
             "secrets are shown as ***",
     .offset = offsetof(config_settings, is_printed)},
};

const option_row folder_rows[FOLDER_N_ROWS] = {
    {.name = "data-dir",
     .type = OPTION_PATH,
     .value = "DIR",
     .default_value = "triage-data",
     .help = "The folder for what is kept: the store and the model versions, unless they are "
             "elsewhere",
     .offset = offsetof(folder_settings, data_dir)},
    {.name = "registry",
     .type = OPTION_PATH,
     .value = "DIR",
     .help = "The folder of the model versions; models in the data folder if not given",
     .offset = offsetof(folder_settings, registry)},
};

const option_row console_rows[1] = {
    {.name = "console",
     .type = OPTION_PATH,
     .value = "DIR",
     .help = "The folder of the built console; the installed one, if there is one, if not given",
     .offset = offsetof(console_settings, folder)},
};

const option_row store_rows[STORE_N_ROWS] = {
    {.name = "store",
     .type = OPTION_PATH,
     .value = "ADDRESS",
     .is_secret = true,
     .secret_prefix = "postgres",
     .help = "Where tickets, predictions and corrections are kept: the path of an SQLite file, or "
             "postgresql://USER:PASSWORD@HOST/NAME; triage.db in the data folder if not given",
     .offset = offsetof(store_settings, address)},
};

#define LISTEN_ROW(ADDRESS)                                                                        \
    {                                                                                              \
        .name = "listen", .type = OPTION_TEXT, .value = "ADDRESS:PORT",                            \
        .default_value = (ADDRESS),                                                                \
        .help = "Where to listen, such as 127.0.0.1:8080, [::]:8080 or 0.0.0.0:8080; port 0 "      \
                "takes any free one",                                                              \
        .offset = offsetof(listen_settings, address)                                               \
    }

const option_row listen_rows_front[1] = {LISTEN_ROW("127.0.0.1:8080")};
const option_row listen_rows_inference[1] = {LISTEN_ROW("127.0.0.1:8081")};
const option_row listen_rows_retrainer[1] = {LISTEN_ROW("127.0.0.1:8082")};

const option_row http_rows[HTTP_N_ROWS] = {
    {.name = "http-threads",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 256,
     .help = "Threads that answer requests, 0 for one per core",
     .offset = offsetof(http_settings, n_threads)},
    {.name = "max-connections",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "10000",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Connections at the same time; further ones are refused",
     .offset = offsetof(http_settings, n_connections)},
    {.name = "max-body",
     .type = OPTION_BYTES,
     .value = "BYTES",
     .default_value = "1M",
     .minimum = 1024,
     .maximum = UINT64_C(1) << 30,
     .help = "The longest body of a request; long batches are read line by line and may be longer",
     .offset = offsetof(http_settings, max_body_bytes)},
    {.name = "request-timeout",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "30s",
     .minimum = SECOND,
     .maximum = HOUR,
     .help = "How long a connection may be silent, and an answer may take",
     .offset = offsetof(http_settings, request_ms)},
    {.name = "drain-timeout",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "20s",
     .maximum = HOUR,
     .help = "How long a stop waits for requests that are under way",
     .offset = offsetof(http_settings, drain_ms)},
};

const option_row caller_rows[CALLER_N_ROWS] = {
    {.name = "require-key",
     .type = OPTION_FLAG,
     .help = "Demand a key even while none exists; without keys only this machine may call, and "
             "may do everything",
     .offset = offsetof(caller_settings, is_key_required)},
    {.name = "admin-key",
     .type = OPTION_TEXT,
     .value = "KEY",
     .is_secret = true,
     .is_reloadable = true,
     .help = "A key with the role admin, of at least 16 characters, to create others with",
     .offset = offsetof(caller_settings, admin_key)},
    {.name = "rate-predict",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 1000000,
     .help = "Predictions a second for each key; 0 for no limit",
     .offset = offsetof(caller_settings, rate_predict)},
    {.name = "rate-read",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 1000000,
     .help = "Requests a second for each key that read what is kept; 0 for no limit",
     .offset = offsetof(caller_settings, rate_read)},
    {.name = "rate-write",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 1000000,
     .help = "Requests a second for each key that change something; 0 for no limit",
     .offset = offsetof(caller_settings, rate_write)},
};

static const char *const log_levels[] = {"debug", "info", "warn", "error", "off", NULL};
static const char *const log_formats[] = {"auto", "json", "text", NULL};
static const char *const access_logs[] = {"all", "errors", "off", NULL};

const option_row log_rows[LOG_N_ROWS] = {
    {.name = "log-file",
     .type = OPTION_PATH,
     .value = "FILE",
     .help = "Where the log goes; standard output if not given. SIGHUP opens the file again",
     .offset = offsetof(log_settings, path)},
    {.name = "log-level",
     .type = OPTION_CHOICE,
     .choices = log_levels,
     .default_value = "info",
     .help = "The least important lines that are written",
     .offset = offsetof(log_settings, level)},
    {.name = "log-format",
     .type = OPTION_CHOICE,
     .choices = log_formats,
     .default_value = "auto",
     .help = "json is one ECS object a line; text is for people; auto is text on a terminal and "
             "json elsewhere",
     .offset = offsetof(log_settings, format)},
    {.name = "access-log",
     .type = OPTION_CHOICE,
     .choices = access_logs,
     .default_value = "all",
     .help = "Which requests get a line of their own",
     .offset = offsetof(log_settings, access)},
    {.name = "log-ticket-text",
     .type = OPTION_FLAG,
     .help = "Write the texts of tickets to the log, with personal data replaced",
     .offset = offsetof(log_settings, has_ticket_text)},
};

const option_row vault_rows[VAULT_N_ROWS] = {
    {.name = "vault-addr",
     .type = OPTION_TEXT,
     .value = "URL",
     .help = "A Vault server to read secrets from, such as https://vault:8200; secrets that are "
             "given elsewhere are kept",
     .offset = offsetof(vault_settings, address)},
    {.name = "vault-token-file",
     .type = OPTION_PATH,
     .value = "FILE",
     .help = "The file with the token for Vault; it is read again when it is needed",
     .offset = offsetof(vault_settings, token_file)},
    {.name = "vault-path",
     .type = OPTION_COMMAS,
     .value = "MOUNT/PATH[,...]",
     .default_value = "secret/triage",
     .help = "The secrets (KV version 2) whose members are called like options, such as admin-key; "
             "of two with the same member the last one counts",
     .offset = offsetof(vault_settings, paths)},
    {.name = "vault-ca-file",
     .type = OPTION_PATH,
     .value = "FILE",
     .help = "The certificate that Vault's is checked against; the system's if not given",
     .offset = offsetof(vault_settings, ca_file)},
};

static const char *const off_or_on[] = {"off", "on", NULL};

const option_row prediction_log_rows[PREDICTION_LOG_N_ROWS] = {
    {.name = "prediction-log",
     .type = OPTION_CHOICE,
     .choices = off_or_on,
     .default_value = "on",
     .help = "Whether predictions are kept, for the review queue, feedback by id and statistics",
     .offset = offsetof(prediction_log_settings, is_on)},
    {.name = "prediction-queue",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "16384",
     .minimum = 1024,
     .maximum = 16777216,
     .help = "Predictions that may wait to be written; beyond it the oldest are dropped, and "
             "counted",
     .offset = offsetof(prediction_log_settings, queue_length)},
    {.name = "retention-days",
     .type = OPTION_NUMBER,
     .value = "DAYS",
     .default_value = "90",
     .maximum = 36500,
     .help = "How long predictions are kept; 0 for ever. Corrections are kept for ever",
     .offset = offsetof(prediction_log_settings, retention_days)},
};

const option_row version_rows[VERSION_N_ROWS] = {
    {.name = "poll-interval",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "1s",
     .minimum = 10,
     .maximum = HOUR,
     .help = "How often to look for a new model where the file system tells of none, as network "
             "volumes do, or on another server",
     .offset = offsetof(version_settings, poll_ms)},
    {.name = "registry-sync",
     .type = OPTION_FLAG,
     .help = "Keep the model versions and which of them is live in the store, with a copy in each "
             "process's own folder, so that processes need not share one; for all of them or none",
     .offset = offsetof(version_settings, is_synchronised)},
};

const option_row inference_key_rows[1] = {
    {.name = "inference-key",
     .type = OPTION_TEXT,
     .value = "KEY",
     .is_secret = true,
     .help = "The key between backend and inference, of at least 16 characters: for predictions, "
             "and to fetch models from --backend-url; without one inference only listens for this "
             "machine",
     .offset = offsetof(inference_key_settings, key)},
};

const option_row backend_client_rows[1] = {
    {.name = "backend-url",
     .type = OPTION_COMMAS,
     .value = "URL[,URL...]",
     .help = "Backends to copy the live model from, such as http://backend:8080, in this order; "
             "without one the folder of the model versions is shared with who writes it",
     .offset = offsetof(backend_client_settings, urls)},
};

const option_row inference_client_rows[INFERENCE_CLIENT_N_ROWS] = {
    {.name = "inference-url",
     .type = OPTION_COMMAS,
     .value = "URL[,URL...]",
     .default_value = "http://127.0.0.1:8081",
     .help = "The servers that predict, taken in turn (Open Inference Protocol)",
     .offset = offsetof(inference_client_settings, urls)},
    {.name = "inference-timeout",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "5s",
     .minimum = 10,
     .maximum = HOUR,
     .help = "How long a prediction may take before it counts as failed",
     .offset = offsetof(inference_client_settings, timeout_ms)},
    {.name = "inference-connections",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "4",
     .minimum = 1,
     .maximum = 64,
     .help = "Connections to the servers that predict; requests that wait travel together",
     .offset = offsetof(inference_client_settings, n_connections)},
};

const char *const retrain_presets[] = {"auto", "words", "seed", NULL};

const option_row retrain_rows[RETRAIN_N_ROWS] = {
    {.name = "retrain-after",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "10",
     .maximum = 1000000,
     .help = "Corrections after which a new model is trained; 0 for never",
     .offset = offsetof(retrain_settings, after)},
    {.name = "retrain-every",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "0",
     .maximum = 365 * DAY,
     .help = "The time after which a new model is trained if there is any new correction; 0 for "
             "never",
     .offset = offsetof(retrain_settings, every_ms)},
    {.name = "preset",
     .type = OPTION_CHOICE,
     .choices = retrain_presets,
     .default_value = "auto",
     .help = "auto chooses features and regularisation by cross-validation; words is the fast one; "
             "seed is the classical 500-word recipe",
     .offset = offsetof(retrain_settings, preset)},
    {.name = "target-precision",
     .type = OPTION_REAL,
     .value = "P",
     .default_value = "0.95",
     .above = 0,
     .below = 1,
     .help = "The share of auto decisions that must be right",
     .offset = offsetof(retrain_settings, target_precision)},
    {.name = "holdout",
     .type = OPTION_REAL,
     .value = "SHARE",
     .default_value = "0.1",
     .above = 0,
     .below = 0.5,
     .help = "The share of the tickets that no model is trained on, to compare a new model with "
             "the live one; which ones they are depends on their texts alone",
     .offset = offsetof(retrain_settings, holdout)},
    {.name = "tolerance",
     .type = OPTION_REAL,
     .value = "SHARE",
     .default_value = "0.002",
     .above = 0,
     .below = 1,
     .is_closed = true,
     .help = "The accuracy that a new model may lose on them and still go live",
     .offset = offsetof(retrain_settings, tolerance)},
    {.name = "train-threads",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "0",
     .maximum = 256,
     .help = "Threads for training, 0 for one per core; the model is the same for any number",
     .offset = offsetof(retrain_settings, n_threads)},
    {.name = "nice",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "10",
     .maximum = 19,
     .help = "How much training gives way to answering requests",
     .offset = offsetof(retrain_settings, nice)},
    {.name = "keep-versions",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "50",
     .maximum = 1000000,
     .help = "The newest model versions that are kept, besides the live one, the one before it and "
             "the one that new ones are held against; 0 keeps all",
     .offset = offsetof(retrain_settings, n_kept)},
    {.name = "base-data",
     .type = OPTION_PATHS,
     .value = "FILE",
     .help = "Labelled tickets to train on besides corrections, as for triage train; the imported "
             "ones if not given, and the starter tickets if there are none",
     .offset = offsetof(retrain_settings, base_data)},
    {.name = "text",
     .type = OPTION_COMMAS,
     .value = "COL[,COL...]",
     .help = "The columns of --base-data that hold the text; guessed if not given",
     .offset = offsetof(retrain_settings, text_columns)},
    {.name = "field",
     .type = OPTION_TEXTS,
     .value = "[NAME=]COL",
     .help = "A column of --base-data that holds labels, and the name of the field if it is "
             "another; guessed if not given",
     .offset = offsetof(retrain_settings, fields)},
};

/* A copy of `given`, or the path of `name` in the data folder. */
static char *given_or_within(const folder_settings *folders, const char *given, const char *name)
{
    buffer path = {0};
    if (given)
        buffer_append_text(&path, given);
    else
        buffer_printf(&path, "%s/%s", folders->data_dir, name);
    if (!buffer_string(&path))
        buffer_free(&path);
    return path.data;
}

char *settings_registry_path(const folder_settings *folders)
{
    return given_or_within(folders, folders->registry, "models");
}

char *settings_store_address(const folder_settings *folders, const store_settings *store)
{
    return given_or_within(folders, store->address, "triage.db");
}

triage_status settings_make_data_dir(const folder_settings *folders, triage_error *err)
{
    struct stat facts;
    if (mkdir(folders->data_dir, 0750) == 0)
        return TRIAGE_OK;
    if (errno != EEXIST)
        return error_errno(err, errno, "cannot make the folder", folders->data_dir);
    if (stat(folders->data_dir, &facts) != 0)
        return error_errno(err, errno, "cannot open", folders->data_dir);
    return S_ISDIR(facts.st_mode)
               ? TRIAGE_OK
               : error_set(err, TRIAGE_ERROR_IO, "'%s' is not a folder", folders->data_dir);
}
