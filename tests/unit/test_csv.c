/* SPDX-License-Identifier: MIT */
/*
 * CSV: golden cases for each oddity, each read whole and byte by byte; a round trip of random cells
 * over random reads; limits in constant memory.
 */
#include "data/csv.h"

#include "base/buffer.h"
#include "base/rng.h"
#include "data/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void append_shown(buffer *out, slice cell)
{
    for (size_t i = 0; i < cell.length; i++) {
        char c = cell.data[i];
        if (c == '\n' || c == '\r' || c == '\0')
            buffer_append_text(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\0");
        else
            buffer_append_char(out, c);
    }
}

static void append_row(buffer *out, const csv_row *row, record_kind kind)
{
    buffer_printf(out, "%llu", (unsigned long long)row->line);
    if (kind == RECORD_BAD)
        buffer_printf(out, "!%s", row->reason);
    for (size_t i = 0; i < row->n_cells && kind == RECORD_ROW; i++) {
        buffer_append_char(out, i ? '|' : ':');
        append_shown(out, row->cells[i]);
    }
    buffer_append_char(out, ' ');
}

static triage_status read_all(csv *c, buffer *out, triage_error *err)
{
    csv_row row;
    triage_status status = csv_read_header(c, &row, err);
    record_kind kind = RECORD_ROW;
    while (status == TRIAGE_OK && kind != RECORD_END) {
        append_row(out, &row, kind);
        status = csv_next(c, &row, &kind, err);
    }
    return status;
}

/* All rows as text "LINE:cell|cell LINE!reason ", or the error's message. */
static const char *rows_of(buffer *out, const void *bytes, size_t length, size_t piece)
{
    triage_error err;
    input *in;
    window w;
    csv c;
    buffer_clear(out);
    assert_int_equal(input_open_memory("f.csv", bytes, length, piece, &in, &err), TRIAGE_OK);
    triage_status status = window_open(&w, in, &err);
    csv_open(&c, &w);
    if (status == TRIAGE_OK)
        status = read_all(&c, out, &err);
    if (status != TRIAGE_OK)
        buffer_printf(out, "%s", err.message);
    csv_close(&c);
    window_close(&w);
    input_close(in);
    return buffer_string(out);
}

static void assert_rows_of(const char *bytes, size_t length, const char *expected)
{
    buffer out = {0};
    for (size_t piece = 0; piece < 6; piece++)
        assert_string_equal(rows_of(&out, bytes, length, piece), expected);
    buffer_free(&out);
}

#define ASSERT_ROWS(text, expected) assert_rows_of(text, sizeof(text) - 1, expected)

static void test_plain_rows(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n1,2\n3,4\n", "1:a|b 2:1|2 3:3|4 ");
    ASSERT_ROWS("a,b\n1,2", "1:a|b 2:1|2 ");
    ASSERT_ROWS("a,b\n,\n1,", "1:a|b 2:| 3:1| ");
    ASSERT_ROWS("a\nx", "1:a 2:x ");
    ASSERT_ROWS("a,b", "1:a|b ");
}

static void test_line_ends(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\r\n1,2\r\n3,4\r\n", "1:a|b 2:1|2 3:3|4 ");
    ASSERT_ROWS("a,b\r\n\"1\",\"2\"\r\n3,4", "1:a|b 2:1|2 3:3|4 ");
    ASSERT_ROWS("a,b\n1,2\r", "1:a|b 2:1|2 ");
    ASSERT_ROWS("a,b\n\"1\",\"2\"\r", "1:a|b 2:1|2 ");
    ASSERT_ROWS("a,b\nx\ry,z\r\r\n", "1:a|b 2:x\\ry|z\\r ");
}

static void test_empty_lines_are_skipped_and_counted(void **state)
{
    (void)state;
    ASSERT_ROWS("\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n\n", "3:a|b 5:1|2 8:3|4 ");
    ASSERT_ROWS("a\n\n\"\"\nx\n", "1:a 3: 4:x "); /* a quoted empty cell is a row */
    ASSERT_ROWS("a,b\n\"1\",2\n\n\"3\",4\n\n", "1:a|b 2:1|2 4:3|4 ");
}

static void test_quotes(void **state)
{
    (void)state;
    ASSERT_ROWS("\"a\",\"b\"\n\"1,2\",\"x\"\n", "1:a|b 2:1,2|x ");
    ASSERT_ROWS("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", "1:a|b 2:say \"hi\"|\" ");
    ASSERT_ROWS("a,b\n\"\",\"\"\n", "1:a|b 2:| ");
    ASSERT_ROWS("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "1:a|b 2:\"|\"\" ");
    ASSERT_ROWS("a,b\n1,\"2\"", "1:a|b 2:1|2 ");
}

static void test_line_ends_in_quotes(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n\"1\n2\r\n3\",x\ny,z\n", "1:a|b 2:1\\n2\\r\\n3|x 5:y|z ");
    ASSERT_ROWS("\"a\nb\",c\n1,2\n", "1:a\\nb|c 3:1|2 ");
}

static void test_a_quote_inside_an_unquoted_cell_is_an_ordinary_character(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n5\" disk,x\ny,z\n", "1:a|b 2:5\" disk|x 3:y|z ");
    ASSERT_ROWS("a,b\n \"1\",2\n", "1:a|b 2: \"1\"|2 ");
    ASSERT_ROWS("a,b\nx\"\"y,\"z\"\n", "1:a|b 2:x\"\"y|z ");
}

static void test_text_behind_a_closing_quote_is_a_bad_row(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n\"1\"x,2\n3,4\n", "1:a|b 2!text behind a closing quote 3:3|4 ");
    ASSERT_ROWS("a,b\n\"1\" ,2\n3,4\n", "1:a|b 2!text behind a closing quote 3:3|4 ");
    ASSERT_ROWS("a,b\n\"1\"\rx,2\n3,4\n", "1:a|b 2!text behind a closing quote 3:3|4 ");
    ASSERT_ROWS("a,b\n1,\"2\"x", "1:a|b 2!text behind a closing quote ");
    /* a stray quote swallows rows up to the next quoted cell, but no further */
    ASSERT_ROWS("a,b\n\"1,2\n3,\"4\"\n5,6\n", "1:a|b 2!text behind a closing quote 4:5|6 ");
}

static void test_a_quote_that_is_never_closed_is_a_bad_row(void **state)
{
    (void)state;
    static const char reason[] =
        "1:a|b 2:1|2 3!a quoted cell is not closed before the end of the file ";
    ASSERT_ROWS("a,b\n1,2\n3,\"4\n5,6\n", reason);
    ASSERT_ROWS("a,b\n1,2\n\"", reason);
}

static void test_a_wrong_number_of_cells_is_a_bad_row(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n1\n1,2,3\n\"1\"\n\"1\",2,3,4\n5,6\n",
                "1:a|b 2!1 cell instead of 2 3!3 cells instead of 2 4!1 cell instead of 2 "
                "5!4 cells instead of 2 6:5|6 ");
}

static void test_a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    ASSERT_ROWS("\xEF\xBB\xBF"
                "a,b\n1,2\n",
                "1:a|b 2:1|2 ");
    ASSERT_ROWS("\xEF\xBB\xBF\"a\",b\n1,2\n", "1:a|b 2:1|2 ");
}

static void test_utf16_is_refused_by_name(void **state)
{
    (void)state;
    ASSERT_ROWS("\xFF\xFE"
                "a\0",
                "cannot read 'f.csv': it is UTF-16; save it as UTF-8");
    ASSERT_ROWS("\xFE\xFF\0a", "cannot read 'f.csv': it is UTF-16; save it as UTF-8");
}

static void test_nul_is_an_ordinary_character(void **state)
{
    (void)state;
    ASSERT_ROWS("a,b\n1\0,\"\0\"\n\0,2\n", "1:a|b 2:1\\0|\\0 3:\\0|2 ");
}

static void test_semicolons_and_tabs_are_recognised_by_the_header(void **state)
{
    (void)state;
    ASSERT_ROWS("a;b\n1,5;\"2;3\"\n", "1:a|b 2:1,5|2;3 ");
    ASSERT_ROWS("a\tb\n1,5\t2;3\n", "1:a|b 2:1,5|2;3 ");
    ASSERT_ROWS("a,b;c\n1,2\n", "1:a|b;c 2:1|2 ");
    ASSERT_ROWS("a;b,c\n1,2\n", "1:a;b|c 2:1|2 ");
    ASSERT_ROWS("\n\"a,b\";c\n1;2\n", "2:a,b|c 3:1|2 ");
    ASSERT_ROWS("\"a;\nb\",c\n1,2\n", "1:a;\\nb|c 3:1|2 ");
}

static void test_an_empty_file_has_no_header(void **state)
{
    (void)state;
    static const char message[] = "'f.csv' is empty: a header row is needed";
    ASSERT_ROWS("", message);
    ASSERT_ROWS("\n\r\n", message);
    ASSERT_ROWS("\xEF\xBB\xBF", message);
}

static void test_a_header_that_is_not_readable_is_an_error(void **state)
{
    (void)state;
    ASSERT_ROWS("\n\"a\"b,c\n1,2\n",
                "f.csv:2: the header row is not readable: text behind a closing quote");
}

static void test_too_many_columns_are_refused(void **state)
{
    (void)state;
    buffer text = {0}, out = {0};
    for (size_t i = 0; i < MAX_COLUMNS; i++)
        buffer_append_char(&text, ',');
    assert_string_equal(rows_of(&out, text.data, text.length, 0),
                        "f.csv:1: the header row is not readable: more than 4096 columns");
    assert_int_equal(strncmp(rows_of(&out, text.data, text.length - 1, 0), "1:|||", 5), 0);
    buffer_free(&text);
    buffer_free(&out);
}

/* A row of `row_bytes` bytes with its line end. */
static void append_long_row(buffer *text, size_t row_bytes, bool is_quoted)
{
    size_t fixed = is_quoted ? strlen("\"\",x\n") : strlen(",x\n");
    buffer_append_text(text, is_quoted ? "\"" : "");
    assert_true(buffer_reserve(text, row_bytes));
    memset(text->data + text->length, 'y', row_bytes - fixed);
    text->length += row_bytes - fixed;
    buffer_append_text(text, is_quoted ? "\",x\n" : ",x\n");
}

/* Two rows that are too long, one that is just short enough, and a short one. */
static void test_a_row_that_is_too_long_is_a_bad_row_whatever_the_reads(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1 << 20, 100003};
    static const char start[] =
        "1:a|b 2!the row is longer than 16 MiB; perhaps a quote is not closed "
        "3!the row is longer than 16 MiB; perhaps a quote is not closed 4:yyy";
    buffer text = {0}, out = {0};
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        buffer_clear(&text);
        buffer_append_text(&text, "a,b\n");
        append_long_row(&text, 2 * MAX_ROW_BYTES + 100, is_quoted); /* beyond any window */
        append_long_row(&text, MAX_ROW_BYTES + 1, is_quoted);
        append_long_row(&text, MAX_ROW_BYTES, is_quoted);
        buffer_append_text(&text, "1,2\n");
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            const char *rows = rows_of(&out, text.data, text.length, pieces[i]);
            assert_int_equal(strncmp(rows, start, sizeof start - 1), 0);
            assert_string_equal(rows + strlen(rows) - 12, "yyy|x 5:1|2 ");
        }
    }
    buffer_free(&text);
    buffer_free(&out);
}

/* A cell of random bytes among those that matter, quoted into `text`. */
static void append_random_cell(rng *r, buffer *text, buffer *expected)
{
    static const char alphabet[] = {'a', ',', '"', '\n', '\r', ' ', '\0', '\xC3', ';', 'z'};
    size_t length = rng_below(r, 10);
    if (rng_below(r, 20) == 0)
        length = rng_below(r, 2000);
    buffer_append_char(text, '"');
    for (size_t i = 0; i < length; i++) {
        char c = alphabet[rng_below(r, sizeof alphabet)];
        buffer_append_char(text, c);
        if (c == '"')
            buffer_append_char(text, c);
        append_shown(expected, (slice){&c, 1});
    }
    buffer_append_char(text, '"');
}

static size_t count_feeds(const buffer *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->length; i++)
        n += text->data[i] == '\n';
    return n;
}

static void append_random_row(rng *r, size_t n_columns, buffer *text, buffer *expected)
{
    buffer_printf(expected, "%zu", count_feeds(text) + 1);
    for (size_t i = 0; i < n_columns; i++) {
        buffer_append_text(text, i ? "," : "");
        buffer_append_char(expected, i ? '|' : ':');
        append_random_cell(r, text, expected);
    }
    buffer_append_text(text, rng_below(r, 2) ? "\n" : "\r\n");
    buffer_append_char(expected, ' ');
}

static void test_random_cells_come_back_whatever_the_reads(void **state)
{
    (void)state;
    rng r = {.state = 5};
    buffer text = {0}, expected = {0}, out = {0};
    for (int round = 0; round < 60; round++) {
        size_t n_columns = 1 + rng_below(&r, 5), n_rows = rng_below(&r, 40);
        buffer_clear(&text);
        buffer_clear(&expected);
        for (size_t i = 0; i <= n_rows; i++)
            append_random_row(&r, n_columns, &text, &expected);
        for (size_t k = 0; k < 4; k++) {
            size_t piece = k ? 1 + rng_below(&r, k == 1 ? 7 : 700) : 0;
            assert_string_equal(rows_of(&out, text.data, text.length, piece),
                                buffer_string(&expected));
        }
    }
    buffer_free(&text);
    buffer_free(&expected);
    buffer_free(&out);
}

/* Random bytes: whatever the rows are, the reads do not change them. */
static void test_reads_do_not_matter_for_any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = {'a', ',', '"', '\n', '\r', '"', ','};
    rng r = {.state = 6};
    buffer whole = {0}, pieces = {0};
    for (int round = 0; round < 3000; round++) {
        char bytes[60];
        size_t length = rng_below(&r, sizeof bytes + 1);
        for (size_t i = 0; i < length; i++)
            bytes[i] = alphabet[rng_below(&r, sizeof alphabet)];
        rows_of(&whole, bytes, length, 0);
        for (size_t piece = 1; piece < 4; piece++)
            assert_string_equal(rows_of(&pieces, bytes, length, piece), whole.data);
    }
    buffer_free(&whole);
    buffer_free(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_rows),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_empty_lines_are_skipped_and_counted),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_line_ends_in_quotes),
        cmocka_unit_test(test_a_quote_inside_an_unquoted_cell_is_an_ordinary_character),
        cmocka_unit_test(test_text_behind_a_closing_quote_is_a_bad_row),
        cmocka_unit_test(test_a_quote_that_is_never_closed_is_a_bad_row),
        cmocka_unit_test(test_a_wrong_number_of_cells_is_a_bad_row),
        cmocka_unit_test(test_a_byte_order_mark_is_skipped),
        cmocka_unit_test(test_utf16_is_refused_by_name),
        cmocka_unit_test(test_nul_is_an_ordinary_character),
        cmocka_unit_test(test_semicolons_and_tabs_are_recognised_by_the_header),
        cmocka_unit_test(test_an_empty_file_has_no_header),
        cmocka_unit_test(test_a_header_that_is_not_readable_is_an_error),
        cmocka_unit_test(test_too_many_columns_are_refused),
        cmocka_unit_test(test_a_row_that_is_too_long_is_a_bad_row_whatever_the_reads),
        cmocka_unit_test(test_random_cells_come_back_whatever_the_reads),
        cmocka_unit_test(test_reads_do_not_matter_for_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
