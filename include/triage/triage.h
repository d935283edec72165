/* SPDX-License-Identifier: MIT */
/* All of libtriage: what a program that embeds it includes. */
#ifndef TRIAGE_TRIAGE_H
#define TRIAGE_TRIAGE_H

#include "triage/dataset.h"  /* IWYU pragma: export */
#include "triage/evaluate.h" /* IWYU pragma: export */
#include "triage/model.h"    /* IWYU pragma: export */
#include "triage/status.h"   /* IWYU pragma: export */
#include "triage/train.h"    /* IWYU pragma: export */
#include "triage/version.h"  /* IWYU pragma: export */

#endif
