/* SPDX-License-Identifier: MIT */
/*
 * CSV rows out of a window. A row without a quote whose end is in the window is cut by memchr();
 * any other goes through a small state machine that may stop at any byte for more input.
 */
#include "data/csv.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/limits.h"

#include <stdio.h>
#include <stdlib.h>

static const char TOO_LONG[] = "the row is longer than 16 MiB; perhaps a quote is not closed";

typedef enum scan_state {
    CELL_START,
    UNQUOTED,
    QUOTED,
    QUOTE_SEEN,  /* in a quoted cell: the first of two quotes, or the closing one */
    RETURN_SEEN, /* behind a closing quote and a CR: an LF must follow */
    SKIP_LINE,   /* a bad row: up to the next LF */
    ROW_END,
} scan_state;

typedef struct scan {
    scan_state state;
    size_t at; /* relative to the window's start, as all positions here */
    size_t n_cells;
    csv_span cell; /* the cell being read */
    size_t n_feeds;
    bool is_empty_line, is_at_end;
    const char *reason; /* of a bad row; cells are no longer kept */
} scan;

void csv_open(csv *c, window *w)
{
    *c = (csv){.w = w, .separator = ','};
}

void csv_close(csv *c)
{
    free(c->spans);
    free(c->cells);
    *c = (csv){0};
}

/* As many cells as rows have are kept, one more tells that there are too many. */
static bool reserve_cells(csv *c, size_t n)
{
    if (n <= c->capacity)
        return true;
    size_t n_spans = c->capacity, n_cells = c->capacity;
    if (!mem_reserve((void **)&c->spans, &n_spans, n, sizeof *c->spans) ||
        !mem_reserve((void **)&c->cells, &n_cells, n, sizeof *c->cells))
        return false;
    c->capacity = n_cells < n_spans ? n_cells : n_spans;
    return true;
}

static size_t max_cells(const csv *c)
{
    return c->n_columns > 0 ? c->n_columns : MAX_COLUMNS;
}

/* The cell ends before `at`. False if out of memory. */
static bool end_cell(csv *c, scan *s, size_t end)
{
    if (!s->reason && s->n_cells < max_cells(c)) {
        if (!reserve_cells(c, s->n_cells + 1))
            return false;
        s->cell.length = end - s->cell.start;
        c->spans[s->n_cells] = s->cell;
    }
    s->n_cells++;
    return true;
}

static void step_cell_start(scan *s, slice rest)
{
    bool is_quoted = rest.data[s->at] == '"';
    s->cell = (csv_span){.start = s->at + is_quoted};
    s->state = is_quoted ? QUOTED : UNQUOTED;
    s->at += is_quoted;
}

static bool step_unquoted(csv *c, scan *s, slice rest)
{
    const char *bytes = rest.data;
    size_t at = s->at;
    while (at < rest.length && bytes[at] != c->separator && bytes[at] != '\n')
        at++;
    s->at = at;
    if (at == rest.length)
        return true;
    size_t end = at;
    if (bytes[at] == '\n' && end > s->cell.start && bytes[end - 1] == '\r')
        end--;
    s->is_empty_line = bytes[at] == '\n' && s->n_cells == 0 && end == s->cell.start;
    s->state = bytes[at] == '\n' ? ROW_END : CELL_START;
    s->n_feeds += bytes[at] == '\n';
    s->at++;
    return end_cell(c, s, end);
}

static size_t count_feeds(const char *bytes, const char *end)
{
    size_t n = 0;
    while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
        bytes++;
        n++;
    }
    return n;
}

static void step_quoted(scan *s, slice rest)
{
    const char *from = rest.data + s->at;
    const char *quote = memchr(from, '"', rest.length - s->at);
    const char *end = quote ? quote : rest.data + rest.length;
    s->n_feeds += count_feeds(from, end);
    s->at = (size_t)(end - rest.data) + (quote != NULL);
    if (quote)
        s->state = QUOTE_SEEN;
}

/* The byte behind a quote in a quoted cell. */
static bool step_quote_seen(csv *c, scan *s, slice rest)
{
    char byte = rest.data[s->at];
    if (byte == '"') {
        s->cell.has_escapes = true;
        s->state = QUOTED;
    } else if (byte == c->separator || byte == '\n' || byte == '\r') {
        s->state = byte == '\n' ? ROW_END : byte == '\r' ? RETURN_SEEN : CELL_START;
        s->n_feeds += byte == '\n';
        if (!end_cell(c, s, s->at - 1))
            return false;
    } else {
        s->reason = s->reason ? s->reason : "text behind a closing quote";
        s->state = SKIP_LINE;
        return true;
    }
    s->at++;
    return true;
}

static void step_return_seen(scan *s, slice rest)
{
    bool is_feed = rest.data[s->at] == '\n';
    s->n_feeds += is_feed;
    s->at += is_feed;
    s->state = is_feed ? ROW_END : SKIP_LINE;
    if (!is_feed && !s->reason)
        s->reason = "text behind a closing quote";
}

static void step_skip_line(scan *s, slice rest)
{
    const char *from = rest.data + s->at;
    const char *feed = memchr(from, '\n', rest.length - s->at);
    s->at = feed ? (size_t)(feed - rest.data) + 1 : rest.length;
    s->n_feeds += feed != NULL;
    if (feed)
        s->state = ROW_END;
}

static bool step(csv *c, scan *s, slice rest)
{
    switch (s->state) {
    case CELL_START: step_cell_start(s, rest); return true;
    case UNQUOTED: return step_unquoted(c, s, rest);
    case QUOTED: step_quoted(s, rest); return true;
    case QUOTE_SEEN: return step_quote_seen(c, s, rest);
    case RETURN_SEEN: step_return_seen(s, rest); return true;
    default: step_skip_line(s, rest); return true;
    }
}

/* The stream ends inside the row. False if out of memory. */
static bool finish_at_end(csv *c, scan *s)
{
    scan_state state = s->state;
    size_t end = s->at;
    s->state = ROW_END;
    s->is_at_end = true;
    switch (state) {
    case CELL_START:
        if (s->n_cells == 0)
            return true;
        s->cell = (csv_span){.start = end};
        return end_cell(c, s, end);
    case UNQUOTED:
        if (!s->reason && end > s->cell.start && c->w->data[c->w->start + end - 1] == '\r')
            end--;
        s->is_empty_line = s->n_cells == 0 && end == s->cell.start;
        return end_cell(c, s, end);
    case QUOTED: s->reason = "a quoted cell is not closed before the end of the file"; return true;
    case QUOTE_SEEN: return end_cell(c, s, end - 1);
    default: return true;
    }
}

/* More bytes for a row that goes beyond the window; what a bad row has used is given up. */
static triage_status fill(csv *c, scan *s, triage_error *err)
{
    if (s->at > MAX_ROW_BYTES && !s->reason)
        s->reason = TOO_LONG;
    if (s->reason) {
        c->w->start += s->at;
        s->at = 0;
        s->cell.start = 0;
    }
    return window_fill(c->w, err);
}

static triage_status scan_row(csv *c, scan *s, triage_error *err)
{
    *s = (scan){.state = CELL_START};
    while (s->state != ROW_END) {
        triage_status status = TRIAGE_OK;
        slice rest = window_rest(c->w);
        if (s->at < rest.length)
            status = step(c, s, rest) ? TRIAGE_OK : error_memory(err);
        else if (c->w->is_at_end)
            status = finish_at_end(c, s) ? TRIAGE_OK : error_memory(err);
        else
            status = fill(c, s, err);
        if (status != TRIAGE_OK)
            return status;
    }
    if (s->at > MAX_ROW_BYTES && !s->reason)
        s->reason = TOO_LONG;
    return TRIAGE_OK;
}

/* Makes doubled quotes single, in place. */
static slice unescape(char *bytes, size_t length)
{
    char *out = memchr(bytes, '"', length);
    const char *in = out, *end = bytes + length;
    while (in < end) {
        *out++ = *in;
        in += *in == '"' ? 2 : 1;
    }
    return (slice){bytes, (size_t)(out - bytes)};
}

static void wrong_number_of_cells(size_t n, size_t expected, csv_row *row)
{
    snprintf(row->reason, sizeof row->reason, "%zu cell%s instead of %zu", n, n == 1 ? "" : "s",
             expected);
}

/* From the finished scan to the row that the caller sees. */
static record_kind make_row(csv *c, const scan *s, csv_row *row)
{
    row->line = c->w->n_lines + 1;
    row->cells = c->cells;
    row->n_cells = s->n_cells;
    row->reason[0] = '\0';
    if (s->reason)
        snprintf(row->reason, sizeof row->reason, "%s", s->reason);
    else if (c->n_columns > 0 && s->n_cells != c->n_columns)
        wrong_number_of_cells(s->n_cells, c->n_columns, row);
    else if (s->n_cells > MAX_COLUMNS)
        snprintf(row->reason, sizeof row->reason, "more than %d columns", MAX_COLUMNS);
    else {
        char *start = c->w->data + c->w->start;
        for (size_t i = 0; i < s->n_cells; i++) {
            csv_span span = c->spans[i];
            c->cells[i] = span.has_escapes ? unescape(start + span.start, span.length)
                                           : (slice){start + span.start, span.length};
        }
    }
    return row->reason[0] ? RECORD_BAD : RECORD_ROW;
}

/* Cuts a line that has no quote. Returns how many cells it has; only those expected are kept. */
static size_t cut_line(csv *c, slice line)
{
    size_t n = 0;
    const char *at = line.data, *end = line.data + line.length;
    if (line.length > 0 && end[-1] == '\r')
        end--;
    for (;;) {
        const char *separator = memchr(at, c->separator, (size_t)(end - at));
        const char *cell_end = separator ? separator : end;
        if (n < c->n_columns)
            c->cells[n] = (slice){at, (size_t)(cell_end - at)};
        n++;
        if (!separator)
            return n;
        at = separator + 1;
    }
}

/* The row at the window's start if it is a plain line in the window; false: none is taken. */
static bool next_plain_row(csv *c, csv_row *row, record_kind *ret_kind)
{
    window *w = c->w;
    for (;;) {
        slice rest = window_rest(w);
        const char *feed = rest.length ? memchr(rest.data, '\n', rest.length) : NULL;
        if (!feed)
            return false;
        slice line = {rest.data, (size_t)(feed - rest.data)};
        if (line.length >= MAX_ROW_BYTES ||
            (line.length > 0 && memchr(line.data, '"', line.length)))
            return false;
        w->start += line.length + 1;
        w->n_lines++;
        if (line.length == 0 || (line.length == 1 && line.data[0] == '\r'))
            continue;
        row->n_cells = cut_line(c, line);
        row->cells = c->cells;
        row->line = w->n_lines;
        row->reason[0] = '\0';
        if (row->n_cells != c->n_columns)
            wrong_number_of_cells(row->n_cells, c->n_columns, row);
        *ret_kind = row->reason[0] ? RECORD_BAD : RECORD_ROW;
        return true;
    }
}

triage_status csv_next(csv *c, csv_row *ret_row, record_kind *ret_kind, triage_error *err)
{
    if (c->n_columns > 0 && next_plain_row(c, ret_row, ret_kind))
        return TRIAGE_OK;
    for (;;) {
        scan s;
        triage_status status = scan_row(c, &s, err);
        if (status != TRIAGE_OK)
            return status;
        bool is_end = s.is_at_end && s.n_cells == 0 && !s.reason;
        if (is_end)
            *ret_kind = RECORD_END;
        else if (!s.is_empty_line)
            *ret_kind = make_row(c, &s, ret_row);
        c->w->start += s.at;
        c->w->n_lines += s.n_feeds;
        if (is_end || !s.is_empty_line)
            return TRIAGE_OK;
    }
}

/* The characters of the header row that could be its separator. */
typedef struct separator_search {
    size_t at; /* up to here */
    bool is_quoted, is_started, is_done;
    bool has_comma, has_semicolon, has_tab; /* outside quotes */
} separator_search;

static void search_separator(separator_search *s, slice rest)
{
    for (; s->at < rest.length && !s->is_done; s->at++) {
        char byte = rest.data[s->at];
        if (byte == '"')
            s->is_quoted = !s->is_quoted;
        if (byte != '\n' && byte != '\r')
            s->is_started = true;
        if (s->is_quoted)
            continue;
        s->has_comma |= byte == ',';
        s->has_semicolon |= byte == ';';
        s->has_tab |= byte == '\t';
        s->is_done = s->has_comma || (byte == '\n' && s->is_started);
    }
}

/* Looks no further than what the window holds at its first size. */
static triage_status find_separator(csv *c, triage_error *err)
{
    separator_search s = {0};
    search_separator(&s, window_rest(c->w));
    while (!s.is_done && !c->w->is_at_end && c->w->end < c->w->capacity) {
        triage_status status = window_fill(c->w, err);
        if (status != TRIAGE_OK)
            return status;
        search_separator(&s, window_rest(c->w));
    }
    c->separator = s.has_comma || !(s.has_semicolon || s.has_tab) ? ','
                   : s.has_semicolon                              ? ';'
                                                                  : '\t';
    return TRIAGE_OK;
}

triage_status csv_read_header(csv *c, csv_row *ret_row, triage_error *err)
{
    const char *name = input_name(c->w->in);
    record_kind kind;
    triage_status status = find_separator(c, err);
    if (status == TRIAGE_OK)
        status = csv_next(c, ret_row, &kind, err);
    if (status != TRIAGE_OK)
        return status;
    if (kind == RECORD_END)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is empty: a header row is needed", name);
    if (kind == RECORD_BAD)
        return error_set(err, TRIAGE_ERROR_DATA, "%s:%llu: the header row is not readable: %s",
                         name, (unsigned long long)ret_row->line, ret_row->reason);
    c->n_columns = ret_row->n_cells;
    return TRIAGE_OK;
}
