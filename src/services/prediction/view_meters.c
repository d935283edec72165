/* SPDX-License-Identifier: MIT */
/* Series by label and decision, and by field; and the drift of each field against its training. */
#include "services/prediction/view_meters.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "telemetry/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct view_meters {
    metric_series **predictions; /* of label i of all: 2 * i + decision */
    metric_series **confidence;  /* by field */
    drift **drifts;              /* by field */
    double *accuracies;          /* by field: of training */
    size_t n_fields;
};

static bool find_series(prediction_view *view, view_meters *m, observer *o)
{
    m->predictions = mem_new(view->n_labels, 2 * sizeof *m->predictions);
    m->confidence = mem_new(view->n_fields, sizeof *m->confidence);
    if (!m->predictions || !m->confidence)
        return false;
    for (size_t f = 0; f < view->n_fields; f++) {
        const view_field *field = &view->fields[f];
        m->confidence[f] = OBSERVER_AT(o, METER_CONFIDENCE, field->name);
        for (size_t k = 0; k < field->n_labels; k++) {
            const char *label = triage_model_label_name(view->model, f, k);
            metric_series **pair = m->predictions + 2 * (field->first + k);
            pair[TRIAGE_REVIEW] = OBSERVER_AT(o, METER_PREDICTIONS, field->name, label, "review");
            pair[TRIAGE_AUTO] = OBSERVER_AT(o, METER_PREDICTIONS, field->name, label, "auto");
        }
    }
    return true;
}

/* A number of an object of the metadata; `fallback` if it has none. */
static double number_of(const json_value *object, const char *name, double fallback)
{
    const json_value *value = NULL;
    double number;
    return json_member(object, name, &value) && json_double(value, &number) ? number : fallback;
}

/* The drift of field `f` against what the metadata say of it. */
static bool begin_drift(prediction_view *view, view_meters *m, size_t f, const json_value *metadata)
{
    const view_field *field = &view->fields[f];
    const json_value *fields = NULL, *own = NULL, *features = NULL;
    double *priors = mem_new(field->n_labels, sizeof *priors);
    if (!priors)
        return false;
    for (size_t k = 0; k < field->n_labels; k++)
        priors[k] = (double)triage_model_prior(view->model, f, k);
    if (json_member(metadata, "fields", &fields))
        (void)!json_member(fields, field->name, &own);
    (void)!json_member(metadata, "features", &features);
    double accuracy = number_of(own, "accuracy", 0);
    drift_reference reference = {.n_labels = field->n_labels,
                                 .priors = priors,
                                 .accuracy = accuracy,
                                 .mean_confidence = number_of(own, "mean_confidence", accuracy),
                                 .oov_rate = number_of(features, "oov_rate", 0)};
    m->accuracies[f] = accuracy;
    m->drifts[f] = drift_new(&reference);
    free(priors);
    return m->drifts[f] != NULL;
}

static triage_status begin_drifts(prediction_view *view, view_meters *m, triage_error *err)
{
    size_t length;
    const char *text = triage_model_metadata(view->model, &length);
    json_value *metadata = NULL;
    m->drifts = mem_new_zeroed(view->n_fields, sizeof *m->drifts);
    m->accuracies = mem_new_zeroed(view->n_fields, sizeof *m->accuracies);
    json_parser *parser = json_parser_new();
    bool is_begun = m->drifts && m->accuracies && parser;
    triage_status status =
        is_begun ? json_parse(parser, text, length, &metadata, err) : error_memory(err);
    m->n_fields = m->drifts ? view->n_fields : 0;
    for (size_t f = 0; status == TRIAGE_OK && f < view->n_fields; f++)
        if (!begin_drift(view, m, f, metadata))
            status = error_memory(err);
    json_free(metadata);
    json_parser_free(parser);
    return status;
}

triage_status view_meters_attach(prediction_view *view, observer *o, triage_error *err)
{
    view_meters *m = mem_new_zeroed(1, sizeof *m);
    if (!m)
        return error_memory(err);
    view->meters = m;
    return find_series(view, m, o) ? begin_drifts(view, m, err) : error_memory(err);
}

void view_meters_free(view_meters *m)
{
    if (!m)
        return;
    for (size_t f = 0; f < m->n_fields; f++)
        drift_free(m->drifts[f]);
    free(m->drifts);
    free(m->accuracies);
    free(m->predictions);
    free(m->confidence);
    free(m);
}

void view_meters_count(const prediction *p, int64_t now_ms)
{
    const view_meters *m = p->view->meters;
    if (!m)
        return;
    int64_t now = now_ms / 1000;
    for (size_t f = 0; f < p->view->n_fields; f++) {
        const triage_outcome *o = &p->outcomes[f];
        size_t i = p->view->fields[f].first + o->label;
        metric_add(m->predictions[2 * i + o->decision], 1);
        metric_observe(m->confidence[f], (double)o->confidence);
        drift_add(m->drifts[f], now, o->label, (double)o->confidence, p->n_words, p->n_known_words);
    }
}

static void write_number(json_writer *w, const char *key, double value)
{
    json_write_key(w, key);
    if (isfinite(value))
        json_write_float(w, (float)value);
    else
        json_write_null(w);
}

void view_meters_write_drift(const prediction_view *view, json_writer *w)
{
    const view_meters *m = view->meters;
    for (size_t f = 0; m && f < view->n_fields; f++) {
        drift_report r;
        drift_read(m->drifts[f], clock_unix_ms() / 1000, &r);
        json_begin_object(w);
        json_write_key(w, "field");
        json_write_text(w, view->fields[f].name);
        json_write_key(w, "predictions");
        json_write_uint(w, r.n);
        write_number(w, "reference_accuracy", m->accuracies[f]);
        write_number(w, "estimated_accuracy", r.estimated_accuracy);
        write_number(w, "standard_error", r.standard_error);
        write_number(w, "mean_confidence", r.mean_confidence);
        write_number(w, "oov_rate", r.oov_rate);
        write_number(w, "label_psi", r.label_psi);
        json_write_key(w, "alarm");
        json_write_bool(w, r.is_alarm);
        json_end_object(w);
    }
}

void view_meters_refresh(const prediction_view *view, observer *o)
{
    const view_meters *m = view->meters;
    for (size_t f = 0; m && f < view->n_fields; f++) {
        drift_report r;
        const char *name = view->fields[f].name;
        drift_read(m->drifts[f], clock_unix_ms() / 1000, &r);
        metric_set(OBSERVER_AT(o, METER_ESTIMATED_ACCURACY, name), r.estimated_accuracy);
        metric_set(OBSERVER_AT(o, METER_DRIFT, name, "label_psi"), r.label_psi);
        metric_set(OBSERVER_AT(o, METER_DRIFT, name, "oov_rate"), r.oov_rate);
        metric_set(OBSERVER_AT(o, METER_DRIFT, name, "alarm"), r.is_alarm ? 1 : 0);
    }
}
