/* SPDX-License-Identifier: MIT */
/* Options of a running service read again, with what Vault has for them. */
#ifndef SERVICES_RELOAD_H
#define SERVICES_RELOAD_H

#include "services/parts.h"

/* Gives the secrets of `values` that are not given elsewhere what Vault has for them, if the
 * settings have an address of one: before the parts that need them. */
triage_status reload_open_vault(parts *p, const vault_settings *s, option_values *values,
                                triage_error *err) TRIAGE_CHECKED;

/*
 * Reads the options again, as they were for `old`, into `settings`, a zeroed struct of the same
 * type in which `values` is the place of its option_values; to be freed with options_free_again(),
 * also after a failure. Logs which options have changed and need a new start.
 */
triage_status reload_settings(parts *p, const option_values *old, void *settings,
                              option_values *const *values, triage_error *err) TRIAGE_CHECKED;

#endif
