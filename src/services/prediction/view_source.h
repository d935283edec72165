/* SPDX-License-Identifier: MIT */
/*
 * How views are made: the policy that holds now (target precision, retired labels), and where their
 * predictions are counted. The watcher makes each new model's view by it; whoever changes the
 * policy sets it here and then has the watcher load the live model again.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_PREDICTION_VIEW_SOURCE_H
#define SERVICES_PREDICTION_VIEW_SOURCE_H

#include "services/prediction/view.h"

struct observer;
typedef struct view_source view_source;

/* `o` (borrowed) may be NULL: predictions are not counted. */
triage_status view_source_new(struct observer *o, view_source **ret_source,
                              triage_error *err) TRIAGE_CHECKED;
void view_source_free(view_source *s); /* NULL is fine */

/*
 * Sets the policy: the target precision (0: each model's own), and the retired labels as the JSON
 * array
 * [{"field","label"}] (NULL: none). `*ret_changed` says whether it differs from what held.
 * ERROR_DATA for JSON that is something else.
 */
triage_status view_source_set(view_source *s, double target_precision, const char *retired_json,
                              bool *ret_changed, triage_error *err) TRIAGE_CHECKED;

/* Makes the view of a model, as watcher_options.prepare with the source as its context. */
triage_status view_source_prepare(void *source, live_model *live, triage_error *err) TRIAGE_CHECKED;

/* Makes the view of any other model (borrowed, as is `version`). */
triage_status view_source_make(view_source *s, const triage_model *model, const char *version,
                               prediction_view **ret_view, triage_error *err) TRIAGE_CHECKED;

#endif
