/* SPDX-License-Identifier: MIT */
/* For tests of the retrainer: a store and a registry in a folder of their own, with tickets and
 * corrections in them. */
#ifndef TEST_RETRAINER_SUPPORT_H
#define TEST_RETRAINER_SUPPORT_H

#include "base/json.h"
#include "engine_support.h"
#include "registry/registry.h"
#include "services/retrainer/retrain.h"
#include "store/store.h"
#include "text/similar.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct desk {
    char folder[64];
    store *store;
    registry *registry;
} desk;

#define MUST(CALL)                                                                                 \
    do {                                                                                           \
        triage_error err_ = {0};                                                                   \
        if ((CALL) != TRIAGE_OK)                                                                   \
            fail_msg("%s", err_.message);                                                          \
    } while (0)

static inline void desk_open(desk *d)
{
    char path[96];
    snprintf(path, sizeof path, "%s/triage.db", d->folder);
    MUST(store_open(path, &d->store, &err_));
    snprintf(path, sizeof path, "%s/models", d->folder);
    MUST(registry_open(path, true, &d->registry, &err_));
}

static inline void desk_close(desk *d)
{
    registry_close(d->registry);
    store_close(d->store);
    d->registry = NULL;
    d->store = NULL;
}

/* cmocka set-up: `*state` becomes an open desk. */
static inline int desk_make(void **state)
{
    desk *d = calloc(1, sizeof *d);
    if (!d)
        return -1;
    strcpy(d->folder, "/tmp/triage-test-XXXXXX");
    *state = d;
    if (!mkdtemp(d->folder))
        return -1;
    desk_open(d);
    return 0;
}

static inline void remove_tree(const char *path)
{
    struct stat facts;
    if (lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
        DIR *list = opendir(path);
        for (struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list)) {
            char inner[512];
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                remove_tree(inner);
        }
        if (list)
            closedir(list);
        rmdir(path);
        return;
    }
    unlink(path);
}

/* cmocka tear-down. */
static inline int desk_remove(void **state)
{
    desk *d = *state;
    desk_close(d);
    remove_tree(d->folder);
    free(d);
    return 0;
}

static inline store_text text_of(const char *text)
{
    return (store_text){text, text ? strlen(text) : 0};
}

/* Imports one ticket; `labels` is a JSON object. */
static inline void import_ticket(desk *d, const char *id, const char *text, const char *labels)
{
    store_ticket ticket = {.source = text_of("test"),
                           .id = text_of(id),
                           .text = text_of(text),
                           .text_hash = similar_text_hash(text, strlen(text)),
                           .labels = text_of(labels)};
    store_import_counts counts = {0};
    MUST(store_import_tickets(d->store, &ticket, 1, &counts, &err_));
}

/* Imports all tickets of `dataset`, and lets go of it. */
static inline void import_dataset(desk *d, triage_dataset *dataset)
{
    size_t n = triage_dataset_size(dataset), n_fields = triage_dataset_n_fields(dataset);
    store_ticket *tickets = calloc(n, sizeof *tickets);
    char(*ids)[24] = calloc(n, sizeof *ids);
    buffer labels = {0};
    size_t *ends = calloc(n + 1, sizeof *ends);
    for (size_t i = 0; i < n; i++) {
        json_writer w = {.out = &labels};
        json_begin_object(&w);
        for (size_t f = 0; f < n_fields; f++) {
            int32_t label = triage_dataset_label(dataset, f, i);
            if (label == TRIAGE_NO_LABEL)
                continue;
            json_write_key(&w, triage_dataset_field_name(dataset, f));
            json_write_text(&w, triage_dataset_label_name(dataset, f, (size_t)label));
        }
        json_end_object(&w);
        ends[i + 1] = labels.length;
    }
    for (size_t i = 0; i < n; i++) {
        store_ticket *t = &tickets[i];
        snprintf(ids[i], sizeof *ids, "%08zu", i);
        t->text.data = triage_dataset_text(dataset, i, &t->text.length);
        t->text_hash = similar_text_hash(t->text.data, t->text.length);
        t->source = text_of("test");
        t->id = text_of(ids[i]);
        t->labels = (store_text){labels.data + ends[i], ends[i + 1] - ends[i]};
    }
    store_import_counts counts = {0};
    MUST(store_import_tickets(d->store, tickets, n, &counts, &err_));
    assert_int_equal(counts.added, n);
    buffer_free(&labels);
    free(ends);
    free(ids);
    free(tickets);
    triage_dataset_free(dataset);
}

/* Adds a correction with this status; its id is of no interest. */
static inline void add_correction(desk *d, const char *text, const char *field, const char *label,
                                  store_feedback_status status)
{
    store_feedback feedback = {.text = text_of(text),
                               .text_hash = similar_text_hash(text, strlen(text)),
                               .field = text_of(field),
                               .label = text_of(label),
                               .confidence = -1,
                               .surprise = -1,
                               .source = text_of("test"),
                               .key_id = text_of("local"),
                               .status = status};
    store_feedback_result result;
    MUST(store_add_feedback(d->store, &feedback, NULL, 0, 0, &result, &err_));
}

static inline void correct(desk *d, const char *text, const char *field, const char *label)
{
    add_correction(d, text, field, label, STORE_FEEDBACK_ACCEPTED);
}

/* The champion; the caller frees it. */
static inline triage_model *open_version(desk *d, const char *version)
{
    buffer path = {0};
    triage_model *model = NULL;
    MUST(registry_model_path(d->registry, version, &path, &err_));
    MUST(triage_model_open(buffer_string(&path), &model, &err_));
    buffer_free(&path);
    return model;
}

/* The champion's label for the first field. */
static inline void predict_live(desk *d, const char *text, char ret_label[64])
{
    char version[REGISTRY_VERSION_SIZE];
    MUST(registry_champion(d->registry, version, &err_));
    triage_model *model = open_version(d, version);
    triage_predictor *predictor = predictor_of(model);
    triage_outcome outcome = predict(predictor, text);
    snprintf(ret_label, 64, "%s", triage_model_label_name(model, 0, outcome.label));
    triage_predictor_free(predictor);
    triage_model_free(model);
}

#endif
