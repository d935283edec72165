/* SPDX-License-Identifier: MIT */
/* `triage models`: the versions in a registry, and which of them is live. */
#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/model_file.h"
#include "cli/output.h"
#include "cli/quoting.h"
#include "cli/registry_access.h"

#include <stdio.h>
#include <string.h>

typedef struct models_settings {
    option_action action;
    access_settings access;
    version_settings versions;
    const char *reason;
    bool is_json;
} models_settings;

/* In the order of the verbs. */
enum { MODELS_LIST, MODELS_SHOW, MODELS_ADD, MODELS_PROMOTE, MODELS_ROLLBACK };

/* Who did it, in the history: nobody needs a key to use this command. */
static const char who[] = "local";

/* "3" means v000003. */
static const char *full_version(const char *given, char scratch[REGISTRY_VERSION_SIZE])
{
    uint64_t number;
    if (!number_parse_uint(given, strlen(given), 1, 99999999, &number))
        return given;
    snprintf(scratch, REGISTRY_VERSION_SIZE, "v%06u", (unsigned)number);
    return scratch;
}

static void write_manifest(json_writer *w, const registry_manifest *m, const char *champion)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(m->created_at, time);
    json_begin_object(w);
    json_write_key(w, "version");
    json_write_text(w, m->version);
    json_write_key(w, "is_live");
    json_write_bool(w, strcmp(m->version, champion) == 0);
    json_write_key(w, "parent");
    json_write_text(w, m->parent[0] ? m->parent : NULL);
    json_write_key(w, "created_at");
    json_write_text(w, time);
    json_write_key(w, "trigger");
    json_write_text(w, m->trigger);
    json_write_key(w, "tickets");
    json_write_uint(w, m->n_tickets);
    json_write_key(w, "feedback");
    json_write_uint(w, m->n_feedback);
    json_write_key(w, "bytes");
    json_write_uint(w, m->size_bytes);
    json_write_key(w, "sha256");
    json_write_text(w, m->sha256);
    json_write_key(w, "comparison");
    if (m->comparison)
        json_write_raw(w, m->comparison, strlen(m->comparison));
    else
        json_write_null(w);
    json_end_object(w);
}

static void append_row(buffer *text, const registry_manifest *m, const char *champion)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(m->created_at, time);
    buffer_printf(text, "%-8s  %-4s  %s  %-8s  %8llu  %11llu\n", m->version,
                  strcmp(m->version, champion) == 0 ? "live" : "", time, m->trigger,
                  (unsigned long long)m->n_tickets, (unsigned long long)m->n_feedback);
}

static triage_status list(const models_settings *s, registry *r, buffer *text, triage_error *err)
{
    registry_manifest *manifests = NULL;
    size_t n = 0;
    char champion[REGISTRY_VERSION_SIZE] = "";
    triage_status status = registry_champion(r, champion, err);
    if (status == TRIAGE_OK)
        status = registry_list(r, &manifests, &n, err);
    if (status != TRIAGE_OK)
        return status;
    json_writer w = {.out = text};
    if (s->is_json)
        json_begin_array(&w);
    else
        buffer_append_text(
            text, "VERSION         CREATED                   TRIGGER    TICKETS  CORRECTIONS\n");
    for (size_t i = 0; i < n; i++) {
        if (s->is_json)
            write_manifest(&w, &manifests[i], champion);
        else
            append_row(text, &manifests[i], champion);
    }
    if (s->is_json) {
        json_end_array(&w);
        buffer_append_char(text, '\n');
    }
    registry_manifests_free(manifests, n);
    return TRIAGE_OK;
}

static bool append_event(void *context, const registry_event *event)
{
    buffer *text = context;
    char time[TIMESTAMP_SIZE];
    timestamp_format(event->at, time);
    buffer_printf(text, "%s  ", time);
    quoting_append_plain(text, event->action);
    buffer_append_text(text, " by ");
    quoting_append_plain(text, event->who);
    if (event->reason && event->reason[0]) {
        buffer_append_text(text, ": ");
        quoting_append_plain(text, event->reason);
    }
    buffer_append_char(text, '\n');
    return true;
}

typedef struct version_events {
    buffer *text;
    const char *version;
} version_events;

static bool append_event_of_version(void *context, const registry_event *event)
{
    version_events *events = context;
    return strcmp(event->version, events->version) != 0 || append_event(events->text, event);
}

static void append_manifest(buffer *text, const registry_manifest *m, const char *champion)
{
    char time[TIMESTAMP_SIZE];
    timestamp_format(m->created_at, time);
    buffer_printf(text, "version      %s%s\n", m->version,
                  strcmp(m->version, champion) == 0 ? " (live)" : "");
    buffer_printf(text, "parent       %s\n", m->parent[0] ? m->parent : "-");
    buffer_printf(text, "created      %s, %s\n", time, m->trigger);
    buffer_printf(text, "trained on   %llu tickets, %llu corrections\n",
                  (unsigned long long)m->n_tickets, (unsigned long long)m->n_feedback);
    buffer_printf(text, "bytes        %llu\nSHA-256      %s\n", (unsigned long long)m->size_bytes,
                  m->sha256);
    if (m->comparison)
        buffer_printf(text, "comparison   %s\n", m->comparison);
}

static triage_status show(const models_settings *s, registry *r, buffer *text, triage_error *err)
{
    char scratch[REGISTRY_VERSION_SIZE], champion[REGISTRY_VERSION_SIZE] = "";
    registry_manifest m = {.version = ""};
    triage_status status = registry_champion(r, champion, err);
    if (status == TRIAGE_OK)
        status = registry_find(r, full_version(s->action.argument, scratch), &m, err);
    if (status != TRIAGE_OK)
        return status;
    if (s->is_json) {
        json_writer w = {.out = text};
        write_manifest(&w, &m, champion);
        buffer_append_char(text, '\n');
    } else {
        version_events events = {text, m.version};
        append_manifest(text, &m, champion);
        status = registry_each_event(r, append_event_of_version, &events, err);
    }
    registry_manifest_free(&m);
    return status;
}

/* How many tickets the model was trained on, by its metadata; 0: it does not say. */
static uint64_t n_tickets_of(const json_value *metadata)
{
    const json_value *data, *tickets;
    int64_t n = 0;
    if (json_member(metadata, "data", &data) && json_member(data, "tickets", &tickets) &&
        json_int(tickets, 0, INT64_MAX, &n))
        return (uint64_t)n;
    return 0;
}

static triage_status add(const models_settings *s, registry_access *a, console *c,
                         triage_error *err)
{
    triage_model *model = NULL;
    json_value *metadata = NULL;
    registry_manifest m = {.trigger = "import", .state = "candidate"};
    triage_status status = model_file_open(s->action.argument, &model, err);
    if (status == TRIAGE_OK)
        status = model_file_metadata(model, &metadata, err);
    if (status == TRIAGE_OK) {
        m.created_at = clock_unix_ms();
        m.n_tickets = n_tickets_of(metadata);
        status = registry_access_add(a, model, &m, err);
    }
    if (status == TRIAGE_OK)
        console_note(c, "%s is added", m.version);
    json_free(metadata);
    triage_model_free(model);
    return status;
}

static triage_status promote(const models_settings *s, registry_access *a, console *c,
                             triage_error *err)
{
    char scratch[REGISTRY_VERSION_SIZE];
    const char *version = full_version(s->action.argument, scratch);
    triage_status status = registry_access_promote(a, version, who, s->reason, err);
    if (status == TRIAGE_OK)
        console_note(c, "%s is live", version);
    return status;
}

static triage_status rollback(const models_settings *s, registry_access *a, console *c,
                              triage_error *err)
{
    char version[REGISTRY_VERSION_SIZE];
    triage_status status = registry_access_rollback(a, who, s->reason, version, err);
    if (status == TRIAGE_OK)
        console_note(c, "%s is live again", version);
    return status;
}

static exit_code run(const void *settings, console *c)
{
    const models_settings *s = settings;
    triage_error err = {0};
    registry_access a;
    output out = {0};
    triage_status status = registry_access_open(&s->access, s->versions.is_synchronised,
                                                s->action.verb == MODELS_ADD, &a, &err);
    if (status == TRIAGE_OK) {
        switch (s->action.verb) {
        case MODELS_LIST: status = list(s, a.registry, &out.text, &err); break;
        case MODELS_SHOW: status = show(s, a.registry, &out.text, &err); break;
        case MODELS_ADD: status = add(s, &a, c, &err); break;
        case MODELS_PROMOTE: status = promote(s, &a, c, &err); break;
        case MODELS_ROLLBACK: status = rollback(s, &a, c, &err); break;
        }
    }
    registry_access_close(&a);
    if (status == TRIAGE_OK)
        return output_close(&out, c);
    buffer_free(&out.text);
    return console_fail(c, status, &err);
}

static const option_verb verbs[] = {
    {.name = "list", .help = "List all versions, the oldest first"},
    {.name = "show", .argument = "VERSION", .help = "Show a version and its history"},
    {.name = "add",
     .argument = "MODEL",
     .help = "Add a model file as a new version, which is not live yet"},
    {.name = "promote", .argument = "VERSION", .help = "Put a version live, after checking it"},
    {.name = "rollback", .help = "Put the version live that was live before"},
};

static const option_row own_rows[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .value = "TEXT",
     .default_value = "by hand",
     .help = "Why, for the history",
     .offset = offsetof(models_settings, reason)},
    {.name = "json",
     .type = OPTION_FLAG,
     .help = "Write list and show as JSON",
     .offset = offsetof(models_settings, is_json)},
};

static const option_group groups[] = {
    {.title = "Models", .rows = own_rows, .n_rows = sizeof own_rows / sizeof *own_rows},
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = 1,
     .offset = offsetof(models_settings, access.config)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = FOLDER_N_ROWS,
     .offset = offsetof(models_settings, access.folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(models_settings, access.store)},
    {.title = "Model versions",
     .rows = &version_rows[VERSION_N_ROWS - 1],
     .n_rows = 1,
     .offset = offsetof(models_settings, versions)},
};

static const command_example examples[] = {
    {"triage models list", "which versions there are, and which is live"},
    {"triage models add it.triage", "a model that was trained by hand"},
    {"triage models promote v000002 --reason \"v000003 mixes up Hardware and Access\"",
     "the running services change to it within seconds"},
    {"triage models rollback", "back to what was live before"},
};

const command command_models = {
    .name = "models",
    .summary = "List model versions, and put one live.",
    .text = "Works on the folder of model versions that services use, also while they run; with "
            "--registry-sync on those in the store, which all services follow. A version is "
            "v000003 or 3 for short.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage =
                                  "list | show VERSION | add MODEL | promote VERSION | rollback",
                              .name = "ACTION",
                              .verbs = verbs,
                              .n_verbs = sizeof verbs / sizeof *verbs,
                              .help = "What to do:",
                              .offset = offsetof(models_settings, action)}},
    .settings_size = sizeof(models_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
