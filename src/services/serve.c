/* SPDX-License-Identifier: MIT */
/* Everything in one process: the start list, and what a SIGHUP changes. */
#include "services/serve.h"

#include "services/inference/infer.h"
#include "services/parts.h"
#include "services/process.h"
#include "services/reload.h"

/* The admin key may have changed in its file. */
static void reload(parts *p, void *context)
{
    const serve_settings *old = context;
    serve_settings s = {0};
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

static triage_status start(parts *p, const serve_settings *s, triage_error *err)
{
    triage_status status = settings_make_data_dir(&s->folders, err);
    if (status == TRIAGE_OK)
        status = parts_open_log(p, "triage", &s->log, err);
    if (status == TRIAGE_OK)
        status = reload_open_vault(p, &s->vault, s->config.values, err);
    if (status == TRIAGE_OK)
        status = parts_open_store(p, &s->folders, &s->store, err);
    if (status == TRIAGE_OK)
        status = parts_open_keys(p, &s->callers, s->listen.address, err);
    if (status == TRIAGE_OK)
        status = parts_open_models(p, &s->folders, &s->versions, true, err);
    if (status == TRIAGE_OK)
        status = parts_open_backend(p, &s->folders, &s->prediction_log, s->retrain.after,
                                    s->log.has_ticket_text, err);
    if (status == TRIAGE_OK)
        status = parts_open_console(p, &s->console, err);
    if (status == TRIAGE_OK) {
        parts_add_routes(p, "", infer_routes, n_infer_routes, p->engine);
        status = parts_listen(p, &s->listen, &s->http, &s->callers, err);
    }
    if (status == TRIAGE_OK)
        status = parts_open_retrainer(p, &s->retrain, err);
    return status;
}

triage_status serve_run(const serve_settings *settings, triage_error *err)
{
    parts p = {0};
    process_block_signals();
    triage_status status = start(&p, settings, err);
    if (status == TRIAGE_OK)
        parts_run(&p, reload, (void *)(uintptr_t)settings);
    parts_close(&p);
    return status;
}
