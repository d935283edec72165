/* SPDX-License-Identifier: MIT */
/* The report: well-formed whatever the tickets hold, complete, and without holes for markup. */
#include "train/report.h"

#include "temp_dir.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N_TICKETS  400
#define MAX_LABELS 150
#define HOSTILE    "</td><script>alert(1)</script>'\"&amp;<!--\x01\xFF\xE2\x80\xAE]]>"

typedef struct fixture {
    triage_dataset *dataset;
    metrics m;
    metrics_view view;
    report_input input;
    char labels[MAX_LABELS][96];
} fixture;

static triage_dataset *make_dataset(void)
{
    static const char *const fields[] = {"category"};
    triage_dataset *dataset;
    triage_error err;
    assert_int_equal(triage_dataset_new(fields, 1, &dataset, &err), TRIAGE_OK);
    for (int i = 0; i < N_TICKETS; i++) {
        char text[128];
        const char *labels[] = {"any"};
        int length = snprintf(text, sizeof text, "ticket %d " HOSTILE " with more to say", i);
        assert_int_equal(triage_dataset_add(dataset, text, (size_t)length, labels, &err),
                         TRIAGE_OK);
    }
    assert_int_equal(triage_dataset_finish(dataset, &err), TRIAGE_OK);
    return dataset;
}

/* Predictions of `n_labels` labels for `n_rows` tickets, with confidences above `lowest`. */
static void setup_fixture(fixture *f, size_t n_labels, size_t n_rows, float lowest)
{
    static metrics_row rows[N_TICKETS];
    const char *names[MAX_LABELS];
    float thresholds[MAX_LABELS];
    rng r = {.state = 7};
    triage_error err;
    for (size_t i = 0; i < n_labels; i++) {
        snprintf(f->labels[i], sizeof f->labels[i], "label %zu %s", i, i % 2 ? HOSTILE : "");
        names[i] = f->labels[i];
        thresholds[i] = i % 3 ? 0.8f : 2.0f;
    }
    for (size_t i = 0; i < n_rows; i++) {
        uint32_t truth = rng_below(&r, (uint32_t)n_labels);
        bool is_right = rng_below(&r, 10) > 2;
        float confidence = lowest + (1 - lowest) * (float)rng_below(&r, 1000) / 1000;
        rows[i] = (metrics_row){
            .ticket = i,
            .truth = truth,
            .predicted = is_right ? truth : rng_below(&r, (uint32_t)n_labels),
            .confidence = confidence,
            .truth_probability = confidence,
            .is_auto = confidence > 0.8f,
        };
    }
    metrics_input input = {
        .field = "cat<b>egory",
        .labels = names,
        .thresholds = thresholds,
        .n_labels = n_labels,
        .n_model_labels = n_labels,
        .target_precision = 0.95,
        .rows = rows,
        .n_rows = n_rows,
    };
    assert_int_equal(metrics_compute(&input, &f->m, &err), TRIAGE_OK);
    f->dataset = make_dataset();
    f->view = (metrics_view){
        .field = &f->m.field, .mistakes = f->m.mistakes, .n_mistakes = f->m.n_mistakes};
    f->input = (report_input){.model = "model <1>",
                              .data = "a & b.csv",
                              .dataset = f->dataset,
                              .fields = &f->view,
                              .n_fields = 1};
}

static void free_fixture(fixture *f)
{
    metrics_free(&f->m);
    triage_dataset_free(f->dataset);
}

/* By the XML parser of the language that the build needs anyway. */
static void assert_well_formed(const char *text)
{
    FILE *parser = popen("python3 -c 'import sys, xml.etree.ElementTree as tree;"
                         "tree.parse(sys.stdin.buffer)'",
                         "w");
    assert_non_null(parser);
    assert_true(fputs(text, parser) >= 0);
    assert_int_equal(pclose(parser), 0);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

/* Nothing is loaded, nothing runs. */
static void assert_self_contained(const char *text)
{
    static const char *const never[] = {
        "<script", "<link",  "<img",    "<iframe", "url(",       "@import",       " href=",
        " src=",   "onload", "onerror", "<object", "javascript", "<foreignObject"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(text, never[i]));
}

static char *html_of(const fixture *f)
{
    buffer out = {0};
    report_append_html(&out, &f->input);
    assert_non_null(buffer_string(&out));
    assert_well_formed(out.data);
    assert_self_contained(out.data);
    return out.data;
}

static char *svg_of(const fixture *f)
{
    buffer out = {0};
    report_append_svg(&out, &f->input);
    assert_non_null(buffer_string(&out));
    assert_well_formed(out.data);
    assert_self_contained(out.data);
    return out.data;
}

static void test_any_number_of_labels(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 8, 25, 26, 150};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fixture f;
        setup_fixture(&f, sizes[i], N_TICKETS, 0);
        char *html = html_of(&f), *svg = svg_of(&f);
        size_t shown = sizes[i] < 25 ? sizes[i] : 25;
        /* Heads of the rows: of the labels, of both averages, of the matrix. */
        assert_int_equal(count(html, "<th scope=\"row\">"), sizes[i] + 2 + shown);
        assert_int_equal(count(html, "<caption>"), sizes[i] == 1 ? 2 : 3);
        assert_int_equal(count(html, "with the most mistakes"), sizes[i] > 25);
        assert_int_equal(count(html, "<svg "), 2);
        assert_int_equal(count(svg, "<svg "), 3);
        assert_int_equal(count(svg, "<desc "), 2);
        free(html);
        free(svg);
        free_fixture(&f);
    }
}

static void test_empty_bins_have_no_bar(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 3, N_TICKETS, 0.81f);
    char *html = html_of(&f);
    assert_int_equal(count(html, "<rect class=\"bar\""), 3);
    assert_int_equal(count(html, "<rect class=\"count\""), 3);
    assert_int_equal(count(html, "<circle class=\"auto\""), 1);
    free(html);
    free_fixture(&f);
}

static void test_curve_joins_all_its_points(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 3, N_TICKETS, 0);
    char *html = html_of(&f);
    const char *start = "<path class=\"curve\" d=\"M";
    char *path = strstr(html, start);
    assert_non_null(path);
    path += strlen(start);
    path[strcspn(path, "\"")] = '\0';
    assert_int_equal(count(path, "L"), f.m.field.n_curve - 1);
    assert_int_equal(count(path, "M"), 0);
    free(html);
    free_fixture(&f);
}

static void test_field_without_tickets(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 3, 0, 0);
    char *html = html_of(&f), *svg = svg_of(&f);
    assert_non_null(strstr(html, "No ticket has a label"));
    assert_null(strstr(html, "<table"));
    assert_null(strstr(svg, "<path"));
    free(html);
    free(svg);
    free_fixture(&f);
}

static void test_one_ticket(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 2, 1, 0.5f);
    char *html = html_of(&f);
    assert_non_null(strstr(html, "1 ticket, 2 labels"));
    free(html);
    free_fixture(&f);
}

static void test_without_texts_and_auto_decisions(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 4, N_TICKETS, 0);
    f.input.dataset = NULL;
    f.m.field.auto_coverage = f.m.field.auto_precision = f.m.field.target_precision = 0;
    f.m.field.n_unknown_labels = 12;
    char *html = html_of(&f);
    assert_null(strstr(html, "ticket 1 "));
    assert_null(strstr(html, "class=\"auto\""));
    assert_null(strstr(html, "class=\"target\""));
    assert_non_null(strstr(html, "12 tickets have a label that the model does not know"));
    free(html);
    free_fixture(&f);
}

static void test_hostile_texts_are_text(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 4, N_TICKETS, 0);
    char *html = html_of(&f);
    const char *shown =
        "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;amp;&lt;!--"
        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;";
    assert_non_null(strstr(html, shown));
    assert_non_null(strstr(html, "cat&lt;b&gt;egory"));
    assert_non_null(strstr(html, "model &lt;1&gt;"));
    assert_non_null(strstr(html, "a &amp; b.csv"));
    free(html);
    free_fixture(&f);
}

static void test_locale_does_not_matter(void **state)
{
    (void)state;
    fixture f;
    setup_fixture(&f, 4, N_TICKETS, 0);
    char *before = html_of(&f);
    char *held = strdup(setlocale(LC_ALL, NULL));
    /* Machines without this locale compare the same with the same. */
    setlocale(LC_ALL, "de_DE.UTF-8");
    char *after = html_of(&f);
    setlocale(LC_ALL, held);
    assert_string_equal(before, after);
    free(held);
    free(before);
    free(after);
    free_fixture(&f);
}

static void check_written(const fixture *f, const char *path, const char *expected)
{
    file_map map;
    triage_error err;
    assert_int_equal(report_write(path, &f->input, &err), TRIAGE_OK);
    assert_int_equal(file_map_open(path, &map, &err), TRIAGE_OK);
    assert_int_equal(map.length, strlen(expected));
    assert_memory_equal(map.data, expected, map.length);
    file_unmap(&map);
}

static void test_form_is_chosen_by_name(void **state)
{
    temp_dir *dir = *state;
    fixture f;
    triage_error err;
    setup_fixture(&f, 4, N_TICKETS, 0);
    char *html = html_of(&f), *svg = svg_of(&f);
    check_written(&f, temp_path(dir, "report.html"), html);
    check_written(&f, temp_path(dir, "report.SVG"), svg);
    check_written(&f, temp_path(dir, "svg"), html);
    assert_int_equal(report_write(temp_path(dir, "none/report.html"), &f.input, &err),
                     TRIAGE_ERROR_IO);
    free(html);
    free(svg);
    free_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_number_of_labels),
        cmocka_unit_test(test_empty_bins_have_no_bar),
        cmocka_unit_test(test_curve_joins_all_its_points),
        cmocka_unit_test(test_field_without_tickets),
        cmocka_unit_test(test_one_ticket),
        cmocka_unit_test(test_without_texts_and_auto_decisions),
        cmocka_unit_test(test_hostile_texts_are_text),
        cmocka_unit_test(test_locale_does_not_matter),
        cmocka_unit_test_setup_teardown(test_form_is_chosen_by_name, temp_dir_make,
                                        temp_dir_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
