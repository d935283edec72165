/* SPDX-License-Identifier: MIT */
/* The store for commands that work on what a service keeps. */
#ifndef CLI_STORE_ACCESS_H
#define CLI_STORE_ACCESS_H

#include "services/settings.h"
#include "store/store.h"

/* --config, --data-dir, --store */
typedef struct access_settings {
    config_settings config;
    folder_settings folders;
    store_settings store;
} access_settings;

/*
 * Opens the store. Unless `creates`, an SQLite file that is not there is ERROR_IO, so that a
 * mistyped folder does not look like an empty store. To be closed with store_close().
 */
triage_status store_access_open(const access_settings *settings, bool creates, store **ret_store,
                                triage_error *err) TRIAGE_CHECKED;

#endif
