/* SPDX-License-Identifier: MIT */
/* Series by label and decision, and by field. */
#include "services/prediction/view_meters.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdlib.h>

struct view_meters {
    metric_series **predictions; /* of label i of all: 2 * i + decision */
    metric_series **confidence;  /* by field */
};

triage_status view_meters_attach(prediction_view *view, observer *o, triage_error *err)
{
    view_meters *m = mem_new_zeroed(1, sizeof *m);
    if (!m)
        return error_memory(err);
    view->meters = m;
    m->predictions = mem_new(view->n_labels, 2 * sizeof *m->predictions);
    m->confidence = mem_new(view->n_fields, sizeof *m->confidence);
    if (!m->predictions || !m->confidence)
        return error_memory(err);
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
    return TRIAGE_OK;
}

void view_meters_free(view_meters *m)
{
    if (!m)
        return;
    free(m->predictions);
    free(m->confidence);
    free(m);
}

void view_meters_count(const prediction *p)
{
    const view_meters *m = p->view->meters;
    if (!m)
        return;
    for (size_t f = 0; f < p->view->n_fields; f++) {
        const triage_outcome *o = &p->outcomes[f];
        size_t i = p->view->fields[f].first + o->label;
        metric_add(m->predictions[2 * i + o->decision], 1);
        metric_observe(m->confidence[f], (double)o->confidence);
    }
}

void view_meters_write_drift(const prediction_view *view, json_writer *w)
{
    (void)view;
    (void)w;
}
