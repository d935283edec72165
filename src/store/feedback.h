/* SPDX-License-Identifier: MIT */
/* Columns and steps that adding, importing and deciding have in common. */
#ifndef STORE_FEEDBACK_H
#define STORE_FEEDBACK_H

#include "store/record.h"

extern const record feedback_record;
enum { FEEDBACK_ID = 0, FEEDBACK_SEQUENCE = 1, FEEDBACK_TEXT = 3 };

/*
 * The next number, above all that readers can see: others that take one wait until this transaction
 * has ended (connection_lock()), so that sequences become visible in their order. For all changes
 * of feedback, the first thing.
 */
triage_status feedback_next_sequence(connection *c, int64_t *ret_sequence,
                                     triage_error *err) TRIAGE_CHECKED;

/* Accepted corrections of the same text and field but `id` are superseded. */
triage_status feedback_supersede(connection *c, uint64_t text_hash, store_text field_name,
                                 const char *id, triage_error *err) TRIAGE_CHECKED;

/* The row as it is bound: empty texts where a column takes no NULL. */
void feedback_values(const store_feedback *feedback, sql_value *ret_values);

#endif
