/* SPDX-License-Identifier: MIT */
/*
 * Where the predictions of a view are counted: the series of each label and decision, found once,
 * so that counting a prediction costs a few atomic additions. Shared.
 */
#ifndef SERVICES_PREDICTION_VIEW_METERS_H
#define SERVICES_PREDICTION_VIEW_METERS_H

#include "base/json.h"
#include "services/observer.h"
#include "services/prediction/answer.h"

typedef struct view_meters view_meters;

/* Makes the meters of `view`, which owns them from now on. ERROR_MEMORY. */
triage_status view_meters_attach(prediction_view *view, observer *o,
                                 triage_error *err) TRIAGE_CHECKED;
void view_meters_free(view_meters *m); /* NULL is fine */

/* Counts one prediction, made at `now_ms` (milliseconds since 1970), by its view's meters, if it
 * has any. */
void view_meters_count(const prediction *p, int64_t now_ms);

/* Writes how far each field's last hour is from training, an object a field. */
void view_meters_write_drift(const prediction_view *view, json_writer *w);

/* Brings the gauges of drift up to date. */
void view_meters_refresh(const prediction_view *view, observer *o);

#endif
