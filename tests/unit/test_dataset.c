/* SPDX-License-Identifier: MIT */
/*
 * Datasets: filled by hand, and loaded from one file or several of different formats; merged
 * labels, fields that are left out, errors, memory.
 */
#include "triage/dataset.h"

#include "data/dataset.h"
#include "data/limits.h"
#include "data_support.h"
#include "temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cmocka.h>

static const char *text_at(const triage_dataset *d, size_t i, buffer *out)
{
    size_t length;
    const char *text = triage_dataset_text(d, i, &length);
    buffer_clear(out);
    buffer_append(out, text, length);
    return text_of(out);
}

/* "field: label label | 0 1 -" a field, then "text" a ticket. */
static const char *show(const triage_dataset *d, buffer *out)
{
    buffer_clear(out);
    for (size_t f = 0; f < triage_dataset_n_fields(d); f++) {
        buffer_printf(out, "%s:", triage_dataset_field_name(d, f));
        for (size_t k = 0; k < triage_dataset_n_labels(d, f); k++)
            buffer_printf(out, " %s", triage_dataset_label_name(d, f, k));
        buffer_append_text(out, " |");
        for (size_t i = 0; i < triage_dataset_size(d); i++) {
            int32_t label = triage_dataset_label(d, f, i);
            buffer_printf(out, label == TRIAGE_NO_LABEL ? " -" : " %d", (int)label);
        }
        buffer_append_text(out, "\n");
    }
    for (size_t i = 0; i < triage_dataset_size(d); i++) {
        size_t length;
        const char *text = triage_dataset_text(d, i, &length);
        buffer_append(out, text, length);
        buffer_append_text(out, "\n");
    }
    return text_of(out);
}

static void add(triage_dataset *d, const char *text, const char *first, const char *second)
{
    triage_error err;
    const char *const labels[] = {first, second};
    assert_int_equal(triage_dataset_add(d, text, strlen(text), labels, &err), TRIAGE_OK);
}

static void test_a_dataset_filled_by_hand(void **state)
{
    (void)state;
    const char *const names[] = {"category", "priority"};
    triage_dataset *d;
    triage_error err;
    buffer out = {0};
    assert_int_equal(triage_dataset_new(names, 2, &d, &err), TRIAGE_OK);
    add(d, "one", " Hardware ", NULL);
    add(d, "", "access", "High");
    add(d, " \n", "", "");
    add(d, "f\xFFour", "hardware", "\xC2\xA0Low");
    add(d, "five", "Hardware", "Low");
    assert_int_equal(triage_dataset_n_labels(d, 0), 0);
    assert_int_equal(triage_dataset_finish(d, &err), TRIAGE_OK);
    assert_string_equal(show(d, &out), "category: Hardware access | 0 1 - 0 0\n"
                                       "priority: High Low | - 0 - 1 1\n"
                                       "one\n\n \n\nf\xFFour\nfive\n");
    triage_read_report report = triage_dataset_report(d);
    assert_int_equal(report.n_rows, 5);
    assert_int_equal(report.n_tickets, 5);
    assert_int_equal(report.n_bad_rows, 0);
    assert_int_equal(report.n_merged_labels, 1);
    assert_int_equal(report.n_invalid_utf8, 1);
    assert_int_equal(report.n_empty_texts, 2);
    triage_dataset_free(d);
    buffer_free(&out);
}

static void test_a_finished_dataset_stays_as_it_is(void **state)
{
    (void)state;
    const char *const names[] = {"label"}, *const labels[] = {"A"};
    triage_dataset *d;
    triage_error err;
    assert_int_equal(triage_dataset_new(names, 1, &d, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_finish(d, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_finish(d, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_add(d, "x", 1, labels, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_dataset_size(d), 0);
    triage_dataset_free(d);
    triage_dataset_free(NULL);
}

static void test_wrong_arguments_are_refused(void **state)
{
    (void)state;
    const char *names[65];
    const char *const bad[] = {"A\xFF"};
    triage_dataset *d = NULL;
    triage_error err;
    for (size_t i = 0; i < 65; i++)
        names[i] = "x";
    assert_int_equal(triage_dataset_new(names, 0, &d, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_dataset_new(names, 65, &d, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_dataset_load(NULL, 0, NULL, &d, &err), TRIAGE_ERROR_ARGUMENT);
    assert_null(d);
    assert_int_equal(triage_dataset_new(names, 1, &d, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_add(d, "x", 1, bad, &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "the label of 'x' is not valid UTF-8");
    assert_int_equal(triage_dataset_add(d, "x", 1, bad, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_dataset_size(d), 0);
    triage_dataset_free(d);
}

/* Loads with the events in `events`; NULL and the message there if it fails. */
static triage_dataset *load(const char *const *paths, size_t n, triage_read_options options,
                            triage_status expected, buffer *events)
{
    triage_dataset *d = NULL;
    triage_error err;
    buffer_clear(events);
    options.on_event = record_event;
    options.context = events;
    assert_int_equal(triage_dataset_load(paths, n, &options, &d, &err), expected);
    if (expected != TRIAGE_OK) {
        assert_null(d);
        assert_int_equal(err.status, expected);
        buffer_printf(events, "error %s\n", err.message);
    }
    return d;
}

static triage_dataset *load_text(void **state, const char *name, const char *text,
                                 triage_status expected, buffer *events)
{
    const char *path = temp_text(*state, name, text);
    return load(&path, 1, (triage_read_options){0}, expected, events);
}

static void test_a_file_is_loaded(void **state)
{
    buffer events = {0}, out = {0};
    triage_dataset *d = load_text(state, "f.csv",
                                  "text,Category,priority\nx, hardware,High\ny\nz,Hardware ,\n"
                                  "w,Access,high\nv,Hardware,high\n\xFF,,Low\n,\xC2\xA0,\n",
                                  TRIAGE_OK, &events);
    assert_string_equal(text_of(&events),
                        "guess text from 'text'; fields 'Category', 'priority'\n"
                        "bad 3 1 cell instead of 3\nbad 8 no label\n"
                        "merged field 'Category': 'hardware' (1) is counted as 'Hardware'\n"
                        "merged field 'priority': 'High' (1) is counted as 'high'\n");
    assert_string_equal(show(d, &out), "Category: Access Hardware | 1 1 0 1 -\n"
                                       "priority: Low high | 1 - 1 1 0\nx\nz\nw\nv\n\xFF\n");
    triage_read_report report = triage_dataset_report(d);
    assert_int_equal(report.n_rows, 7);
    assert_int_equal(report.n_tickets, 5);
    assert_int_equal(report.n_bad_rows, 2);
    assert_int_equal(report.n_merged_labels, 2);
    assert_int_equal(report.n_invalid_utf8, 1);
    triage_dataset_free(d);
    buffer_free(&events);
    buffer_free(&out);
}

static void test_the_numbering_does_not_depend_on_the_order_of_the_rows(void **state)
{
    buffer events = {0}, out = {0};
    triage_dataset *d =
        load_text(state, "a.csv", "text,label\n1,b\n2,A\n3,B\n4,b\n5,c\n", TRIAGE_OK, &events);
    assert_non_null(strstr(show(d, &out), "label: A b c | 1 0 1 1 2\n"));
    triage_dataset_free(d);
    d = load_text(state, "b.csv", "text,label\n5,c\n4,b\n3,B\n2,A\n1,b\n", TRIAGE_OK, &events);
    assert_non_null(strstr(show(d, &out), "label: A b c | 2 1 1 0 1\n"));
    triage_dataset_free(d);
    buffer_free(&events);
    buffer_free(&out);
}

static void write_gzip(const char *path, const char *text)
{
    gzFile file = gzopen(path, "wb");
    assert_int_equal(gzputs(file, text), (int)strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
}

static void test_several_files_of_different_formats(void **state)
{
    temp_dir *dir = *state;
    char names[3][384];
    const char *const paths[] = {names[0], names[1], names[2]};
    buffer events = {0}, out = {0};
    strcpy(names[0], temp_text(dir, "a.ft", "__label__A one\n__label__B two\n"));
    strcpy(names[1], temp_path(dir, "b.csv.gz"));
    write_gzip(names[1], "queue,text\nB,three\nC\n");
    strcpy(names[2], temp_text(dir, "c.jsonl", "{\"text\":\"four\",\"label\":\"C\"}\n"));
    triage_dataset *d = load(paths, 3, (triage_read_options){0}, TRIAGE_OK, &events);
    assert_string_equal(text_of(&events), "guess text from 'text'; field 'queue'\n"
                                          "bad 3 1 cell instead of 2\n"
                                          "guess text from 'text'; field 'label'\n");
    assert_string_equal(show(d, &out), "label: A B C | 0 1 1 2\none\ntwo\nthree\nfour\n");
    assert_int_equal(triage_dataset_report(d).n_rows, 5);
    triage_dataset_free(d);
    buffer_free(&events);
    buffer_free(&out);
}

static void test_fields_of_several_files_go_by_name(void **state)
{
    temp_dir *dir = *state;
    char names[2][384];
    const char *const paths[] = {names[0], names[1]};
    buffer events = {0}, out = {0};
    strcpy(names[0], temp_text(dir, "a.csv", "text,label,priority\n1,A,P\n"));
    strcpy(names[1], temp_text(dir, "b.csv", "priority,team,label,text\nQ,T,B,2\n"));
    triage_dataset *d = load(paths, 2, (triage_read_options){0}, TRIAGE_OK, &events);
    assert_string_equal(show(d, &out), "label: A B | 0 1\npriority: P Q | 0 1\n1\n2\n");
    triage_dataset_free(d);
    strcpy(names[0], temp_text(dir, "a.csv", "text,queue,priority\n1,A,P\n"));
    strcpy(names[1], temp_text(dir, "b.csv", "text,category,queue,priority\n2,C,B,Q\n"));
    d = load(paths, 2, (triage_read_options){0}, TRIAGE_OK, &events);
    assert_string_equal(show(d, &out), "queue: A B | 0 1\npriority: P Q | 0 1\n1\n2\n");
    triage_dataset_free(d);
    strcpy(names[1], temp_text(dir, "b.csv", "text,queue\n2,B\n"));
    load(paths, 2, (triage_read_options){0}, TRIAGE_ERROR_DATA, &events);
    assert_non_null(strstr(text_of(&events),
                           "b.csv' has no field 'priority', which the files before it have\n"));
    buffer_free(&events);
    buffer_free(&out);
}

static void test_a_guessed_extra_field_that_is_empty_is_left_out(void **state)
{
    buffer events = {0}, out = {0};
    triage_dataset *d = load_text(
        state, "f.csv", "text,label,type,priority,team\nx,A,,P,\ny,B, ,Q,\n", TRIAGE_OK, &events);
    assert_string_equal(text_of(&events),
                        "guess text from 'text'; fields 'label', 'type', 'priority', 'team'\n"
                        "guess field 'team' is left out: no ticket has a label for it\n"
                        "guess field 'type' is left out: no ticket has a label for it\n");
    assert_string_equal(show(d, &out), "label: A B | 0 1\npriority: P Q | 0 1\nx\ny\n");
    triage_dataset_free(d);
    buffer_free(&events);
    buffer_free(&out);
}

static void test_a_field_asked_for_stays_even_if_it_is_empty(void **state)
{
    const triage_field_column fields[] = {{NULL, "label"}, {"P", "priority"}};
    const char *path = temp_text(*state, "f.csv", "text,label,priority\nx,A,\n");
    buffer events = {0}, out = {0};
    triage_dataset *d =
        load(&path, 1, (triage_read_options){.fields = fields, .n_fields = 2}, TRIAGE_OK, &events);
    assert_string_equal(show(d, &out), "label: A | 0\nP: | -\nx\n");
    triage_dataset_free(d);
    buffer_free(&events);
    buffer_free(&out);
}

static void test_no_tickets_are_an_error(void **state)
{
    buffer events = {0};
    load_text(state, "f.csv", "text,label\n", TRIAGE_ERROR_DATA, &events);
    assert_non_null(strstr(text_of(&events), "error there are no tickets in the data\n"));
    load_text(state, "f.csv", "text,label\nx,\ny\n", TRIAGE_ERROR_DATA, &events);
    assert_non_null(strstr(text_of(&events), "error none of 2 rows can be used; the first: "));
    assert_non_null(strstr(text_of(&events), "f.csv:2: no label\n"));
    buffer_free(&events);
}

static void test_the_first_bad_row_is_an_error_if_strict(void **state)
{
    buffer events = {0};
    const char *path = temp_text(*state, "f.csv", "text,label\nx,A\ny\n");
    load(&path, 1, (triage_read_options){.strict = true}, TRIAGE_ERROR_DATA, &events);
    assert_non_null(strstr(text_of(&events), "f.csv:3: 1 cell instead of 2\n"));
    buffer_free(&events);
}

static void test_too_many_labels_are_an_error(void **state)
{
    buffer text = {0}, events = {0};
    buffer_append_text(&text, "text,label\n");
    for (int i = 0; i < 65536; i++)
        buffer_printf(&text, "x,%d\n", i);
    const char *path = temp_file(*state, "f.csv", text.data, text.length);
    load(&path, 1, (triage_read_options){0}, TRIAGE_ERROR_DATA, &events);
    assert_non_null(
        strstr(text_of(&events), "error field 'label': more than 65535 different labels\n"));
    buffer_free(&text);
    buffer_free(&events);
}

static void test_without_events_and_error_it_works_as_well(void **state)
{
    const char *path = temp_text(*state, "f.csv", "text,label\nx,A\ny\n");
    triage_dataset *d = NULL;
    buffer out = {0};
    assert_int_equal(triage_dataset_load(&path, 1, NULL, &d, NULL), TRIAGE_OK);
    assert_string_equal(text_at(d, 0, &out), "x");
    triage_dataset_free(d);
    path = temp_path(*state, "none.csv");
    assert_int_equal(triage_dataset_load(&path, 1, NULL, &d, NULL), TRIAGE_ERROR_IO);
    buffer_free(&out);
}

/* A sanitizer's realloc() copies where the real one moves pages: it says nothing about memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED false
#endif

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* 200,000 tickets of 300 bytes may cost their text and 40 bytes each. */
static void test_a_field_added_later_is_empty_before(void **state)
{
    (void)state;
    triage_error err;
    triage_dataset *d;
    slice labels[3] = {{"a", 1}, {"x", 1}, {"u", 1}};
    assert_int_equal(triage_dataset_new(&(const char *){"category"}, 1, &d, &err), TRIAGE_OK);
    assert_int_equal(dataset_add(d, (slice){"one", 3}, labels, &err), TRIAGE_OK);
    assert_int_equal(dataset_add(d, (slice){"two", 3}, labels, &err), TRIAGE_OK);
    assert_int_equal(dataset_add_field(d, "priority", &err), TRIAGE_OK);
    assert_int_equal(dataset_add_field(d, "queue", &err), TRIAGE_OK);
    assert_int_equal(dataset_add(d, (slice){"three", 5}, labels, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_finish(d, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_n_fields(d), 3);
    assert_string_equal(triage_dataset_field_name(d, 2), "queue");
    for (size_t f = 0; f < 3; f++)
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(triage_dataset_label(d, f, i), f == 0 || i == 2 ? 0 : TRIAGE_NO_LABEL);
    assert_string_equal(triage_dataset_label_name(d, 1, 0), "x");
    triage_dataset_free(d);
}

static void test_fields_are_bounded(void **state)
{
    (void)state;
    triage_error err;
    triage_dataset *d;
    assert_int_equal(triage_dataset_new(&(const char *){"0"}, 1, &d, &err), TRIAGE_OK);
    for (int i = 1; i < MAX_FIELDS; i++)
        assert_int_equal(dataset_add_field(d, "more", &err), TRIAGE_OK);
    assert_int_equal(dataset_add_field(d, "more", &err), TRIAGE_ERROR_ARGUMENT);
    triage_dataset_free(d);
}

static void test_tickets_are_compact(void **state)
{
    (void)state;
    enum { N = 200000, LENGTH = 300, OVERHEAD = 40 };
    const char *const names[] = {"label", "priority"}, *const labels[] = {"A", "P"};
    char text[LENGTH];
    triage_dataset *d;
    triage_error err;
    memset(text, 'x', sizeof text);
    long before = peak_kib();
    assert_int_equal(triage_dataset_new(names, 2, &d, &err), TRIAGE_OK);
    for (int i = 0; i < N; i++)
        assert_int_equal(triage_dataset_add(d, text, sizeof text, labels, &err), TRIAGE_OK);
    assert_int_equal(triage_dataset_finish(d, &err), TRIAGE_OK);
    if (!IS_SANITIZED)
        assert_true((peak_kib() - before) * 1024 < (long)N * (LENGTH + OVERHEAD));
    triage_dataset_free(d);
}

#define IN_TEMP_DIR(test) cmocka_unit_test_setup_teardown(test, temp_dir_make, temp_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, because it measures the peak. */
        cmocka_unit_test(test_a_field_added_later_is_empty_before),
        cmocka_unit_test(test_fields_are_bounded),
        cmocka_unit_test(test_tickets_are_compact),
        cmocka_unit_test(test_a_dataset_filled_by_hand),
        cmocka_unit_test(test_a_finished_dataset_stays_as_it_is),
        cmocka_unit_test(test_wrong_arguments_are_refused),
        IN_TEMP_DIR(test_a_file_is_loaded),
        IN_TEMP_DIR(test_the_numbering_does_not_depend_on_the_order_of_the_rows),
        IN_TEMP_DIR(test_several_files_of_different_formats),
        IN_TEMP_DIR(test_fields_of_several_files_go_by_name),
        IN_TEMP_DIR(test_a_guessed_extra_field_that_is_empty_is_left_out),
        IN_TEMP_DIR(test_a_field_asked_for_stays_even_if_it_is_empty),
        IN_TEMP_DIR(test_no_tickets_are_an_error),
        IN_TEMP_DIR(test_the_first_bad_row_is_an_error_if_strict),
        IN_TEMP_DIR(test_too_many_labels_are_an_error),
        IN_TEMP_DIR(test_without_events_and_error_it_works_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
