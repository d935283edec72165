/* SPDX-License-Identifier: MIT */
/*
 * The reader over all formats: rows with text, labels and cells; bad rows by line; strict reading;
 * standard input; constant memory; the same rows whatever the reads.
 */
#include "data/reader.h"

#include "data/input.h"
#include "data/limits.h"
#include "data_support.h"
#include "temp_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* "LINE text|label|label" a row. */
static triage_status show_rows(reader *r, buffer *out, triage_error *err)
{
    for (;;) {
        reader_row row;
        bool has_row;
        triage_status status = reader_next(r, &row, &has_row, err);
        if (status != TRIAGE_OK || !has_row)
            return status;
        buffer_printf(out, "%llu ", (unsigned long long)row.line);
        for (size_t i = 0; i < row.text.length; i++)
            buffer_append_char(out, row.text.data[i] == '\n' ? '/' : row.text.data[i]);
        for (size_t i = 0; i < reader_n_fields(r); i++) {
            buffer_append_char(out, '|');
            buffer_append(out, row.labels[i].data, row.labels[i].length);
        }
        buffer_append_text(out, "\n");
    }
}

/* All rows and events, then "error MESSAGE" if it ends in one. */
static const char *read_bytes(const char *name, const void *bytes, size_t length, size_t piece,
                              triage_read_options options, reader_mode mode, buffer *out)
{
    triage_error err;
    input *in;
    reader *r = NULL;
    buffer_clear(out);
    options.on_event = record_event;
    options.context = out;
    triage_status status = input_open_memory(name, bytes, length, piece, &in, &err);
    if (status == TRIAGE_OK)
        status = reader_open_input(in, &options, mode, &r, &err);
    if (status == TRIAGE_OK)
        status = show_rows(r, out, &err);
    if (status != TRIAGE_OK)
        buffer_printf(out, "error %s\n", err.message);
    reader_close(r);
    return text_of(out);
}

static void assert_reads(const char *name, const char *bytes, size_t length,
                         triage_read_options options, reader_mode mode, const char *expected)
{
    buffer out = {0};
    for (size_t piece = 0; piece < 4; piece++)
        assert_string_equal(read_bytes(name, bytes, length, piece, options, mode, &out), expected);
    buffer_free(&out);
}

/* Labelled and unlabelled reading with default options. */
#define ASSERT_LABELLED(name, text, expected)                                                      \
    assert_reads(name, text, sizeof(text) - 1, (triage_read_options){0}, READER_LABELLED, expected)
#define ASSERT_UNLABELLED(name, text, expected)                                                    \
    assert_reads(name, text, sizeof(text) - 1, (triage_read_options){0}, READER_UNLABELLED,        \
                 expected)

static void test_csv_rows(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.csv", "subject,body,category,priority\ns1,\"b\n1\", A ,\n,b2,B,High\n",
                    "guess text from 'subject' + 'body'; fields 'category', 'priority'\n"
                    "2 s1/b/1|A|\n4 /b2|B|High\n");
    ASSERT_UNLABELLED("f.csv", "text,label\nx,A\ny,\n", "guess text from 'text'\n2 x\n3 y\n");
}

static void test_bad_csv_rows_are_reported_by_line(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.csv",
                    "text,label\nx,A\n\"a\nb\",\ny\n\"q\"z,A\nv,\"A\xFF\"\nw,\"A\0\"\nu,B\n",
                    "guess text from 'text'; field 'label'\n2 x|A\nbad 3 no label\n"
                    "bad 5 1 cell instead of 2\nbad 6 text behind a closing quote\n"
                    "bad 7 the label of 'label' is not valid UTF-8\n"
                    "bad 8 the label of 'label' has a NUL character\n9 u|B\n");
}

static void test_jsonl_rows(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.jsonl",
                    "{\"text\":\"a\\nb\",\"label\":\"A\"}\n\n \r\n{\"label\":7,\"text\":1.50}\r\n"
                    "{\"text\":null,\"label\":true,\"x\":[]}\n{\"text\":\"z\",\"label\":\" \"}",
                    "guess text from 'text'; field 'label'\n1 a/b|A\n4 1.50|7\n"
                    "bad 5 no text: no 'text'\nbad 6 no label\n");
    ASSERT_UNLABELLED("f.jsonl", "{\"subject\":\"s\",\"body\":\"b\"}\n{\"body\":\"c\"}\n",
                      "guess text from 'subject' + 'body'\n1 s/b\n2 /c\n");
    ASSERT_UNLABELLED("f.jsonl", "", "");
}

static void test_bad_jsonl_rows_are_reported_by_line(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.jsonl",
                    "[1]\n{\"text\":\"x\",\"label\":\"A\"}\n{\"text\":\n{\"text\":{},\"label\":"
                    "\"A\"}\n{\"text\":\"x\",\"label\":[\"A\"]}\n{\"text\":\"\xFF\"}\n{} {}\n"
                    "{\"text\":\"x\",\"label\":\"\\u0000\"}\n",
                    "bad 1 not a JSON object but of type array\n"
                    "guess text from 'text'; field 'label'\n2 x|A\n"
                    "bad 3 not JSON at byte 9: unexpected end of data\n"
                    "bad 4 'text' is not a text\nbad 5 'label' is not a text\n"
                    "bad 6 not JSON at byte 10: invalid UTF-8\n"
                    "bad 7 not JSON at byte 4: unexpected character\n"
                    "bad 8 the label of 'label' has a NUL character\n");
    ASSERT_LABELLED("f.jsonl", "7\n",
                    "bad 1 not a JSON object but of type number\n"
                    "error 'f.jsonl' has no JSON object\n");
}

static void test_jsonl_columns_asked_for_must_be_in_some_object(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":\"x\",\"b\":\"B\"}\n{\"a\":\"y\",\"c\":\"C\"}\n";
    const char *const columns[] = {"a"}, *const missing[] = {"t"};
    triage_field_column fields[] = {{"team", "c"}};
    triage_read_options options = {
        .text_columns = columns, .n_text_columns = 1, .fields = fields, .n_fields = 1};
    assert_reads("f.jsonl", text, sizeof text - 1, options, READER_LABELLED,
                 "bad 1 no label\n2 y|C\n");
    fields[0].column = "d";
    assert_reads("f.jsonl", text, sizeof text - 1, options, READER_LABELLED,
                 "bad 1 no label\nbad 2 no label\n"
                 "error 'f.jsonl' has no column 'd'; its columns are 'a', 'b'\n");
    options.text_columns = missing;
    options.n_fields = 0;
    assert_reads("f.jsonl", text, sizeof text - 1, options, READER_UNLABELLED,
                 "bad 1 no text: no 't'\nbad 2 no text: no 't'\n"
                 "error 'f.jsonl' has no column 't'; its columns are 'a', 'b'\n");
}

static void test_fasttext_rows(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.ft",
                    "__label__A x y\r\n\nno label\n__label__ z\n__label__A __label__B v\n"
                    "__label__B\n__label__C __label__D w",
                    "1 x y|A\nbad 3 no label\nbad 4 nothing behind __label__\n"
                    "guess 5 a line has several labels: its first one counts\n5 v|A\n6 |B\n"
                    "7 w|C\n");
    ASSERT_UNLABELLED("f.ft", "__label__A x\ny\n__label__ z\n", "1 x|A\n2 y|\n3 z|\n");
    /* known by its first bytes, even if they come one by one */
    ASSERT_LABELLED("f.txt", "\xEF\xBB\xBF__label__A x", "1 x|A\n");
}

static void test_text_rows_are_kept_even_if_empty(void **state)
{
    (void)state;
    ASSERT_UNLABELLED("f.txt", "one, two\r\n\n\"three\"\n__label__A",
                      "1 one, two\n2 \n3 \"three\"\n"
                      "4 __label__A\n");
    ASSERT_UNLABELLED("f.txt", "", "");
    ASSERT_LABELLED("f.txt", "one\n", "error 'f.txt' is plain text and has no labels\n");
}

static void test_the_first_bad_row_is_an_error_if_strict(void **state)
{
    (void)state;
    triage_read_options options = {.strict = true};
    static const char csv[] = "text,label\nx,A\ny\nz,B\n", jsonl[] = "nonsense\n{\"text\":1}\n";
    assert_reads("f.csv", csv, sizeof csv - 1, options, READER_LABELLED,
                 "guess text from 'text'; field 'label'\n2 x|A\nbad 3 1 cell instead of 2\n"
                 "error f.csv:3: 1 cell instead of 2\n");
    assert_reads("f.jsonl", jsonl, sizeof jsonl - 1, options, READER_LABELLED,
                 "bad 1 not JSON at byte 2: null expected\n"
                 "error f.jsonl:1: not JSON at byte 2: null expected\n");
}

static void test_a_bad_header_is_an_error(void **state)
{
    (void)state;
    ASSERT_LABELLED("f.csv",
                    "text,la\xFF"
                    "bel\nx,A\n",
                    "error f.csv:1: the name of column 2 is not valid UTF-8\n");
    ASSERT_LABELLED("f.csv", "a,b,c\n",
                    "error 'f.csv' has no column that looks like the text; its "
                    "columns are 'a', 'b', 'c'\n");
    ASSERT_LABELLED("f.csv", ",\n",
                    "error 'f.csv' has no column that looks like the text; its "
                    "columns are '', ''\n");
}

static void test_the_format_may_be_said(void **state)
{
    (void)state;
    triage_read_options options = {.format = TRIAGE_FORMAT_TEXT};
    assert_reads("f.csv", "text\nx", 6, options, READER_UNLABELLED, "1 text\n2 x\n");
    options.format = (triage_format)99;
    assert_reads("f.csv", "text\nx", 6, options, READER_UNLABELLED, "error unknown format 99\n");
}

static void test_lines_that_are_too_long_are_bad_rows(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 100003};
    buffer text = {0}, out = {0};
    buffer_append_text(&text, "a\n");
    assert_true(buffer_reserve(&text, MAX_ROW_BYTES + 1));
    memset(text.data + 2, 'y', MAX_ROW_BYTES + 1);
    text.length += MAX_ROW_BYTES + 1;
    buffer_append_text(&text, "\nb");
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(read_bytes("f.txt", text.data, text.length, pieces[i],
                                       (triage_read_options){0}, READER_UNLABELLED, &out),
                            "1 a\nbad 2 the line is longer than 16 MiB\n3 b\n");
    buffer_free(&text);
    buffer_free(&out);
}

static void test_what_a_row_carries_for_writing_it_back(void **state)
{
    temp_dir *dir = *state;
    triage_error err;
    reader *r;
    reader_row row;
    bool has_row;
    size_t n;
    const char *path = temp_text(dir, "f.csv", " text ;label;n\n\"x;\"\"y\"\"\";A;1\n");
    assert_int_equal(reader_open(path, NULL, READER_UNLABELLED, &r, &err), TRIAGE_OK);
    assert_int_equal(reader_format(r), TRIAGE_FORMAT_CSV);
    assert_int_equal(reader_separator(r), ';');
    const slice *columns = reader_columns(r, &n);
    assert_int_equal(n, 3);
    assert_true(slice_equal(columns[0], (slice){"text", 4}));
    assert_true(slice_equal(columns[2], (slice){"n", 1}));
    assert_int_equal(reader_next(r, &row, &has_row, &err), TRIAGE_OK);
    assert_int_equal(row.n_cells, 3);
    assert_true(slice_equal(row.cells[0], (slice){"x;\"y\"", 5}));
    assert_true(slice_equal(row.cells[2], (slice){"1", 1}));
    assert_null(row.raw.data);
    reader_close(r);
    path = temp_text(dir, "f.jsonl", "{ \"text\" : \"x\" } \r\n");
    assert_int_equal(reader_open(path, NULL, READER_UNLABELLED, &r, &err), TRIAGE_OK);
    reader_columns(r, &n);
    assert_int_equal(n, 0);
    assert_int_equal(reader_next(r, &row, &has_row, &err), TRIAGE_OK);
    assert_true(slice_equal(row.raw, (slice){"{ \"text\" : \"x\" } ", 17}));
    assert_null(row.cells);
    reader_close(r);
}

static void test_rows_are_counted(void **state)
{
    temp_dir *dir = *state;
    triage_error err;
    reader *r;
    reader_row row;
    bool has_row = true;
    size_t n_invalid = 0;
    const char *path =
        temp_text(dir, "f.csv", "text,label\nx,A\n\xFF,A\n \xC2\xA0\t,B\nz\n,B\ny,\n");
    assert_int_equal(reader_open(path, NULL, READER_LABELLED, &r, &err), TRIAGE_OK);
    while (has_row) {
        assert_int_equal(reader_next(r, &row, &has_row, &err), TRIAGE_OK);
        n_invalid += has_row && row.is_invalid_utf8;
    }
    triage_read_report report = reader_report(r);
    assert_int_equal(report.n_rows, 6);
    assert_int_equal(report.n_tickets, 4);
    assert_int_equal(report.n_bad_rows, 2);
    assert_int_equal(report.n_invalid_utf8, 1);
    assert_int_equal(report.n_empty_texts, 2);
    assert_int_equal(n_invalid, 1);
    reader_close(r);
    reader_close(NULL);
}

static void test_standard_input_is_read(void **state)
{
    triage_error err;
    reader *r;
    buffer out = {0};
    int saved = dup(STDIN_FILENO);
    int fd = open(temp_text(*state, "in", "{\"text\":\"x\"}\n"), O_RDONLY);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    triage_status status = reader_open("-", NULL, READER_UNLABELLED, &r, &err);
    if (status == TRIAGE_OK) {
        status = show_rows(r, &out, &err);
        reader_close(r);
    }
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it is left open */
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_int_equal(status, TRIAGE_OK);
    assert_string_equal(text_of(&out), "1 x\n");
    buffer_free(&out);
}

/* Progress: ever more bytes, the last time all of them, not for every row. */
typedef struct progress_check {
    uint64_t done, total;
    size_t n;
} progress_check;

static void check_progress(void *context, const triage_read_event *event)
{
    progress_check *check = context;
    if (event->kind != TRIAGE_READ_PROGRESS)
        return;
    assert_true(event->bytes_done > check->done);
    assert_null(event->message);
    check->done = event->bytes_done;
    check->total = event->bytes_total;
    check->n++;
}

static void test_progress_is_told_once_a_mebibyte(void **state)
{
    triage_error err;
    reader *r;
    reader_row row;
    bool has_row = true;
    buffer text = {0};
    progress_check check = {0};
    triage_read_options options = {.on_event = check_progress, .context = &check};
    while (text.length < 5 * PROGRESS_BYTES)
        buffer_append_text(&text, "a line of some words\n");
    const char *path = temp_file(*state, "f.txt", text.data, text.length);
    assert_int_equal(reader_open(path, &options, READER_UNLABELLED, &r, &err), TRIAGE_OK);
    while (has_row)
        assert_int_equal(reader_next(r, &row, &has_row, &err), TRIAGE_OK);
    assert_int_equal(check.done, text.length);
    assert_int_equal(check.total, text.length);
    assert_in_range(check.n, 4, 6);
    reader_close(r);
    buffer_free(&text);
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A pipe from a child that writes `start`, then 128 MiB of `block` again and again. */
static int open_long_stream(const char *start, const char *block)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        buffer bytes = {0};
        while (bytes.length < 60000)
            buffer_append_text(&bytes, block);
        ssize_t sent = write(ends[1], start, strlen(start));
        for (size_t total = 0; sent >= 0 && total < (128 << 20); total += (size_t)sent)
            sent = write(ends[1], bytes.data + total % bytes.length,
                         bytes.length - total % bytes.length);
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

/* How many tickets and bad rows are in the stream, and by how many MiB memory grew. */
static long read_long_stream(const char *start, const char *block, triage_format format,
                             triage_read_report *ret_report)
{
    triage_error err;
    reader *r;
    reader_row row;
    bool has_row = true;
    triage_read_options options = {.format = format};
    int saved = dup(STDIN_FILENO), fd = open_long_stream(start, block);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    long before = peak_kib();
    assert_int_equal(reader_open("-", &options, READER_UNLABELLED, &r, &err), TRIAGE_OK);
    while (has_row)
        assert_int_equal(reader_next(r, &row, &has_row, &err), TRIAGE_OK);
    *ret_report = reader_report(r);
    reader_close(r);
    dup2(saved, STDIN_FILENO);
    close(saved);
    wait(NULL);
    return (peak_kib() - before) >> 10;
}

static void test_a_long_stream_is_read_in_constant_memory(void **state)
{
    (void)state;
    triage_read_report report;
    assert_in_range(read_long_stream("text,label\n", "\"a ticket of\n some words\",A\n",
                                     TRIAGE_FORMAT_CSV, &report),
                    0, 8);
    assert_true(report.n_tickets > 4000000);
    assert_int_equal(report.n_bad_rows, 0);
}

/* At most the longest row (16 MiB) four times: the window doubles, and growing it may copy. */
static void test_a_row_without_an_end_is_skipped_in_constant_memory(void **state)
{
    (void)state;
    triage_read_report report;
    assert_in_range(read_long_stream("text,label\n\"", "words and\n", TRIAGE_FORMAT_CSV, &report),
                    0, 80);
    assert_int_equal(report.n_bad_rows, 1);
    assert_in_range(read_long_stream("", "words ", TRIAGE_FORMAT_TEXT, &report), 0, 80);
    assert_int_equal(report.n_bad_rows, 1);
    assert_int_equal(report.n_tickets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_stream_is_read_in_constant_memory),
        cmocka_unit_test(test_a_row_without_an_end_is_skipped_in_constant_memory),
        cmocka_unit_test(test_csv_rows),
        cmocka_unit_test(test_bad_csv_rows_are_reported_by_line),
        cmocka_unit_test(test_jsonl_rows),
        cmocka_unit_test(test_bad_jsonl_rows_are_reported_by_line),
        cmocka_unit_test(test_jsonl_columns_asked_for_must_be_in_some_object),
        cmocka_unit_test(test_fasttext_rows),
        cmocka_unit_test(test_text_rows_are_kept_even_if_empty),
        cmocka_unit_test(test_the_first_bad_row_is_an_error_if_strict),
        cmocka_unit_test(test_a_bad_header_is_an_error),
        cmocka_unit_test(test_the_format_may_be_said),
        cmocka_unit_test(test_lines_that_are_too_long_are_bad_rows),
        cmocka_unit_test_setup_teardown(test_what_a_row_carries_for_writing_it_back, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(test_rows_are_counted, temp_dir_make, temp_dir_remove),
        cmocka_unit_test_setup_teardown(test_standard_input_is_read, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(test_progress_is_told_once_a_mebibyte, temp_dir_make,
                                        temp_dir_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
