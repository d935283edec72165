/* SPDX-License-Identifier: MIT */
/* `triage retrainer`: nothing but the retrainer, with health and metrics beside it. */
#include "services/retrainer/service.h"

#include "services/parts.h"
#include "services/process.h"

static triage_status start(parts *p, const retrainer_settings *s, triage_error *err)
{
    triage_status status = settings_make_data_dir(&s->folders, err);
    if (status == TRIAGE_OK)
        status = parts_open_log(p, "triage-retrainer", &s->log, err);
    if (status == TRIAGE_OK)
        status = parts_open_store(p, &s->folders, &s->store, err);
    if (status == TRIAGE_OK)
        status = parts_open_registry(p, &s->folders, true, err);
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
        parts_run(&p, NULL, NULL);
    parts_close(&p);
    return status;
}
