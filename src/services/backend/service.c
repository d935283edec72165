/* SPDX-License-Identifier: MIT */
/* `triage backend`: the API over a store, with predictions from inference servers. */
#include "services/backend/service.h"

#include "services/parts.h"
#include "services/process.h"
#include "services/reload.h"

static void reload(parts *p, void *context)
{
    const backend_settings *old = context;
    backend_settings s = {0};
    triage_error err;
    triage_status status = reload_settings(p, old->config.values, &s, &s.config.values, &err);
    if (status == TRIAGE_OK)
        status = keys_set_admin_key(p->keys, s.callers.admin_key, &err);
    if (status != TRIAGE_OK)
        observer_say(&p->observer, LOG_ERROR, "reload", "all stays as it was: %s", err.message);
    else
        observer_say(&p->observer, LOG_INFO, "reload", "options and secrets were read again");
    options_free_again(old->config.values, &s);
}

static triage_status start(parts *p, const backend_settings *s, triage_error *err)
{
    triage_status status = settings_make_data_dir(&s->folders, err);
    if (status == TRIAGE_OK)
        status = parts_open_log(p, "triage-backend", &s->log, err);
    if (status == TRIAGE_OK)
        status = reload_open_vault(p, &s->vault, s->config.values, err);
    if (status == TRIAGE_OK)
        status = parts_open_store(p, &s->folders, &s->store, err);
    if (status == TRIAGE_OK)
        status = parts_open_keys(p, &s->callers, s->listen.address, err);
    if (status == TRIAGE_OK)
        status = parts_open_peer_key(p, s->inference_key.key, err);
    if (status == TRIAGE_OK)
        status = parts_open_models(p, &s->folders, &s->versions, true, err);
    if (status == TRIAGE_OK)
        status = parts_open_upstream(p, &s->inference, s->inference_key.key, err);
    if (status == TRIAGE_OK)
        status = parts_open_backend(p, &s->folders, &s->prediction_log, s->retrain.after,
                                    s->log.has_ticket_text, err);
    if (status == TRIAGE_OK)
        status = parts_listen(p, &s->listen, &s->http, &s->callers, err);
    return status;
}

triage_status backend_run(const backend_settings *settings, triage_error *err)
{
    parts p = {0};
    process_block_signals();
    triage_status status = start(&p, settings, err);
    if (status == TRIAGE_OK)
        parts_run(&p, reload, (void *)(uintptr_t)settings);
    parts_close(&p);
    return status;
}
