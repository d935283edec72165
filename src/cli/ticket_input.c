/* SPDX-License-Identifier: MIT */
/* Reading tickets for prediction, file after file. */
#include "cli/ticket_input.h"

#include "base/error.h"
#include "cli/quoting.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool may_wait(const char *path)
{
    struct stat facts;
    return strcmp(path, "-") == 0 && fstat(STDIN_FILENO, &facts) == 0 && !S_ISREG(facts.st_mode);
}

/* Whether standard input has nothing to read now, so that what is known should be answered. */
static bool would_wait(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) == 0;
}

static void append_cells(buffer *text, const slice *cells, size_t n_cells, char separator)
{
    for (size_t i = 0; i < n_cells; i++) {
        if (i > 0)
            buffer_append_char(text, separator);
        quoting_append_csv(text, cells[i].data, cells[i].length, separator);
    }
}

/* Notes format and columns of the first file. */
static triage_status note_first(ticket_input *in, triage_error *err)
{
    size_t n_columns;
    const slice *columns = reader_columns(in->reader, &n_columns);
    in->format = reader_format(in->reader);
    in->separator = reader_separator(in->reader);
    if (in->format == TRIAGE_FORMAT_CSV)
        append_cells(&in->header, columns, n_columns, in->separator);
    return in->header.failed ? error_memory(err) : TRIAGE_OK;
}

/* Rows of different files end up in one output, which must stay a table. */
static triage_status compare_to_first(const ticket_input *in, const char *path, triage_error *err)
{
    const char *first = in->paths->items[0];
    if (reader_format(in->reader) != in->format)
        return error_set(err, TRIAGE_ERROR_DATA, "%s: its format is not that of %s", path, first);
    if (in->format != TRIAGE_FORMAT_CSV)
        return TRIAGE_OK;
    size_t n_columns;
    const slice *columns = reader_columns(in->reader, &n_columns);
    buffer header = {0};
    append_cells(&header, columns, n_columns, in->separator);
    triage_status status = TRIAGE_OK;
    if (header.failed)
        status = error_memory(err);
    else if (!slice_equal((slice){header.data, header.length},
                          (slice){in->header.data, in->header.length}))
        status =
            error_set(err, TRIAGE_ERROR_DATA, "%s: its columns are not those of %s", path, first);
    buffer_free(&header);
    return status;
}

static triage_status open_next(ticket_input *in, triage_error *err)
{
    const char *path = in->paths->items[in->next_path];
    triage_status status = reader_open(path, &in->options, READER_UNLABELLED, &in->reader, err);
    if (status != TRIAGE_OK)
        return status;
    in->may_wait = may_wait(path);
    status = in->next_path == 0 ? note_first(in, err) : compare_to_first(in, path, err);
    in->next_path++;
    return status;
}

triage_status ticket_input_open(ticket_input *in, const text_list *paths, triage_format format,
                                const text_list *text_columns, bool is_strict, console *c,
                                triage_error *err)
{
    *in = (ticket_input){
        .paths = paths,
        .log = {.console = c, .is_strict = is_strict},
        .options = {.format = format,
                    .text_columns = text_columns->items,
                    .n_text_columns = text_columns->count,
                    .strict = is_strict,
                    .on_event = data_log_event,
                    .context = &in->log},
    };
    triage_status status = open_next(in, err);
    if (status != TRIAGE_OK)
        ticket_input_close(in);
    return status;
}

void ticket_input_close(ticket_input *in)
{
    reader_close(in->reader);
    in->reader = NULL;
    buffer_free(&in->header);
}

const slice *ticket_input_columns(const ticket_input *in, size_t *ret_n)
{
    return reader_columns(in->reader, ret_n);
}

void ticket_input_keep_rows(ticket_input *in)
{
    in->keeps_rows = true;
}

static bool add_row(const ticket_input *in, const reader_row *row, ticket_batch *batch)
{
    size_t kept_start = batch->bytes.length;
    if (in->keeps_rows && in->format == TRIAGE_FORMAT_CSV)
        append_cells(&batch->bytes, row->cells, row->n_cells, in->separator);
    else if (in->keeps_rows)
        buffer_append(&batch->bytes, row->raw.data, row->raw.length);
    return ticket_batch_add(batch, kept_start, row->text);
}

triage_status ticket_input_fill(ticket_input *in, size_t size, ticket_batch *batch,
                                triage_error *err)
{
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && in->reader && batch->bytes.length < size) {
        if (in->may_wait && batch->count > 0 && would_wait())
            break;
        reader_row row;
        bool has_row = false;
        status = reader_next(in->reader, &row, &has_row, err);
        if (status != TRIAGE_OK)
            break;
        if (has_row) {
            if (!add_row(in, &row, batch))
                status = error_memory(err);
            continue;
        }
        reader_close(in->reader);
        in->reader = NULL;
        if (in->next_path < in->paths->count)
            status = open_next(in, err);
    }
    return status;
}
