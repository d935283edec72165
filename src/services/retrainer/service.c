/* SPDX-License-Identifier: MIT */
/* `triage retrainer`: nothing but the retrainer, with health and metrics beside it. */
#include "services/retrainer/service.h"

#include "services/parts.h"
#include "services/process.h"
#include "services/reload.h"

/* Nothing of it can be taken while it runs; what has changed is told. */
static void reload(parts *p, void *context)
{
    const retrainer_settings *old = context;
    retrainer_settings s = {0};
    triage_error err;
    if (reload_settings(p, old->config.values, &s, &s.config.values, &err) != TRIAGE_OK)
        observer_say(&p->observer, LOG_ERROR, "reload", "all stays as it was: %s", err.message);
    else
        observer_say(&p->observer, LOG_INFO, "reload", "options and secrets were read again");
    options_free_again(old->config.values, &s);
}

static triage_status start(parts *p, const retrainer_settings *s, triage_error *err)
{
    triage_status status = settings_make_data_dir(&s->folders, err);
    if (status == TRIAGE_OK)
        status = parts_open_log(p, "triage-retrainer", &s->log, err);
    if (status == TRIAGE_OK)
        status = reload_open_vault(p, &s->vault, s->config.values, err);
    if (status == TRIAGE_OK)
        status = parts_open_store(p, &s->folders, &s->store, err);
    if (status == TRIAGE_OK)
        status = parts_open_registry(p, &s->folders, true, err);
    if (status == TRIAGE_OK)
        status = parts_open_sync(p, &s->versions, err);
    if (status == TRIAGE_OK)
        status = parts_listen(p, &s->listen, &s->http, NULL, err);
    if (status == TRIAGE_OK)
        status = parts_open_retrainer(p, &s->retrain, err);
    return status;
}

triage_status retrainer_run(const retrainer_settings *settings, triage_error *err)
{
    parts p = {0};
    process_block_signals();
    triage_status status = start(&p, settings, err);
    if (status == TRIAGE_OK)
        parts_run(&p, reload, (void *)(uintptr_t)settings);
    parts_close(&p);
    return status;
}
