/* SPDX-License-Identifier: MIT */
/*
 * GET /curve: what a stricter threshold costs. For a range of target precisions, overall and per
 * label: which share of the tickets would be routed without a person, how many of those wrongly,
 * from the cross-fitted predictions that the model keeps; in tickets a day by the traffic of the
 * last week.
 */
#include "base/clock.h"
#include "base/number.h"
#include "services/backend/backend.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

static const double targets[] = {.5,  .6,  .7,  .75, .8,  .85, .88, .9,   .91,  .92,
                                 .93, .94, .95, .96, .97, .98, .99, .995, .998, .999};

typedef struct traffic {
    uint64_t n;
    int64_t first_hour;
} traffic;

static bool add_hour(void *context, const store_prediction_count *count)
{
    traffic *t = context;
    t->n += count->n;
    if (t->first_hour == 0 || count->hour < t->first_hour)
        t->first_hour = count->hour;
    return true;
}

/* Predictions a day in the last week, or since the first one if that was later. */
static triage_status count_a_day(backend *b, double *ret_n, triage_error *err)
{
    traffic t = {0};
    int64_t now = clock_unix_ms();
    triage_status status =
        store_each_prediction_count(b->options.store, now - 7 * DAY_MS, now, add_hour, &t, err);
    if (status != TRIAGE_OK)
        return status;
    double days = t.n ? (double)(now - t.first_hour) / (double)DAY_MS : 1;
    *ret_n = (double)t.n / (days < 1 ? 1 : days);
    return TRIAGE_OK;
}

static void write_point(json_writer *w, policy_point point, double a_day)
{
    json_begin_object(w);
    json_write_key(w, "target");
    json_write_double(w, point.target);
    json_write_key(w, "coverage");
    json_write_float(w, (float)point.coverage);
    json_write_key(w, "precision");
    json_write_float(w, (float)point.precision);
    if (point.threshold > 0 && point.threshold <= 1) {
        json_write_key(w, "threshold");
        json_write_float(w, (float)point.threshold);
    }
    json_write_key(w, "routed_a_day");
    json_write_float(w, (float)(a_day * point.coverage));
    json_write_key(w, "errors_a_day");
    json_write_float(w, (float)(a_day * point.coverage * (1 - point.precision)));
    json_end_object(w);
}

static void write_curve(json_writer *w, const policy *p, size_t field, int64_t label, double asked,
                        double a_day)
{
    json_write_key(w, "evidence");
    json_write_uint(w, policy_n_evidence(p, field, label));
    json_write_key(w, "points");
    json_begin_array(w);
    if (asked > 0)
        write_point(w, policy_curve(p, field, label, asked), a_day);
    for (size_t i = 0; asked <= 0 && i < sizeof targets / sizeof *targets; i++)
        write_point(w, policy_curve(p, field, label, targets[i]), a_day);
    json_end_array(w);
}

/* A label gets its share of the day's tickets: that of the predictions it had when it was
 * calibrated. */
static void write_labels(json_writer *w, const prediction_view *view, size_t field, double asked,
                         double a_day)
{
    uint64_t n_all = policy_n_evidence(view->policy, field, -1);
    json_write_key(w, "labels");
    json_begin_array(w);
    for (size_t k = 0; k < view->fields[field].n_labels; k++) {
        uint64_t n = policy_n_evidence(view->policy, field, (int64_t)k);
        json_begin_object(w);
        json_write_key(w, "label");
        json_write_text(w, triage_model_label_name(view->model, field, k));
        write_curve(w, view->policy, field, (int64_t)k, asked,
                    n_all ? a_day * (double)n / (double)n_all : 0);
        json_end_object(w);
    }
    json_end_array(w);
}

/* The query's "target" (0: none) and "tickets_a_day" (negative: none). False with a problem sent.
 */
static bool read_query(http_exchange *x, double *ret_target, double *ret_a_day)
{
    const char *target = http_query(x, "target"), *a_day = http_query(x, "tickets_a_day");
    *ret_target = 0;
    *ret_a_day = -1;
    if (target && (!number_parse_real(target, strlen(target), 0, 1, ret_target) ||
                   *ret_target <= 0 || *ret_target >= 1)) {
        http_problem(x, 400, NULL, "'target' must be a number between 0 and 1");
        return false;
    }
    if (a_day && !number_parse_real(a_day, strlen(a_day), 0, 1e12, ret_a_day)) {
        http_problem(x, 400, NULL, "'tickets_a_day' must be a number from 0 on");
        return false;
    }
    return true;
}

static void answer(http_exchange *x, const prediction_view *view, double target, double a_day)
{

    const char *name = http_query(x, "field");
    size_t field = 0;
    if (name && !prediction_view_find_field(view, name, strlen(name), &field)) {
        http_problem(x, 404, NULL, "there is no field '%.60s'", name);
        return;
    }
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "model_version");
    json_write_text(&w, view->version);
    json_write_key(&w, "field");
    json_write_text(&w, view->fields[field].name);
    json_write_key(&w, "target_precision");
    json_write_double(&w, policy_target_precision(view->policy));
    json_write_key(&w, "tickets_a_day");
    json_write_float(&w, (float)a_day);
    write_curve(&w, view->policy, field, -1, target, a_day);
    write_labels(&w, view, field, target, a_day);
    json_end_object(&w);
    http_reply_json(x, 200, out);
}

void curve_get(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    engine_thread *t;
    const live_model *live;
    double target, a_day;
    if (!read_query(x, &target, &a_day))
        return;
    triage_status status = engine_join(b->options.engine, &t, &err);
    if (status == TRIAGE_OK && a_day < 0)
        status = count_a_day(b, &a_day, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return;
    }
    const prediction_view *view = engine_acquire(t, &live);
    if (view)
        answer(x, view, target, a_day);
    else
        http_problem(x, 503, NULL, "no model is live yet");
    engine_release(t);
}
