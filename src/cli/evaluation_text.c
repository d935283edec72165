/* SPDX-License-Identifier: MIT */
/* A classification report in aligned columns, in characters that every terminal has. */
#include "cli/evaluation_text.h"

#include "train/figure.h"
#include "train/snippet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_LABEL_WIDTH   32
#define MIN_LABEL_WIDTH   16 /* as wide as "weighted average" */
#define MAX_MATRIX_LABELS 20
#define MAX_CONFUSIONS    5
#define MAX_EXAMPLES      2
#define MIN_EXAMPLE_WIDTH 20

#define EXAMPLE_INDENT        11
#define EXAMPLE_PERCENT_WIDTH 7

static void append_spaces(buffer *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_append_char(out, ' ');
}

/* `text` from the left, in at least `width` characters. */
static void append_left(buffer *out, const char *text, size_t width)
{
    size_t n = snippet_append(out, text, strlen(text), width);
    append_spaces(out, width - n);
}

/* Moves what has been appended since `start` (ASCII) to the right end of `width` characters. */
static void align_right(buffer *out, size_t start, size_t width)
{
    size_t length = out->length - start;
    if (length >= width)
        return;
    size_t n_missing = width - length;
    append_spaces(out, n_missing);
    if (out->failed)
        return;
    memmove(out->data + start + n_missing, out->data + start, length);
    memset(out->data + start, ' ', n_missing);
}

static void append_text_right(buffer *out, const char *text, size_t width)
{
    size_t start = out->length;
    buffer_append_text(out, text);
    align_right(out, start, width);
}

static void append_count_right(buffer *out, uint64_t count, size_t width)
{
    size_t start = out->length;
    figure_append_count(out, count);
    align_right(out, start, width);
}

static void append_ratio_right(buffer *out, double ratio, size_t width)
{
    size_t start = out->length;
    figure_append_fixed(out, ratio, 3);
    align_right(out, start, width);
}

static void append_percent_right(buffer *out, double share, size_t width)
{
    size_t start = out->length;
    figure_append_percent(out, share, 1);
    align_right(out, start, width);
}

static size_t label_width(const triage_field_metrics *m)
{
    size_t width = MIN_LABEL_WIDTH;
    buffer scratch = {0};
    for (size_t i = 0; i < m->n_labels; i++) {
        const char *label = m->labels[i].label;
        buffer_clear(&scratch);
        size_t n = snippet_append(&scratch, label, strlen(label), MAX_LABEL_WIDTH);
        width = n > width ? n : width;
    }
    buffer_free(&scratch);
    return width;
}

/* The first columns, which the averages have, too. */
static void append_ratios(buffer *out, const char *name, size_t width, double precision,
                          double recall, double f1, uint64_t support)
{
    append_spaces(out, 2);
    append_left(out, name, width);
    append_ratio_right(out, precision, 11);
    append_ratio_right(out, recall, 8);
    append_ratio_right(out, f1, 8);
    append_count_right(out, support, 10);
}

static void append_label_row(buffer *out, const triage_label_metrics *l, size_t width)
{
    append_ratios(out, l->label, width, l->precision, l->recall, l->f1, l->support);
    if (l->threshold > 1)
        append_text_right(out, "never", 11);
    else
        append_ratio_right(out, (double)l->threshold, 11);
    if (l->n_auto > 0) {
        append_percent_right(out, l->auto_coverage, 10);
        append_percent_right(out, l->auto_precision, 12);
    } else {
        append_text_right(out, "-", 10);
        append_text_right(out, "-", 12);
    }
    buffer_append_char(out, '\n');
}

static void append_label_table(buffer *out, const triage_field_metrics *m, size_t width)
{
    append_spaces(out, 2);
    append_left(out, "label", width);
    buffer_append_text(out,
                       "  precision  recall      F1   support  threshold      auto  auto right\n");
    for (size_t i = 0; i < m->n_labels; i++)
        append_label_row(out, &m->labels[i], width);
    buffer_append_char(out, '\n');
    append_spaces(out, 2);
    append_left(out, "accuracy", width);
    append_ratio_right(out, m->accuracy, 27);
    append_count_right(out, m->n_tickets, 10);
    buffer_append_char(out, '\n');
    append_ratios(out, "macro average", width, m->macro_precision, m->macro_recall, m->macro_f1,
                  m->n_tickets);
    buffer_append_char(out, '\n');
    append_ratios(out, "weighted average", width, m->weighted_precision, m->weighted_recall,
                  m->weighted_f1, m->n_tickets);
    buffer_append_text(out, "\n\n");
}

static void append_overall(buffer *out, const triage_field_metrics *m)
{
    buffer_append_text(out, "  log loss                     ");
    figure_append_fixed(out, m->log_loss, 4);
    buffer_append_text(out, "\n  calibration error (ECE)      ");
    figure_append_fixed(out, m->ece, 4);
    buffer_append_text(out, "\n  coverage at 90 % precision   ");
    figure_append_percent(out, m->coverage_at_90, 1);
    buffer_append_text(out, "\n  coverage at 95 % precision   ");
    figure_append_percent(out, m->coverage_at_95, 1);
    buffer_append_text(out, "\n\n");
}

static void append_decisions(buffer *out, const triage_field_metrics *m)
{
    buffer_append_text(out, "  decided auto                 ");
    figure_append_percent(out, m->auto_coverage, 1);
    if (m->auto_coverage > 0) {
        buffer_append_text(out, " of the tickets, ");
        figure_append_percent(out, m->auto_precision, 1);
        buffer_append_text(out, " of them right");
    }
    if (m->target_precision > 0) {
        buffer_append_text(out, " (target ");
        figure_append_percent(out, m->target_precision, 1);
        buffer_append_char(out, ')');
    }
    buffer_append_text(out, "\n  left to review               ");
    figure_append_percent(out, 1 - m->auto_coverage, 1);
    buffer_append_char(out, '\n');
    if (m->n_unknown_labels > 0) {
        buffer_append_text(out, "  label unknown to the model   ");
        figure_append_count(out, m->n_unknown_labels);
        buffer_append_text(out, m->n_unknown_labels == 1 ? " ticket, counted as wrong\n"
                                                         : " tickets, counted as wrong\n");
    }
}

/* The most confident tickets of this pair. */
static void append_examples(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                            const metrics_confusion *pair, size_t width)
{
    size_t examples[MAX_EXAMPLES];
    size_t n = metrics_find_examples(view, pair, MAX_EXAMPLES, examples);
    for (size_t i = 0; i < n; i++) {
        const triage_mistake *mistake = &view->mistakes[examples[i]];
        size_t length;
        const char *text = triage_dataset_text(dataset, mistake->ticket, &length);
        append_spaces(out, EXAMPLE_INDENT);
        append_percent_right(out, (double)mistake->confidence, EXAMPLE_PERCENT_WIDTH);
        append_spaces(out, 2);
        size_t used = EXAMPLE_INDENT + EXAMPLE_PERCENT_WIDTH + 2;
        bool is_wide = width > used + MIN_EXAMPLE_WIDTH;
        snippet_append(out, text, length, is_wide ? width - used : MIN_EXAMPLE_WIDTH);
        buffer_append_char(out, '\n');
    }
}

static void append_confusions(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                              size_t width)
{
    const triage_field_metrics *m = view->field;
    metrics_confusion pairs[MAX_CONFUSIONS];
    size_t n = metrics_worst_confusions(m, MAX_CONFUSIONS, pairs);
    if (n == 0)
        return;
    buffer_append_text(out, "\n  Worst confusions (true label -> predicted label)\n");
    for (size_t i = 0; i < n; i++) {
        const char *truth = m->labels[pairs[i].truth].label;
        const char *predicted = m->labels[pairs[i].predicted].label;
        append_count_right(out, pairs[i].count, 9);
        append_spaces(out, 2);
        snippet_append(out, truth, strlen(truth), MAX_LABEL_WIDTH);
        buffer_append_text(out, " -> ");
        snippet_append(out, predicted, strlen(predicted), MAX_LABEL_WIDTH);
        buffer_append_char(out, '\n');
        if (dataset)
            append_examples(out, view, dataset, &pairs[i], width);
    }
}

/* Decimal digits of the largest count, which any column must hold. */
static size_t count_width(const triage_field_metrics *m)
{
    uint64_t largest = m->n_labels;
    for (size_t i = 0; i < m->n_labels * m->n_labels; i++)
        largest = m->confusion[i] > largest ? m->confusion[i] : largest;
    size_t width = 1;
    for (; largest >= 10; largest /= 10)
        width++;
    return width;
}

static void append_matrix_number(buffer *out, uint64_t number, size_t width)
{
    size_t start = out->length;
    buffer_printf(out, "%" PRIu64, number);
    align_right(out, start, width);
}

static void append_matrix(buffer *out, const triage_field_metrics *m, size_t width)
{
    size_t cell = count_width(m) + 2;
    buffer_append_text(out, "\n  Confusion (row: true label, column: predicted label)\n");
    append_spaces(out, 2 + width + 4);
    for (size_t i = 0; i < m->n_labels; i++)
        append_matrix_number(out, i + 1, cell);
    buffer_append_char(out, '\n');
    for (size_t t = 0; t < m->n_labels; t++) {
        append_spaces(out, 2);
        append_left(out, m->labels[t].label, width);
        append_matrix_number(out, t + 1, 4);
        for (size_t p = 0; p < m->n_labels; p++) {
            uint64_t count = m->confusion[t * m->n_labels + p];
            if (count > 0)
                append_matrix_number(out, count, cell);
            else
                append_text_right(out, ".", cell);
        }
        buffer_append_char(out, '\n');
    }
}

void evaluation_text_append(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                            size_t width)
{
    const triage_field_metrics *m = view->field;
    snippet_append(out, m->name, strlen(m->name), width);
    if (m->n_tickets == 0) {
        buffer_append_text(out, ": no ticket has a label\n");
        return;
    }
    buffer_append_text(out, ": ");
    figure_append_count(out, m->n_tickets);
    buffer_append_text(out, m->n_tickets == 1 ? " ticket, " : " tickets, ");
    figure_append_count(out, m->n_labels);
    buffer_append_text(out, m->n_labels == 1 ? " label\n\n" : " labels\n\n");
    size_t labels_width = label_width(m);
    append_label_table(out, m, labels_width);
    append_overall(out, m);
    append_decisions(out, m);
    append_confusions(out, view, dataset, width);
    if (m->n_labels <= MAX_MATRIX_LABELS)
        append_matrix(out, m, labels_width);
}
