/* SPDX-License-Identifier: MIT */
/* Any bytes as CSV: what rows.h says, and that cells written back quoted are read as they were. */
#include "rows.h"

#include "data/csv.h"

static void append_quoted(buffer *out, const slice *cells, size_t n, char separator)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buffer_append_char(out, separator);
        buffer_append_char(out, '"');
        for (size_t k = 0; k < cells[i].length; k++) {
            buffer_append_char(out, cells[i].data[k]);
            if (cells[i].data[k] == '"')
                buffer_append_char(out, '"');
        }
        buffer_append_char(out, '"');
    }
    buffer_append_char(out, '\n');
}

/* The same row under a header of as many columns. */
static void check_written_back(const reader *r, const reader_row *row)
{
    static const slice name = {"c", 1};
    buffer text = {0};
    triage_error err;
    input *in;
    window w;
    csv c;
    csv_row header, back;
    record_kind kind;
    char separator = row->n_cells > 1 ? reader_separator(r) : ',';
    for (size_t i = 0; i + 1 < row->n_cells; i++) {
        buffer_append(&text, name.data, name.length);
        buffer_append_char(&text, separator);
    }
    buffer_append_text(&text, "c\n");
    append_quoted(&text, row->cells, row->n_cells, separator);
    FUZZ_CHECK(input_open_memory("f", text.data, text.length, 0, &in, &err) == TRIAGE_OK);
    FUZZ_CHECK(window_open(&w, in, &err) == TRIAGE_OK);
    csv_open(&c, &w);
    FUZZ_CHECK(csv_read_header(&c, &header, &err) == TRIAGE_OK);
    FUZZ_CHECK(csv_next(&c, &back, &kind, &err) == TRIAGE_OK);
    FUZZ_CHECK(kind == RECORD_ROW && back.n_cells == row->n_cells && back.line == 2);
    for (size_t i = 0; i < row->n_cells; i++)
        FUZZ_CHECK(slice_equal(back.cells[i], row->cells[i]));
    FUZZ_CHECK(csv_next(&c, &back, &kind, &err) == TRIAGE_OK && kind == RECORD_END);
    csv_close(&c);
    window_close(&w);
    input_close(in);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rows("f.csv", data, size, READER_LABELLED, check_written_back);
    check_rows("f.csv", data, size, READER_UNLABELLED, NULL);
    return 0;
}
