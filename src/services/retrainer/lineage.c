/* SPDX-License-Identifier: MIT */
/* What earlier runs have done. */
#include "services/retrainer/lineage.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct lineage_reading {
    registry_manifest *manifests; /* ascending */
    size_t n;
    bool *is_decided;                     /* by manifest */
    char put_live[REGISTRY_VERSION_SIZE]; /* by the last line that put one live */
} lineage_reading;

static registry_manifest *find_manifest(const lineage_reading *l, const char *version)
{
    for (size_t i = l->n; i-- > 0;)
        if (strcmp(l->manifests[i].version, version) == 0)
            return &l->manifests[i];
    return NULL;
}

static bool read_event(void *context, const registry_event *event)
{
    lineage_reading *l = context;
    const registry_manifest *m = find_manifest(l, event->version);
    if (!m)
        return true;
    l->is_decided[m - l->manifests] = true;
    if (strcmp(event->action, "rejected") != 0)
        memcpy(l->put_live, m->version, sizeof l->put_live);
    return true;
}

static bool read_text(const json_value *object, const char *key, const char **ret_text)
{
    const json_value *value = NULL;
    size_t length;
    return json_member(object, key, &value) && json_string(value, ret_text, &length);
}

/* What the champion's manifest says: {"base": "starter", "is_promoted": true, "reference": ...}.
 * One that an admin has put live against the gate's verdict is a new beginning. */
static void read_champion(const lineage_reading *r, const json_value *details, lineage *l)
{
    const json_value *value = NULL;
    const char *text;
    bool is_promoted = false;
    if (read_text(details, "base", &text))
        l->has_champion_base = base_kind_parse(text, &l->champion_base);
    if (json_member(details, "is_promoted", &value) && json_boolean(value, &is_promoted) &&
        is_promoted && read_text(details, "reference", &text) && find_manifest(r, text))
        memcpy(l->reference, find_manifest(r, text)->version, sizeof l->reference);
}

static void parse_champion(const lineage_reading *r, const registry_manifest *champion, lineage *l)
{
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    if (parser && champion->comparison &&
        json_parse(parser, champion->comparison, strlen(champion->comparison), &value, NULL) ==
            TRIAGE_OK)
        read_champion(r, value, l);
    json_free(value);
    json_parser_free(parser);
}

static void summarise(const lineage_reading *r, lineage *l)
{
    for (size_t i = 0; i < r->n; i++) {
        const registry_manifest *m = &r->manifests[i];
        if (!r->is_decided[i])
            continue;
        memcpy(l->newest, m->version, sizeof l->newest);
        l->newest_hash = m->data_hash;
        l->newest_created_at = m->created_at;
        if (m->feedback_sequence > l->feedback_sequence)
            l->feedback_sequence = m->feedback_sequence;
    }
    const registry_manifest *champion = find_manifest(r, l->champion);
    if (champion)
        parse_champion(r, champion, l);
}

triage_status lineage_read(registry *r, lineage *ret_lineage, triage_error *err)
{
    lineage_reading reading = {0};
    lineage result = {0};
    triage_status status = registry_champion(r, result.champion, err);
    if (status == TRIAGE_OK)
        status = registry_list(r, &reading.manifests, &reading.n, err);
    if (status != TRIAGE_OK)
        return status;
    reading.is_decided = mem_new_zeroed(reading.n, sizeof *reading.is_decided);
    status =
        reading.is_decided ? registry_each_event(r, read_event, &reading, err) : error_memory(err);
    if (status == TRIAGE_OK) {
        /* The history is written first: a run may have been cut off before the champion was. */
        const registry_manifest *live = find_manifest(&reading, reading.put_live);
        if (live && strcmp(reading.put_live, result.champion) != 0)
            reading.is_decided[live - reading.manifests] = false;
        summarise(&reading, &result);
        *ret_lineage = result;
    }
    free(reading.is_decided);
    registry_manifests_free(reading.manifests, reading.n);
    return status;
}
