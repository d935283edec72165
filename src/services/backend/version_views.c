/* SPDX-License-Identifier: MIT */
/* A short list under a lock: the calls that ask for views are a few hundred a second. */
#include "services/backend/version_views.h"

#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Versions kept though nobody uses them at the moment. */
#define N_KEPT 4

typedef struct entry {
    char version[REGISTRY_VERSION_SIZE];
    triage_model *model;
    prediction_view *view;
    unsigned n_users;
    bool is_outdated; /* freed by its last user */
    uint64_t last_use;
    struct entry *next;
} entry;

struct version_views {
    registry *registry;
    view_source *source;
    pthread_mutex_t lock; /* guards all below */
    entry *entries;
    uint64_t n_uses;
};

triage_status version_views_new(registry *r, view_source *source, version_views **ret_views,
                                triage_error *err)
{
    version_views *v = mem_new_zeroed(1, sizeof *v);
    if (!v)
        return error_memory(err);
    v->registry = r;
    v->source = source;
    pthread_mutex_init(&v->lock, NULL);
    *ret_views = v;
    return TRIAGE_OK;
}

static void free_entry(entry *e)
{
    if (!e)
        return;
    prediction_view_free(e->view);
    triage_model_free(e->model);
    free(e);
}

void version_views_free(version_views *v)
{
    if (!v)
        return;
    for (entry *e = v->entries, *next; e; e = next) {
        next = e->next;
        free_entry(e);
    }
    pthread_mutex_destroy(&v->lock);
    free(v);
}

static triage_status open_entry(version_views *v, const char *version, entry **ret_entry,
                                triage_error *err)
{
    buffer path = {0};
    entry *e = mem_new_zeroed(1, sizeof *e);
    triage_status status =
        e ? registry_model_path(v->registry, version, &path, err) : error_memory(err);
    const char *text = status == TRIAGE_OK ? buffer_string(&path) : NULL;
    if (status == TRIAGE_OK && !text)
        status = error_memory(err);
    if (status == TRIAGE_OK)
        status = triage_model_open(text, &e->model, err);
    if (status == TRIAGE_OK) {
        memcpy(e->version, version, strlen(version) + 1); /* a valid version name fits */
        status = view_source_make(v->source, e->model, e->version, &e->view, err);
    }
    buffer_free(&path);
    if (status == TRIAGE_OK)
        *ret_entry = e;
    else
        free_entry(e);
    return status;
}

/* Frees outdated entries, and the longest unused one if there are more than are kept. */
static void tidy(version_views *v)
{
    size_t n = 0;
    entry *oldest = NULL;
    for (entry *e = v->entries; e; e = e->next) {
        n++;
        if (e->n_users == 0 && (!oldest || e->last_use < oldest->last_use))
            oldest = e;
    }
    for (entry **at = &v->entries; *at;) {
        entry *e = *at;
        if (e->n_users == 0 && (e->is_outdated || (e == oldest && n > N_KEPT))) {
            *at = e->next;
            free_entry(e);
        } else {
            at = &e->next;
        }
    }
}

triage_status version_views_acquire(version_views *v, const char *version,
                                    const prediction_view **ret_view, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    pthread_mutex_lock(&v->lock);
    entry *e = v->entries;
    while (e && (e->is_outdated || strcmp(e->version, version) != 0))
        e = e->next;
    if (!e) {
        status = open_entry(v, version, &e, err);
        if (status == TRIAGE_OK) {
            e->next = v->entries;
            v->entries = e;
        }
    }
    if (status == TRIAGE_OK) {
        e->n_users++;
        e->last_use = ++v->n_uses;
        *ret_view = e->view;
        tidy(v);
    }
    pthread_mutex_unlock(&v->lock);
    return status;
}

void version_views_release(version_views *v, const prediction_view *view)
{
    pthread_mutex_lock(&v->lock);
    for (entry *e = v->entries; e; e = e->next)
        if (e->view == view)
            e->n_users--;
    tidy(v);
    pthread_mutex_unlock(&v->lock);
}

void version_views_forget(version_views *v)
{
    pthread_mutex_lock(&v->lock);
    for (entry *e = v->entries; e; e = e->next)
        e->is_outdated = true;
    tidy(v);
    pthread_mutex_unlock(&v->lock);
}
