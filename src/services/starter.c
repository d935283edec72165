/* SPDX-License-Identifier: MIT */
/* The starter tickets in the program. Their bytes come from tools/embed. */
#include "services/starter.h"

#include "data/dataset.h"
#include "data/input.h"
#include "data/limits.h"
#include "data/reader.h"

extern const unsigned char starter_bytes[];
extern const size_t starter_bytes_length;

void starter_tickets(const unsigned char **ret_bytes, size_t *ret_length)
{
    *ret_bytes = starter_bytes;
    *ret_length = starter_bytes_length;
}

static triage_status read_rows(reader *r, triage_dataset *dataset, triage_error *err)
{
    for (;;) {
        reader_row row;
        bool has_row;
        triage_status status = reader_next(r, &row, &has_row, err);
        if (status != TRIAGE_OK || !has_row)
            return status;
        status = dataset_add(dataset, row.text, row.labels, err);
        if (status != TRIAGE_OK)
            return status;
    }
}

triage_status starter_load(triage_dataset **ret_dataset, triage_error *err)
{
    static const triage_read_options options = {.format = TRIAGE_FORMAT_CSV, .strict = true};
    input *in = NULL;
    reader *r = NULL;
    triage_dataset *dataset = NULL;
    const char *names[MAX_FIELDS];
    triage_status status =
        input_open_memory("the starter tickets", starter_bytes, starter_bytes_length, 0, &in, err);
    if (status == TRIAGE_OK)
        status = reader_open_input(in, &options, READER_LABELLED, &r, err);
    if (status == TRIAGE_OK) {
        for (size_t i = 0; i < reader_n_fields(r); i++)
            names[i] = reader_field_name(r, i);
        status = triage_dataset_new(names, reader_n_fields(r), &dataset, err);
    }
    if (status == TRIAGE_OK)
        status = read_rows(r, dataset, err);
    if (status == TRIAGE_OK)
        status = triage_dataset_finish(dataset, err);
    reader_close(r);
    if (status == TRIAGE_OK)
        *ret_dataset = dataset;
    else
        triage_dataset_free(dataset);
    return status;
}
