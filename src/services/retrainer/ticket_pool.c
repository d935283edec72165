/* SPDX-License-Identifier: MIT */
/* Tickets on their way into training. */
#include "services/retrainer/ticket_pool.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "data/labels.h"
#include "data/limits.h"

#include <stdlib.h>

void ticket_pool_free(ticket_pool *p)
{
    triage_dataset_free(p->dataset);
    free(p->hashes);
    *p = (ticket_pool){0};
}

size_t ticket_pool_size(const ticket_pool *p)
{
    return p->dataset ? triage_dataset_size(p->dataset) : 0;
}

bool ticket_pool_find_field(const ticket_pool *p, const char *name, size_t *ret_field)
{
    for (size_t i = 0; p->dataset && i < triage_dataset_n_fields(p->dataset); i++)
        if (strcmp(triage_dataset_field_name(p->dataset, i), name) == 0) {
            *ret_field = i;
            return true;
        }
    return false;
}

triage_status ticket_pool_field(ticket_pool *p, const char *name, size_t *ret_field,
                                triage_error *err)
{
    if (ticket_pool_find_field(p, name, ret_field))
        return TRIAGE_OK;
    triage_status status = p->dataset ? dataset_add_field(p->dataset, name, err)
                                      : triage_dataset_new(&name, 1, &p->dataset, err);
    if (status == TRIAGE_OK)
        *ret_field = triage_dataset_n_fields(p->dataset) - 1;
    return status;
}

triage_status ticket_pool_add(ticket_pool *p, slice text, uint64_t text_hash, const slice *labels,
                              triage_error *err)
{
    slice usable[MAX_FIELDS];
    size_t n = triage_dataset_size(p->dataset);
    if (!mem_reserve((void **)&p->hashes, &p->capacity, n + 1, sizeof *p->hashes))
        return error_memory(err);
    for (size_t i = 0; i < triage_dataset_n_fields(p->dataset); i++) {
        usable[i] = label_trim(labels[i]);
        if (label_problem(usable[i]))
            usable[i].length = 0;
    }
    p->hashes[n] = text_hash;
    return dataset_add(p->dataset, text, usable, err);
}
