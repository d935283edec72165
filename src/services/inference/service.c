/* SPDX-License-Identifier: MIT */
/* `triage inference`: the live model behind the Open Inference Protocol. */
#include "services/inference/service.h"

#include "services/inference/infer.h"
#include "services/parts.h"
#include "services/process.h"
#include "services/reload.h"

/* Nothing of it can be taken while it runs; what has changed is told. */
static void reload(parts *p, void *context)
{
    const inference_settings *old = context;
    inference_settings s = {0};
    triage_error err;
    if (reload_settings(p, old->config.values, &s, &s.config.values, &err) != TRIAGE_OK)
        observer_say(&p->observer, LOG_ERROR, "reload", "all stays as it was: %s", err.message);
    options_free_again(old->config.values, &s);
}

static triage_status start(parts *p, const inference_settings *s, triage_error *err)
{
    triage_status status = parts_open_log(p, "triage-inference", &s->log, err);
    if (status == TRIAGE_OK)
        status = parts_open_single_key(p, s->inference_key.key, s->listen.address, err);
    if (status == TRIAGE_OK)
        status = parts_open_models(p, &s->folders, &s->versions, true, err);
    if (status == TRIAGE_OK)
        status = parts_open_pull(p, &s->backend, s->inference_key.key,
                                 (uint32_t)s->versions.poll_ms, err);
    if (status == TRIAGE_OK) {
        parts_add_routes(p, "", infer_routes, n_infer_routes, p->engine);
        status = parts_listen(p, &s->listen, &s->http, NULL, err);
    }
    return status;
}

triage_status inference_run(const inference_settings *settings, triage_error *err)
{
    parts p = {0};
    process_block_signals();
    triage_status status = start(&p, settings, err);
    if (status == TRIAGE_OK)
        parts_run(&p, reload, (void *)(uintptr_t)settings);
    parts_close(&p);
    return status;
}
