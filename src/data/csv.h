/* SPDX-License-Identifier: MIT */
/*
 * CSV as RFC 4180 has it, read row by row.
 *
 * A cell that begins with a quote ends at the next quote that is not doubled and may contain
 * separators and line ends. Rows end in LF or CRLF; the last one may lack it; empty lines are
 * skipped. Beyond the RFC: a quote inside an unquoted cell, a NUL and a lone CR are ordinary
 * characters. A bad row is: text behind a closing quote (reading goes on at the next line), a quote
 * that is never closed, a row longer than MAX_ROW_BYTES, a wrong number of cells.
 */
#ifndef DATA_CSV_H
#define DATA_CSV_H

#include "data/window.h"

/* A cell while its row is being read: positions relative to the start of the row. */
typedef struct csv_span {
    size_t start, length;
    bool has_escapes; /* doubled quotes, still to be made single */
} csv_span;

typedef struct csv {
    window *w; /* borrowed */
    char separator;
    size_t n_columns; /* 0: any, as long as the header has not been read */
    csv_span *spans;
    slice *cells;
    size_t capacity;
} csv;

typedef struct csv_row {
    const slice *cells; /* unquoted; valid until the next row is read */
    size_t n_cells;
    uint64_t line;   /* where the row starts */
    char reason[96]; /* of RECORD_BAD */
} csv_row;

void csv_open(csv *c, window *w);
void csv_close(csv *c);

/*
 * Reads the header row, and from it the separator: a semicolon or tab if there is no comma (what
 * spreadsheets write where the comma is the decimal point). From then on rows must have as many
 * cells. ERROR_DATA: no header, or not readable.
 */
triage_status csv_read_header(csv *c, csv_row *ret_row, triage_error *err) TRIAGE_CHECKED;

triage_status csv_next(csv *c, csv_row *ret_row, record_kind *ret_kind,
                       triage_error *err) TRIAGE_CHECKED;

#endif
