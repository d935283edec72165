/* SPDX-License-Identifier: MIT */
/*
 * Whether a model that is whole also makes sense: its numbers are finite, and of what it predicts
 * for a few texts, some of its own words among them, every probability is one. Before a model goes
 * live. Thread-safe.
 */
#ifndef MODEL_SELF_TEST_H
#define MODEL_SELF_TEST_H

#include "triage/model.h"

/* ERROR_MODEL with what is wrong, ERROR_MEMORY. Takes less than a millisecond. */
triage_status model_self_test(const triage_model *model, triage_error *err) TRIAGE_CHECKED;

#endif
