/* SPDX-License-Identifier: MIT */
/* The starter tickets (data/tickets.csv) that are built into the program: what the first model is
 * trained on where there are no tickets of one's own. Thread-safe. */
#ifndef SERVICES_STARTER_H
#define SERVICES_STARTER_H

#include "triage/dataset.h"

/* The bytes of the CSV file, compressed by zstd; static. */
void starter_tickets(const unsigned char **ret_bytes, size_t *ret_length);

/* Reads them into a finished dataset; freed with triage_dataset_free(). ERROR_MEMORY. */
triage_status starter_load(triage_dataset **ret_dataset, triage_error *err) TRIAGE_CHECKED;

#endif
