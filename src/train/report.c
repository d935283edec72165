/* SPDX-License-Identifier: MIT */
/* The report as a whole: an HTML page, or the diagrams alone in an SVG file. */
#include "train/report.h"

#include "base/error.h"
#include "base/file.h"
#include "train/figure.h"
#include "train/report_chart.h"
#include "train/report_table.h"
#include "train/snippet.h"

#include <string.h>
#include <strings.h>

#define MAX_NAME_LENGTH 120

/* Layout of the SVG file in pixels: two diagrams a row, a heading above each row. */
#define SVG_MARGIN  24
#define SVG_HEADING 48
#define SVG_ROW     (SVG_HEADING + REPORT_CHART_HEIGHT + SVG_MARGIN)
#define SVG_WIDTH   (2 * REPORT_CHART_WIDTH + 3 * SVG_MARGIN)

/* Even if a text got through as markup, the browser would neither run nor load anything. */
#define SECURITY_POLICY "default-src 'none'; style-src 'unsafe-inline'"

static const char page_style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,"
    "-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}"
    "main,header{max-width:72rem;margin:0 auto;padding:1.5rem}"
    "header{padding-bottom:0}h1{font-size:1.6rem;margin:0}h2{font-size:1.3rem;margin:1rem 0}"
    "header p{margin:.2rem 0 0;color:var(--muted);overflow-wrap:anywhere}"
    "dl{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem;margin:0 0 1rem}"
    "@media (max-width:48rem){dl{grid-template-columns:repeat(2,1fr)}}"
    "dl div,.panel,.wide{background:var(--card);border:1px solid var(--line);"
    "border-radius:.6rem;padding:.8rem 1rem}"
    "dt{color:var(--muted);font-size:.85rem}"
    "dd{margin:0;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}"
    "dd small{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:"
    "1rem}"
    ".charts svg{width:100%;height:auto;display:block}"
    ".wide{margin:1rem 0;overflow-x:auto;padding:1rem}"
    ".wide>table:not(.matrix){width:100%}"
    ".note{color:var(--muted)}"
    "@media print{html{font-size:10px}body{font-size:1rem}main,header{max-width:none;padding:0}"
    "dl{grid-template-columns:repeat(4,1fr)}.charts{grid-template-columns:1fr 1fr}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    "dl div,.panel,tr,.matrix{break-inside:avoid}caption{break-after:avoid}"
    ".wide{overflow:visible;border:0;padding:0}"
    "section+section{break-before:page}}";

static void append_name(buffer *out, const char *name)
{
    snippet_append_escaped(out, name, strlen(name), MAX_NAME_LENGTH);
}

static void begin_tile(buffer *out, const char *what)
{
    buffer_printf(out, "<div><dt>%s</dt><dd>", what);
}

static void end_tile(buffer *out, const char *remark)
{
    buffer_printf(out, "<small>%s</small></dd></div>\n", remark);
}

static void append_percent_tile(buffer *out, const char *what, double share, const char *remark)
{
    begin_tile(out, what);
    figure_append_percent(out, share, 1);
    end_tile(out, remark);
}

static void append_number_tile(buffer *out, const char *what, double number, unsigned decimals,
                               const char *remark)
{
    begin_tile(out, what);
    figure_append_fixed(out, number, decimals);
    end_tile(out, remark);
}

static void append_auto_tiles(buffer *out, const triage_field_metrics *m)
{
    append_percent_tile(out, "Decided auto", m->auto_coverage, "of the tickets");
    begin_tile(out, "Auto right");
    if (m->auto_coverage > 0)
        figure_append_percent(out, m->auto_precision, 1);
    else
        buffer_append_char(out, '-');
    buffer_append_text(out, "<small>target ");
    if (m->target_precision > 0)
        figure_append_percent(out, m->target_precision, 1);
    else
        buffer_append_text(out, "unknown");
    buffer_append_text(out, "</small></dd></div>\n");
}

static void append_headline(buffer *out, const triage_field_metrics *m)
{
    buffer_append_text(out, "<dl>\n");
    append_percent_tile(out, "Accuracy", m->accuracy, "of the tickets are right");
    append_percent_tile(out, "Macro F1", m->macro_f1, "every label counts the same");
    append_auto_tiles(out, m);
    append_percent_tile(out, "Coverage at 90 %", m->coverage_at_90, "of tickets, surest first");
    append_percent_tile(out, "Coverage at 95 %", m->coverage_at_95, "of tickets, surest first");
    append_number_tile(out, "Calibration error", m->ece, 4, "ECE, 15 bins; 0 is best");
    append_number_tile(out, "Log loss", m->log_loss, 4, "0 is best");
    buffer_append_text(out, "</dl>\n");
}

static void append_unknown_note(buffer *out, const triage_field_metrics *m)
{
    if (m->n_unknown_labels == 0)
        return;
    buffer_append_text(out, "<p class=\"note\">");
    figure_append_count(out, m->n_unknown_labels);
    buffer_append_text(out, m->n_unknown_labels == 1
                                ? " ticket has a label that the model does not know; it counts"
                                : " tickets have a label that the model does not know; they count");
    buffer_append_text(out, " as wrong.</p>\n");
}

static void append_field_heading(buffer *out, const triage_field_metrics *m)
{
    append_name(out, m->name);
    buffer_append_text(out, ": ");
    figure_append_count(out, m->n_tickets);
    buffer_append_text(out, m->n_tickets == 1 ? " ticket, " : " tickets, ");
    figure_append_count(out, m->n_labels);
    buffer_append_text(out, m->n_labels == 1 ? " label" : " labels");
}

static void append_field(buffer *out, const metrics_view *view, const triage_dataset *dataset,
                         size_t id)
{
    const triage_field_metrics *m = view->field;
    buffer_append_text(out, "<section><h2>");
    append_field_heading(out, m);
    buffer_append_text(out, "</h2>\n");
    if (m->n_tickets == 0) {
        buffer_append_text(out, "<p class=\"note\">No ticket has a label for this field.</p>"
                                "</section>\n");
        return;
    }
    append_headline(out, m);
    append_unknown_note(out, m);
    buffer_append_text(out, "<div class=\"charts\"><div class=\"panel\">");
    report_chart_append_reliability(out, m, id, 0, 0);
    buffer_append_text(out, "</div>\n<div class=\"panel\">");
    report_chart_append_coverage(out, m, id, 0, 0);
    buffer_append_text(out, "</div></div>\n");
    report_table_append_labels(out, m);
    report_table_append_matrix(out, m);
    report_table_append_confusions(out, view, dataset);
    buffer_append_text(out, "</section>\n");
}

void report_append_html(buffer *out, const report_input *input)
{
    buffer_append_text(out,
                       "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"" SECURITY_POLICY
                       "\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\"/>\n<title>Triage evaluation</title>\n<style>");
    buffer_append_text(out, report_chart_style);
    buffer_append_text(out, page_style);
    buffer_append_text(out, report_table_style);
    buffer_append_text(out, "</style></head>\n<body><header><h1>Triage evaluation</h1><p>Model ");
    append_name(out, input->model);
    buffer_append_text(out, ", tickets from ");
    append_name(out, input->data);
    buffer_append_text(out, "</p></header>\n<main>\n");
    for (size_t i = 0; i < input->n_fields; i++)
        append_field(out, &input->fields[i], input->dataset, i);
    buffer_append_text(out, "</main></body></html>\n");
}

static void append_svg_field(buffer *out, const triage_field_metrics *m, size_t id, int y)
{
    buffer_printf(out, "<text class=\"heading\" x=\"%d\" y=\"%d\">", SVG_MARGIN + 10, y + 34);
    append_field_heading(out, m);
    buffer_append_text(out, "</text>\n");
    if (m->n_tickets == 0)
        return;
    report_chart_append_reliability(out, m, id, SVG_MARGIN, y + SVG_HEADING);
    report_chart_append_coverage(out, m, id, REPORT_CHART_WIDTH + 2 * SVG_MARGIN, y + SVG_HEADING);
}

/* The height of a field's row. */
static int svg_row(const triage_field_metrics *m)
{
    return m->n_tickets > 0 ? SVG_ROW : SVG_HEADING;
}

void report_append_svg(buffer *out, const report_input *input)
{
    int height = SVG_MARGIN, y = SVG_MARGIN / 2;
    for (size_t i = 0; i < input->n_fields; i++)
        height += svg_row(input->fields[i].field);
    buffer_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\">\n<title>Triage evaluation</title>\n<style>%s"
                  ".heading{font-size:20px;font-weight:600;fill:var(--ink)}"
                  ".page{fill:var(--card)}</style>\n"
                  "<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n",
                  SVG_WIDTH, height, SVG_WIDTH, height, report_chart_style);
    for (size_t i = 0; i < input->n_fields; i++) {
        const triage_field_metrics *m = input->fields[i].field;
        append_svg_field(out, m, i, y);
        y += svg_row(m);
    }
    buffer_append_text(out, "</svg>\n");
}

static bool is_svg(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcasecmp(path + length - 4, ".svg") == 0;
}

triage_status report_write(const char *path, const report_input *input, triage_error *err)
{
    buffer out = {0};
    if (is_svg(path))
        report_append_svg(&out, input);
    else
        report_append_html(&out, input);
    triage_status status =
        out.failed ? error_memory(err) : file_write_atomic(path, out.data, out.length, err);
    buffer_free(&out);
    return status;
}
