/* SPDX-License-Identifier: MIT */
/* Tickets, seconds and model of a run as JSON. */
#include "cli/result_json.h"

#include "cli/model_file.h"
#include "base/decimal.h"

/* Of seconds; clocks and disks are no more exact. */
#define SECONDS_DECIMALS 3

static void write_seconds(json_writer *w, const char *name, double seconds)
{
    json_write_key(w, name);
    json_write_raw(w, "", 0);
    decimal_append(w->out, seconds, SECONDS_DECIMALS);
}

void result_json_begin(json_writer *w, const result_json *result)
{
    json_begin_object(w);
    json_write_key(w, "tickets");
    json_write_uint(w, result->n_tickets);
    json_write_key(w, "seconds");
    json_begin_object(w);
    write_seconds(w, "read", result->read_seconds);
    write_seconds(w, "train", result->train_seconds);
    write_seconds(w, "total", result->total_seconds);
    json_end_object(w);
    json_write_key(w, "model");
    model_file_write_identity(result->model, result->metadata, w);
    json_write_key(w, "fields");
}

void result_json_end(json_writer *w)
{
    json_end_object(w);
    buffer_append_char(w->out, '\n');
}
