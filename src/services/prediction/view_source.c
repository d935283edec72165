/* SPDX-License-Identifier: MIT */
/* The policy that holds, under a lock that is taken when models are loaded, not when they predict.
 */
#include "services/prediction/view_source.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "services/prediction/view_meters.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* More retired labels than any help desk has labels. */
#define MAX_RETIRED 10000

struct view_source {
    observer *observer;
    pthread_mutex_t lock; /* guards all below */
    double target_precision;
    char *retired_json;  /* owned; NULL: none */
    json_value *retired; /* owned: the array that `rows` point into */
    policy_retired *rows;
    size_t n_rows;
};

triage_status view_source_new(observer *o, view_source **ret_source, triage_error *err)
{
    view_source *s = mem_new_zeroed(1, sizeof *s);
    if (!s)
        return error_memory(err);
    s->observer = o;
    pthread_mutex_init(&s->lock, NULL);
    *ret_source = s;
    return TRIAGE_OK;
}

static void forget_retired(view_source *s)
{
    free(s->retired_json);
    free(s->rows);
    json_free(s->retired);
    s->retired_json = NULL;
    s->rows = NULL;
    s->retired = NULL;
    s->n_rows = 0;
}

void view_source_free(view_source *s)
{
    if (!s)
        return;
    forget_retired(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static triage_status bad_retired(triage_error *err)
{
    return error_set(err, TRIAGE_ERROR_DATA,
                     "the retired labels are not an array of {\"field\",\"label\"}");
}

/* Reads the array into `s`, which has no retired labels yet. */
static triage_status read_retired(view_source *s, const char *json, triage_error *err)
{
    json_parser *parser = json_parser_new();
    triage_status status =
        parser ? json_parse(parser, json, strlen(json), &s->retired, err) : error_memory(err);
    json_parser_free(parser);
    if (status != TRIAGE_OK)
        return status;
    size_t n = json_length(s->retired);
    if (json_kind_of(s->retired) != JSON_ARRAY || n > MAX_RETIRED)
        return bad_retired(err);
    s->rows = mem_new_zeroed(n, sizeof *s->rows);
    s->retired_json = mem_copy_string(json, strlen(json));
    if (!s->rows || !s->retired_json)
        return error_memory(err);
    for (size_t i = 0; i < n; i++) {
        const json_value *row = json_element(s->retired, i), *field, *label;
        size_t length;
        if (!json_member(row, "field", &field) || !json_member(row, "label", &label) ||
            !json_string(field, &s->rows[i].field, &length) ||
            !json_string(label, &s->rows[i].label, &length))
            return bad_retired(err);
    }
    s->n_rows = n;
    return TRIAGE_OK;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

triage_status view_source_set(view_source *s, double target_precision, const char *retired_json,
                              bool *ret_changed, triage_error *err)
{
    view_source next = {.target_precision = target_precision};
    if (retired_json) {
        triage_status status = read_retired(&next, retired_json, err);
        if (status != TRIAGE_OK) {
            forget_retired(&next);
            return status;
        }
    }
    pthread_mutex_lock(&s->lock);
    *ret_changed =
        s->target_precision != target_precision || !is_same_text(s->retired_json, retired_json);
    forget_retired(s);
    s->target_precision = target_precision;
    s->retired_json = next.retired_json;
    s->retired = next.retired;
    s->rows = next.rows;
    s->n_rows = next.n_rows;
    pthread_mutex_unlock(&s->lock);
    return TRIAGE_OK;
}

triage_status view_source_make(view_source *s, const triage_model *model, const char *version,
                               prediction_view **ret_view, triage_error *err)
{
    prediction_view *view = NULL;
    pthread_mutex_lock(&s->lock);
    policy_options options = {
        .target_precision = s->target_precision, .retired = s->rows, .n_retired = s->n_rows};
    triage_status status = prediction_view_new(model, version, &options, &view, err);
    pthread_mutex_unlock(&s->lock);
    if (status == TRIAGE_OK && s->observer)
        status = view_meters_attach(view, s->observer, err);
    if (status == TRIAGE_OK)
        *ret_view = view;
    else
        prediction_view_free(view);
    return status;
}

static void free_view(void *extra)
{
    prediction_view_free(extra);
}

triage_status view_source_prepare(void *source, live_model *live, triage_error *err)
{
    prediction_view *view;
    triage_status status = view_source_make(source, live->model, live->version, &view, err);
    if (status == TRIAGE_OK) {
        live->extra = view;
        live->free_extra = free_view;
    }
    return status;
}
