/* SPDX-License-Identifier: MIT */
/*
 * Secrets from a Vault server (KV version 2): members of them that are called like secret options,
 * "admin-key" or "store", give these a value if they have none from elsewhere. The token
 * for it stands in a file that is read again for each request, so that something else may replace
 * it; it is renewed before its lease ends.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_VAULT_H
#define SERVICES_VAULT_H

#include "config/options.h"
#include "services/settings.h"

typedef struct vault vault;

typedef struct vault_options {
    const vault_settings *settings; /* with an address; copied */
    /* The token could not be renewed; it is tried again. From a thread of its own; may be NULL. */
    void (*on_fault)(void *context, const triage_error *err);
    void *context;
} vault_options;

/* Checks the settings; asks the server nothing. ERROR_ARGUMENT; ERROR_IO (libcurl is not
 * installed), ERROR_MEMORY. */
triage_status vault_open(const vault_options *options, vault **ret_vault,
                         triage_error *err) TRIAGE_CHECKED;
/* Ends the renewals; NULL is fine. */
void vault_close(vault *v);

/*
 * Reads the secrets and gives the options of `values` their values (see options_set_secret()); of
 * several secrets with the same member the last one counts. `*ret_n_used` is how many members were
 * used. Neither settings nor errors ever hold more of a secret than that.
 * ERROR_PERMISSION (the token), ERROR_ARGUMENT (no such secret, a member that is no text), ERROR_IO
 * (not reachable, sealed), ERROR_DATA (no answer of a Vault), ERROR_MEMORY.
 */
triage_status vault_apply(vault *v, option_values *values, size_t *ret_n_used,
                          triage_error *err) TRIAGE_CHECKED;

/* Starts the thread that renews the token, at once for the first time: only then it is known how
 * long the token lives. ERROR_MEMORY. */
triage_status vault_start_renewing(vault *v, triage_error *err) TRIAGE_CHECKED;

#endif
