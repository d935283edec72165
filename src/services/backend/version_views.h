/* SPDX-License-Identifier: MIT */
/*
 * Views of the few model versions that inference servers answer with: around a swap more than one.
 * Models are opened from the registry when first met. Thread-safety: shared.
 */
#ifndef SERVICES_BACKEND_VERSION_VIEWS_H
#define SERVICES_BACKEND_VERSION_VIEWS_H

#include "registry/registry.h"
#include "services/prediction/view_source.h"

typedef struct version_views version_views;

triage_status version_views_new(registry *r, view_source *source, version_views **ret_views,
                                triage_error *err) TRIAGE_CHECKED;
void version_views_free(version_views *v); /* NULL is fine */

/* The version's view, which stays until version_views_release(). ERROR_ARGUMENT: no such version
 * here. */
triage_status version_views_acquire(version_views *v, const char *version,
                                    const prediction_view **ret_view,
                                    triage_error *err) TRIAGE_CHECKED;
void version_views_release(version_views *v, const prediction_view *view);

/* Makes all views anew, when they are next asked for: the policy has changed. */
void version_views_forget(version_views *v);

#endif
