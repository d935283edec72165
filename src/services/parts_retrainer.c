/* SPDX-License-Identifier: MIT */
/* The retrainer, and what is told about its runs. */
#include "services/parts.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void publish_retrain(parts *p, const char *trigger, const retrain_outcome *outcome)
{
    buffer json = {0};
    json_writer w = {.out = &json};
    if (!p->backend)
        return;
    json_begin_object(&w);
    json_write_key(&w, "trigger");
    json_write_text(&w, trigger);
    json_write_key(&w, "state");
    json_write_text(&w, outcome ? "done" : "running");
    if (outcome) {
        json_write_key(&w, "result");
        json_write_text(&w, retrain_result_name(outcome->result));
        json_write_key(&w, "candidate");
        json_write_text(&w, outcome->candidate[0] ? outcome->candidate : NULL);
        json_write_key(&w, "reason");
        json_write_text(&w, outcome->reason);
    }
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(p->events, "retrain", json.data, json.length);
    buffer_free(&json);
}

static void tell_outcome(parts *p, const char *trigger, const retrain_outcome *outcome)
{
    observer *o = &p->observer;
    const char *result = retrain_result_name(outcome->result);
    bool has_failed = outcome->result == RETRAIN_FAILED;
    metric_add(OBSERVER_AT(o, METER_RETRAIN_RUNS, result), 1);
    metric_observe(OBSERVER_ONE(o, METER_RETRAIN_SECONDS), outcome->seconds);
    log_line *line =
        log_begin(o->log, has_failed ? LOG_ERROR : LOG_INFO, "retrain", outcome->reason);
    log_text(line, "event.outcome", has_failed ? "failure" : "success");
    log_int(line, "event.duration", (int64_t)(outcome->seconds * 1e9));
    log_text(line, "triage.retrain.trigger", trigger);
    log_text(line, "triage.retrain.candidate", outcome->candidate);
    log_text(line, "triage.retrain.champion", outcome->champion);
    log_text(line, "triage.retrain.result", result);
    log_int(line, "triage.retrain.tickets", (int64_t)outcome->n_training);
    log_int(line, "triage.retrain.corrections", (int64_t)outcome->n_feedback);
    log_end(line);
    /* Its own process need not wait until the file system tells it. */
    if (outcome->result == RETRAIN_PROMOTED && p->watcher)
        watcher_poke(p->watcher);
}

static void note_retrain(void *context, const retrainer_event *event)
{
    parts *p = context;
    switch (event->kind) {
    case RETRAINER_STARTED:
        observer_say(&p->observer, LOG_INFO, "retrain", "a retrain has begun (%s)", event->trigger);
        publish_retrain(p, event->trigger, NULL);
        break;
    case RETRAINER_FINISHED:
        tell_outcome(p, event->trigger, event->outcome);
        publish_retrain(p, event->trigger, event->outcome);
        break;
    case RETRAINER_PRUNED:
        if (event->message)
            observer_say(&p->observer, LOG_WARN, "model-prune", "old versions stay: %s",
                         event->message);
        else
            observer_say(&p->observer, LOG_INFO, "model-prune", "%zu old versions were deleted",
                         event->n_pruned);
        break;
    case RETRAINER_FAULT:
        observer_say(&p->observer, LOG_ERROR, "retrain", "retrains wait: %s", event->message);
        break;
    }
}

static void note_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    parts *p = context;
    buffer json = {0};
    json_writer w = {.out = &json};
    if (!p->events || event_hub_n_watchers(p->events) == 0)
        return;
    json_begin_object(&w);
    json_write_key(&w, "state");
    json_write_text(&w, "running");
    json_write_key(&w, "stage");
    json_write_text(&w, stage);
    json_write_key(&w, "done");
    json_write_uint(&w, done);
    json_write_key(&w, "total");
    json_write_uint(&w, total);
    json_end_object(&w);
    if (!json.failed)
        event_hub_publish(p->events, "retrain-progress", json.data, json.length);
    buffer_free(&json);
}

/* "NAME=COLUMN" or "COLUMN", as for triage train. */
static triage_status read_columns(parts *p, const retrain_settings *s, triage_error *err)
{
    p->read = (triage_read_options){.text_columns = s->text_columns.items,
                                    .n_text_columns = s->text_columns.count,
                                    .n_fields = s->fields.count};
    p->field_columns = mem_new_zeroed(s->fields.count, sizeof *p->field_columns);
    if (!p->field_columns)
        return error_memory(err);
    for (size_t i = 0; i < s->fields.count; i++) {
        char *text = mem_copy_string(s->fields.items[i], strlen(s->fields.items[i]));
        if (!text)
            return error_memory(err);
        char *separator = strchr(text, '=');
        p->field_columns[i].name = text;
        p->field_columns[i].column = separator ? separator + 1 : text;
        if (separator)
            *separator = '\0';
    }
    p->read.fields = p->field_columns;
    return TRIAGE_OK;
}

/* With a model the service goes on serving, whatever has become of the files. Without one it would
 * wait for tickets that never come. */
static triage_status check_base_files(parts *p, const retrain_settings *s, triage_error *err)
{
    char champion[REGISTRY_VERSION_SIZE];
    triage_status status = registry_champion(p->registry, champion, err);
    for (size_t i = 0; status == TRIAGE_OK && !champion[0] && i < s->base_data.count; i++)
        if (access(s->base_data.items[i], R_OK) != 0)
            status = error_errno(err, errno, "cannot read", s->base_data.items[i]);
    return status;
}

triage_status parts_open_retrainer(parts *p, const retrain_settings *s, triage_error *err)
{
    retrainer_options options = retrainer_options_default();
    triage_status status = check_base_files(p, s, err);
    if (status == TRIAGE_OK)
        status = read_columns(p, s, err);
    if (status != TRIAGE_OK)
        return status;
    options.retrain.store = p->store;
    options.retrain.registry = p->registry;
    options.retrain.sync = p->sync;
    options.retrain.base_files = s->base_data.items;
    options.retrain.n_base_files = s->base_data.count;
    options.retrain.read = &p->read;
    if (!triage_preset_parse(retrain_presets[s->preset], &options.retrain.preset))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "unknown preset");
    options.retrain.n_threads = (uint32_t)s->n_threads;
    options.retrain.target_precision = s->target_precision;
    options.retrain.holdout_share = s->holdout;
    options.retrain.tolerance = s->tolerance;
    options.nice = (int)s->nice;
    options.n_kept = s->n_kept;
    options.after = (uint32_t)s->after;
    options.every_ms = (int64_t)s->every_ms;
    options.on_event = note_retrain;
    options.on_progress = note_progress;
    options.context = p;
    return retrainer_start(&options, &p->retrainer, err);
}
