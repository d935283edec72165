/* SPDX-License-Identifier: MIT */
/* Reading options again, all or nothing. */
#include "services/reload.h"

#include "config/option_report.h"

static void tell_fault(void *context, const triage_error *err)
{
    observer_say(context, LOG_ERROR, "vault", "the token is not renewed: %s", err->message);
}

static triage_status apply_vault(parts *p, option_values *values, triage_error *err)
{
    size_t n_used = 0;
    if (!p->vault)
        return TRIAGE_OK;
    triage_status status = vault_apply(p->vault, values, &n_used, err);
    if (status == TRIAGE_OK)
        observer_say(&p->observer, LOG_INFO, "vault", "%zu secrets are read from Vault", n_used);
    return status;
}

triage_status reload_open_vault(parts *p, const vault_settings *s, option_values *values,
                                triage_error *err)
{
    vault_options options = {.settings = s, .on_fault = tell_fault, .context = &p->observer};
    if (!s->address)
        return TRIAGE_OK;
    triage_status status = vault_open(&options, &p->vault, err);
    if (status == TRIAGE_OK)
        status = apply_vault(p, values, err);
    if (status == TRIAGE_OK)
        status = vault_start_renewing(p->vault, err);
    return status;
}

static void tell_change(void *context, const option_change *change)
{
    if (!change->row->is_reloadable)
        observer_say(context, LOG_WARN, "reload", "%s has changed and needs a new start",
                     change->row->name);
}

triage_status reload_settings(parts *p, const option_values *old, void *settings,
                              option_values *const *values, triage_error *err)
{
    triage_status status = options_parse_again(old, settings, err);
    if (status == TRIAGE_OK)
        status = apply_vault(p, *values, err);
    if (status == TRIAGE_OK)
        status = option_report_changes(old, *values, tell_change, &p->observer, err);
    return status;
}
