/* SPDX-License-Identifier: MIT */
/* Tables of the report. Text from tickets and labels goes through snippet_append_escaped() alone.
 */
#include "train/report_table.h"

#include "base/mem.h"
#include "train/figure.h"
#include "train/snippet.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LABEL_LENGTH   80
#define MAX_HEADING_LENGTH 28 /* in the matrix, whose columns have theirs upright */
#define MAX_EXAMPLE_LENGTH 240
#define MAX_CONFUSIONS     10
#define MAX_EXAMPLES       3
#define N_HEAT_LEVELS      10 /* .h1 to .h9 and .m1 to .m9; level 0 has no colour */

const char report_table_style[] =
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding:0 0 .6rem}"
    "caption small{display:block;font-weight:400;color:var(--muted);font-size:.85rem}"
    "th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line);"
    "vertical-align:top}"
    "th{font-weight:600}thead th{color:var(--muted);font-weight:500;vertical-align:bottom}"
    "th[scope=row]{text-align:left;font-weight:500;overflow-wrap:anywhere;min-width:8rem}"
    "td.bar{background:linear-gradient(var(--soft),var(--soft)) no-repeat .6rem center/"
    "calc(var(--v)*(100% - 4.6rem)) .7rem;min-width:10rem}"
    "tfoot th,tfoot td{border-bottom:0}tfoot tr:first-child>*{border-top:2px solid var(--line)}"
    "td.text,th.text{text-align:left}"
    ".matrix{font-size:.9rem}.matrix th[scope=row]{white-space:nowrap}"
    ".matrix td{padding:.25rem .35rem;min-width:1.5rem;border:1px solid var(--card);"
    "vertical-align:middle}"
    ".matrix th{border:0}.matrix thead th{text-align:center;padding:.3rem .2rem}"
    ".matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}"
    ".matrix td.zero{color:var(--line)}"
    ".h1{background:rgb(var(--heat)/.06)}.h2{background:rgb(var(--heat)/.12)}"
    ".h3{background:rgb(var(--heat)/.18)}.h4{background:rgb(var(--heat)/.24)}"
    ".h5{background:rgb(var(--heat)/.3)}.h6{background:rgb(var(--heat)/.36)}"
    ".h7{background:rgb(var(--heat)/.42)}.h8{background:rgb(var(--heat)/.48)}"
    ".h9{background:rgb(var(--heat)/.54)}"
    ".m1{background:rgb(var(--miss)/.1)}.m2{background:rgb(var(--miss)/.18)}"
    ".m3{background:rgb(var(--miss)/.26)}.m4{background:rgb(var(--miss)/.34)}"
    ".m5{background:rgb(var(--miss)/.42)}.m6{background:rgb(var(--miss)/.5)}"
    ".m7{background:rgb(var(--miss)/.58)}.m8{background:rgb(var(--miss)/.66)}"
    ".m9{background:rgb(var(--miss)/.74)}"
    ".pairs ul{margin:.3rem 0 0;padding:0;list-style:none}"
    ".pairs li{color:var(--muted);padding:.1rem 0;overflow-wrap:anywhere}"
    ".pairs b{font-weight:500;color:var(--mark);padding-right:.4rem}"
    ".pairs .arrow{color:var(--muted);padding:0 .2rem}";

static void append_label(buffer *out, const char *label, size_t max_length)
{
    snippet_append_escaped(out, label, strlen(label), max_length);
}

static void append_count_cell(buffer *out, uint64_t count)
{
    buffer_append_text(out, "<td>");
    figure_append_count(out, count);
    buffer_append_text(out, "</td>");
}

static void append_ratio_cell(buffer *out, double ratio)
{
    buffer_append_text(out, "<td>");
    figure_append_fixed(out, ratio, 3);
    buffer_append_text(out, "</td>");
}

/* A ratio with a bar behind it. */
static void append_bar_cell(buffer *out, double ratio)
{
    buffer_append_text(out, "<td class=\"bar\" style=\"--v:");
    figure_append_fixed(out, ratio, 3);
    buffer_append_text(out, "\">");
    figure_append_fixed(out, ratio, 3);
    buffer_append_text(out, "</td>");
}

static void append_percent_cell(buffer *out, double share)
{
    buffer_append_text(out, "<td>");
    figure_append_percent(out, share, 1);
    buffer_append_text(out, "</td>");
}

static void append_label_row(buffer *out, const triage_label_metrics *l)
{
    buffer_append_text(out, "<tr><th scope=\"row\">");
    append_label(out, l->label, MAX_LABEL_LENGTH);
    buffer_append_text(out, "</th>");
    append_count_cell(out, l->support);
    append_ratio_cell(out, l->precision);
    append_ratio_cell(out, l->recall);
    append_bar_cell(out, l->f1);
    if (l->threshold > 1)
        buffer_append_text(out, "<td>never</td>");
    else
        append_ratio_cell(out, (double)l->threshold);
    if (l->n_auto > 0) {
        append_percent_cell(out, l->auto_coverage);
        append_percent_cell(out, l->auto_precision);
    } else {
        buffer_append_text(out, "<td>-</td><td>-</td>");
    }
    buffer_append_text(out, "</tr>\n");
}

static void append_average_row(buffer *out, const char *name, uint64_t support, double precision,
                               double recall, double f1)
{
    buffer_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    append_count_cell(out, support);
    append_ratio_cell(out, precision);
    append_ratio_cell(out, recall);
    append_bar_cell(out, f1);
    buffer_append_text(out, "<td></td><td></td><td></td></tr>\n");
}

void report_table_append_labels(buffer *out, const triage_field_metrics *m)
{
    buffer_append_text(
        out, "<div class=\"wide\"><table><caption>Labels<small>Auto: share of the tickets "
             "predicted as the label that are confident enough to be routed without a person, and "
             "how many of those are right.</small></caption>\n<thead><tr>"
             "<th scope=\"col\" class=\"text\">Label</th><th scope=\"col\">Tickets</th>"
             "<th scope=\"col\">Precision</th><th scope=\"col\">Recall</th>"
             "<th scope=\"col\">F1</th><th scope=\"col\">Threshold</th>"
             "<th scope=\"col\">Auto</th><th scope=\"col\">Auto right</th></tr></thead>\n<tbody>");
    for (size_t i = 0; i < m->n_labels; i++)
        append_label_row(out, &m->labels[i]);
    buffer_append_text(out, "</tbody>\n<tfoot>");
    append_average_row(out, "Macro average", m->n_tickets, m->macro_precision, m->macro_recall,
                       m->macro_f1);
    append_average_row(out, "Weighted average", m->n_tickets, m->weighted_precision,
                       m->weighted_recall, m->weighted_f1);
    buffer_append_text(out, "</tfoot></table></div>\n");
}

/* A label by how often it was involved in a mistake. */
typedef struct troubled_label {
    size_t label;
    uint64_t n_mistakes;
} troubled_label;

static int compare_trouble(const void *a, const void *b)
{
    const troubled_label *x = a, *y = b;
    if (x->n_mistakes != y->n_mistakes)
        return x->n_mistakes < y->n_mistakes ? 1 : -1;
    return (x->label > y->label) - (x->label < y->label);
}

static int compare_label(const void *a, const void *b)
{
    const troubled_label *x = a, *y = b;
    return (x->label > y->label) - (x->label < y->label);
}

/* The labels that the matrix shows, in their order; NULL if out of memory. */
static troubled_label *choose_labels(const triage_field_metrics *m, size_t *ret_n)
{
    troubled_label *chosen = mem_new(m->n_labels, sizeof *chosen);
    if (!chosen)
        return NULL;
    for (size_t i = 0; i < m->n_labels; i++) {
        uint64_t n_right = m->confusion[i * m->n_labels + i];
        chosen[i] = (troubled_label){.label = i,
                                     .n_mistakes = m->labels[i].support + m->labels[i].n_predicted -
                                                   2 * n_right};
    }
    qsort(chosen, m->n_labels, sizeof *chosen, compare_trouble);
    *ret_n = m->n_labels < REPORT_MAX_MATRIX_LABELS ? m->n_labels : REPORT_MAX_MATRIX_LABELS;
    qsort(chosen, *ret_n, sizeof *chosen, compare_label);
    return chosen;
}

/*
 * The colour is the share of the true label's tickets: blue on the diagonal, and by its square root
 * in orange beside it, so that small confusions can be seen, too.
 */
static void append_matrix_cell(buffer *out, const triage_field_metrics *m, size_t t, size_t p)
{
    uint64_t count = m->confusion[t * m->n_labels + p];
    if (count == 0) {
        buffer_append_text(out, "<td class=\"zero\">0</td>");
        return;
    }
    double share = (double)count / (double)m->labels[t].support;
    int level = 1 + (int)((t == p ? share : sqrt(share)) * (N_HEAT_LEVELS - 2));
    buffer_printf(out, "<td class=\"%c%d\">", t == p ? 'h' : 'm', level);
    figure_append_count(out, count);
    buffer_append_text(out, "</td>");
}

static void append_matrix_head(buffer *out, const triage_field_metrics *m,
                               const troubled_label *chosen, size_t n)
{
    buffer_append_text(out, "<div class=\"wide\"><table class=\"matrix\"><caption>Confusion matrix"
                            "<small>Rows are true labels, columns are predictions.");
    if (n < m->n_labels)
        buffer_printf(out, " The %zu of %zu labels with the most mistakes.", n, m->n_labels);
    buffer_append_text(out, "</small></caption>\n<thead><tr><td></td>");
    for (size_t i = 0; i < n; i++) {
        buffer_append_text(out, "<th scope=\"col\"><span>");
        append_label(out, m->labels[chosen[i].label].label, MAX_HEADING_LENGTH);
        buffer_append_text(out, "</span></th>");
    }
    buffer_append_text(out, "</tr></thead>\n<tbody>");
}

void report_table_append_matrix(buffer *out, const triage_field_metrics *m)
{
    size_t n;
    troubled_label *chosen = choose_labels(m, &n);
    if (!chosen) {
        out->failed = true;
        return;
    }
    append_matrix_head(out, m, chosen, n);
    for (size_t t = 0; t < n; t++) {
        buffer_append_text(out, "<tr><th scope=\"row\">");
        append_label(out, m->labels[chosen[t].label].label, MAX_HEADING_LENGTH);
        buffer_append_text(out, "</th>");
        for (size_t p = 0; p < n; p++)
            append_matrix_cell(out, m, chosen[t].label, chosen[p].label);
        buffer_append_text(out, "</tr>\n");
    }
    buffer_append_text(out, "</tbody></table></div>\n");
    free(chosen);
}

static void append_examples(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                            const metrics_confusion *pair)
{
    size_t examples[MAX_EXAMPLES];
    size_t n = metrics_find_examples(view, pair, MAX_EXAMPLES, examples);
    buffer_append_text(out, "<ul>");
    for (size_t i = 0; i < n; i++) {
        const triage_mistake *mistake = &view->mistakes[examples[i]];
        size_t length;
        const char *text = triage_dataset_text(dataset, mistake->ticket, &length);
        buffer_append_text(out, "<li><b>");
        figure_append_percent(out, (double)mistake->confidence, 1);
        buffer_append_text(out, "</b> ");
        snippet_append_escaped(out, text, length, MAX_EXAMPLE_LENGTH);
        buffer_append_text(out, "</li>");
    }
    buffer_append_text(out, "</ul>");
}

static void append_pair(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                        const metrics_confusion *pair)
{
    const triage_label_metrics *truth = &view->field->labels[pair->truth];
    buffer_append_text(out, "<tr>");
    append_count_cell(out, pair->count);
    append_percent_cell(out, (double)pair->count / (double)truth->support);
    buffer_append_text(out, "<td class=\"text\">");
    append_label(out, truth->label, MAX_LABEL_LENGTH);
    buffer_append_text(out, "<span class=\"arrow\"> \xE2\x86\x92 </span>");
    append_label(out, view->field->labels[pair->predicted].label, MAX_LABEL_LENGTH);
    if (dataset)
        append_examples(out, view, dataset, pair);
    buffer_append_text(out, "</td></tr>\n");
}

void report_table_append_confusions(buffer *out, const metrics_view *view,
                                    const triage_dataset *dataset)
{
    metrics_confusion pairs[MAX_CONFUSIONS];
    size_t n = metrics_worst_confusions(view->field, MAX_CONFUSIONS, pairs);
    if (n == 0)
        return;
    buffer_append_text(out, "<div class=\"wide\"><table class=\"pairs\"><caption>Worst confusions"
                            "<small>True label \xE2\x86\x92 predicted label");
    if (dataset)
        buffer_append_text(out, ", with the tickets that were predicted wrong most confidently");
    buffer_append_text(out, ".</small></caption>\n<thead><tr><th scope=\"col\">Tickets</th>"
                            "<th scope=\"col\">Of its label</th>"
                            "<th scope=\"col\" class=\"text\">Labels</th></tr></thead>\n<tbody>");
    for (size_t i = 0; i < n; i++)
        append_pair(out, view, dataset, &pairs[i]);
    buffer_append_text(out, "</tbody></table></div>\n");
}
