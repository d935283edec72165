/* SPDX-License-Identifier: MIT */
/* The columns of predictions, for the review queue beside the table's own file. */
#ifndef STORE_PREDICTIONS_H
#define STORE_PREDICTIONS_H

#include "store/record.h"

extern const record prediction_record;

/* A caller's visitor; the context of prediction_visit_row(). */
typedef struct prediction_visit {
    store_visit_prediction visit;
    void *context;
} prediction_visit;

/* Hands on a row that begins with the columns of prediction_record. */
bool prediction_visit_row(void *context, const connection *c);

#endif
