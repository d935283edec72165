/* SPDX-License-Identifier: MIT */
/*
 * Reliability diagram and coverage-precision curve. Coordinates are whole tenths of a pixel:
 * integers are printed the same in every locale.
 */
#include "train/report_chart.h"

#include "base/binomial.h"
#include "train/figure.h"
#include "train/snippet.h"

#include <math.h>
#include <string.h>

#define N_BINS         TRIAGE_N_RELIABILITY_BINS
#define MAX_NAME       80
#define WHISKER_ALPHA  0.025 /* on either side: a 95 % interval */
#define HISTOGRAM_TOP  3060
#define HISTOGRAM_SIZE 520
#define LINE_HEIGHT    150

const char report_chart_style[] =
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b2430;--muted:#5a6575;"
    "--line:#dfe3e9;--accent:#2459d6;--soft:#c3d4f9;--target:#0f7a3c;--mark:#b8410a;"
    "--heat:36 89 214;--miss:214 92 20}"
    "@media (prefers-color-scheme:dark){:root{--page:#11151b;--card:#1a2029;--ink:#e7ebf1;"
    "--muted:#9aa6b6;--line:#303a47;--accent:#86aeff;--soft:#2a4273;--target:#57d98a;"
    "--mark:#ff9d57;--heat:110 155 255;--miss:255 140 66}}"
    "@media print{:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--muted:#444;"
    "--line:#ccc;--accent:#2459d6;--soft:#c3d4f9;--target:#0f7a3c;--mark:#b8410a;"
    "--heat:36 89 214;--miss:214 92 20}}"
    "svg{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,"
    "sans-serif}"
    ".chart text{font-size:125px;fill:var(--muted)}"
    ".chart .name{font-size:150px;font-weight:600;fill:var(--ink)}"
    ".chart .mid{text-anchor:middle}.chart .end{text-anchor:end}"
    ".chart .grid{stroke:var(--line);stroke-width:10;fill:none}"
    ".chart .ideal{stroke:var(--muted);stroke-width:12;stroke-dasharray:50 50;fill:none}"
    ".chart .bar{fill:var(--soft)}.chart .count{fill:var(--muted);opacity:.55}"
    ".chart .whisker{stroke:var(--accent);stroke-width:14;fill:none}"
    ".chart .dot{fill:var(--accent)}"
    ".chart .area{fill:var(--soft);opacity:.45}"
    ".chart .curve{stroke:var(--accent);stroke-width:22;fill:none;stroke-linejoin:round}"
    ".chart .target{stroke:var(--target);stroke-width:15;stroke-dasharray:80 45;fill:none}"
    ".chart .goal,.chart .told{paint-order:stroke;stroke:var(--card);stroke-width:35;"
    "stroke-linejoin:round}"
    ".chart .goal{fill:var(--target)}"
    ".chart .auto{fill:var(--mark);stroke:var(--card);stroke-width:16}"
    ".chart .told{fill:var(--mark);font-weight:600}";

/* An area with shares on both axes, x from 0 to 1. */
typedef struct plot {
    int left, top, width, height;
    double bottom_share; /* at the lower end of the y axis; 1 is at the upper one */
} plot;

static int plot_x(const plot *p, double share)
{
    return p->left + (int)lround(share * p->width);
}

static int plot_y(const plot *p, double share)
{
    return p->top + (int)lround((1 - share) / (1 - p->bottom_share) * p->height);
}

static void append_name(buffer *out, const char *name)
{
    snippet_append_escaped(out, name, strlen(name), MAX_NAME);
}

/* The element's start, up to and with what a screen reader says. */
static void begin_chart(buffer *out, const char *kind, size_t id, int x, int y)
{
    buffer_printf(out,
                  "<svg class=\"chart\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-title-%zu "
                  "%s-desc-%zu\">",
                  x, y, REPORT_CHART_WIDTH, REPORT_CHART_HEIGHT, REPORT_CHART_WIDTH * 10,
                  REPORT_CHART_HEIGHT * 10, kind, id, kind, id);
}

static void append_percent_text(buffer *out, const char *class, int x, int y, double share)
{
    buffer_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
    figure_append_percent(out, share, 0);
    buffer_append_text(out, "</text>");
}

/* Horizontal lines with their shares, from 100 % down in steps of `step` percent. */
static void append_grid(buffer *out, const plot *p, int step)
{
    for (int percent = 100; percent >= (int)lround(p->bottom_share * 100); percent -= step) {
        int y = plot_y(p, percent / 100.0);
        buffer_printf(out, "<path class=\"grid\" d=\"M%d %dh%d\"/>", p->left, y, p->width);
        append_percent_text(out, "end", p->left - 70, y + 42, percent / 100.0);
    }
}

static void append_x_axis(buffer *out, const plot *p, int y, const char *what)
{
    for (int percent = 0; percent <= 100; percent += 20)
        append_percent_text(out, "mid", plot_x(p, percent / 100.0), y, percent / 100.0);
    buffer_printf(out, "<text class=\"mid\" x=\"%d\" y=\"%d\">%s</text>", p->left + p->width / 2,
                  y + 200, what);
}

static void append_bin_title(buffer *out, int bin, const triage_reliability_bin *b)
{
    buffer_append_text(out, "<title>Confidence ");
    figure_append_percent(out, (double)bin / N_BINS, 1);
    buffer_append_text(out, " to ");
    figure_append_percent(out, (double)(bin + 1) / N_BINS, 1);
    buffer_append_text(out, ": ");
    figure_append_count(out, b->count);
    buffer_append_text(out, b->count == 1 ? " ticket, " : " tickets, ");
    figure_append_percent(out, b->accuracy, 1);
    buffer_append_text(out, " right, mean confidence ");
    figure_append_percent(out, b->mean_confidence, 1);
    buffer_append_text(out, "</title>");
}

/* A bar up to the accuracy, a dot at the mean confidence, and a whisker for chance. */
static void append_bin(buffer *out, const plot *p, int bin, const triage_reliability_bin *b,
                       uint64_t largest)
{
    uint64_t n_right = (uint64_t)llround(b->accuracy * (double)b->count);
    double low = binomial_lower_bound(n_right, b->count, WHISKER_ALPHA);
    double high = 1 - binomial_lower_bound(b->count - n_right, b->count, WHISKER_ALPHA);
    int left = plot_x(p, (double)bin / N_BINS), right = plot_x(p, (double)(bin + 1) / N_BINS);
    int x = plot_x(p, b->mean_confidence), y = plot_y(p, b->accuracy);
    int height = (int)lround(HISTOGRAM_SIZE * (double)b->count / (double)largest);
    if (height < 10)
        height = 10; /* one ticket is not none */
    buffer_append_text(out, "<g>");
    append_bin_title(out, bin, b);
    buffer_printf(out, "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                  left + 12, y, right - left - 24, p->top + p->height - y);
    buffer_printf(out, "<path class=\"whisker\" d=\"M%d %dV%d\"/>", x, plot_y(p, low),
                  plot_y(p, high));
    buffer_printf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"42\"/>", x, y);
    buffer_printf(out, "<rect class=\"count\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                  left + 12, HISTOGRAM_TOP + HISTOGRAM_SIZE - height, right - left - 24, height);
    buffer_append_text(out, "</g>");
}

static uint64_t largest_bin(const triage_field_metrics *m)
{
    uint64_t largest = 1;
    for (int i = 0; i < N_BINS; i++)
        largest = m->reliability[i].count > largest ? m->reliability[i].count : largest;
    return largest;
}

static void describe_reliability(buffer *out, const triage_field_metrics *m, size_t id)
{
    buffer_printf(out, "<title id=\"reliability-title-%zu\">Reliability of ", id);
    append_name(out, m->name);
    buffer_printf(out,
                  "</title><desc id=\"reliability-desc-%zu\">Share of right predictions against "
                  "confidence in 15 bins, with 95 %% intervals, and the number of tickets in each "
                  "bin beneath. Expected calibration error ",
                  id);
    figure_append_fixed(out, m->ece, 4);
    buffer_append_text(out, ".</desc>");
}

void report_chart_append_reliability(buffer *out, const triage_field_metrics *m, size_t id, int x,
                                     int y)
{
    plot p = {.left = 620, .top = 480, .width = 4380, .height = 2400};
    uint64_t largest = largest_bin(m);
    begin_chart(out, "reliability", id, x, y);
    describe_reliability(out, m, id);
    buffer_append_text(out, "<text class=\"name\" x=\"100\" y=\"190\">Confidence and how often it "
                            "was right</text>");
    append_grid(out, &p, 20);
    buffer_printf(out, "<path class=\"grid\" d=\"M%d %dh%d\"/>", p.left,
                  HISTOGRAM_TOP + HISTOGRAM_SIZE, p.width);
    for (int i = 0; i < N_BINS; i++)
        if (m->reliability[i].count > 0)
            append_bin(out, &p, i, &m->reliability[i], largest);
    buffer_printf(out, "<path class=\"ideal\" d=\"M%d %dL%d %d\"/>", p.left, p.top + p.height,
                  p.left + p.width, p.top);
    buffer_printf(out, "<text class=\"end\" x=\"%d\" y=\"%d\">", p.left - 70, HISTOGRAM_TOP + 100);
    figure_append_count(out, largest);
    buffer_append_text(out, "</text>");
    append_x_axis(out, &p, 3770, "confidence; beneath the diagram: number of tickets");
    buffer_append_text(out, "</svg>");
}

/* The lowest precision that the diagram must show. */
static double lowest_precision(const triage_field_metrics *m)
{
    double lowest = m->target_precision > 0 ? m->target_precision : 1;
    if (m->auto_coverage > 0)
        lowest = fmin(lowest, m->auto_precision);
    for (size_t i = 0; i < m->n_curve; i++)
        lowest = fmin(lowest, m->curve[i].precision);
    return lowest;
}

/* Percent between the lines of the grid, for 4 to 8 of them. */
static int grid_step(double lowest)
{
    static const int steps[] = {2, 5, 10};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if ((1 - lowest) * 100 <= 6 * steps[i])
            return steps[i];
    return 20;
}

/* The curve as a path, from its first point on. */
static void append_curve_points(buffer *out, const plot *p, const triage_field_metrics *m)
{
    for (size_t i = 0; i < m->n_curve; i++)
        buffer_printf(out, "%c%d %d", i == 0 ? 'M' : 'L', plot_x(p, m->curve[i].coverage),
                      plot_y(p, m->curve[i].precision));
}

static void append_curve(buffer *out, const plot *p, const triage_field_metrics *m)
{
    int bottom = p->top + p->height;
    buffer_append_text(out, "<path class=\"area\" d=\"");
    append_curve_points(out, p, m);
    buffer_printf(out, "V%dH%dZ\"/>", bottom, plot_x(p, m->curve[0].coverage));
    buffer_append_text(out, "<path class=\"curve\" d=\"");
    append_curve_points(out, p, m);
    buffer_append_text(out, "\"/>");
    if (m->n_curve == 1) /* a path of one point is not drawn */
        buffer_printf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"42\"/>",
                      plot_x(p, m->curve[0].coverage), plot_y(p, m->curve[0].precision));
}

/* Above the line's right end, where the curve has gone down. */
static void append_target(buffer *out, const plot *p, double target)
{
    int y = plot_y(p, target);
    bool is_at_top = y < p->top + LINE_HEIGHT;
    buffer_printf(out, "<path class=\"target\" d=\"M%d %dh%d\"/>", p->left, y, p->width);
    buffer_printf(out, "<text class=\"goal end\" x=\"%d\" y=\"%d\">target ", p->left + p->width,
                  is_at_top ? y + LINE_HEIGHT - 40 : y - 60);
    figure_append_percent(out, target, target * 100 == floor(target * 100) ? 0 : 1);
    buffer_append_text(out, "</text>");
}

/*
 * The baseline of the text beside the point at `y`: off the target's line, in the plot, and where
 * the curve is least likely to be, which falls from left to right.
 */
static int told_y(const plot *p, const triage_field_metrics *m, int y, bool is_text_left)
{
    static const int shifts[2][3] = {
        {LINE_HEIGHT + 140, -LINE_HEIGHT - 40, 45},
        {45, LINE_HEIGHT + 140, -LINE_HEIGHT - 40},
    };
    int target_y = m->target_precision > 0 ? plot_y(p, m->target_precision) : 0;
    for (int i = 0; i < 3; i++) {
        int baseline = y + shifts[is_text_left][i];
        bool is_off_line = target_y < baseline - LINE_HEIGHT || target_y > baseline + 50;
        if (is_off_line && baseline - LINE_HEIGHT > p->top && baseline < p->top + p->height)
            return baseline;
    }
    return y + 45;
}

/* The `auto` decisions: beside the curve, for thresholds are per label. */
static void append_operating_point(buffer *out, const plot *p, const triage_field_metrics *m)
{
    int x = plot_x(p, m->auto_coverage), y = plot_y(p, m->auto_precision);
    bool is_text_left = m->auto_coverage > 0.5;
    buffer_printf(out, "<circle class=\"auto\" cx=\"%d\" cy=\"%d\" r=\"72\"/>", x, y);
    buffer_printf(
        out, "<text class=\"told %s\" x=\"%d\" y=\"%d\">auto: ", is_text_left ? "end" : "start",
        is_text_left ? x - 130 : x + 130, told_y(p, m, y, is_text_left));
    figure_append_percent(out, m->auto_coverage, 1);
    buffer_append_text(out, " of tickets, ");
    figure_append_percent(out, m->auto_precision, 1);
    buffer_append_text(out, " right</text>");
}

static void describe_coverage(buffer *out, const triage_field_metrics *m, size_t id)
{
    buffer_printf(out, "<title id=\"coverage-title-%zu\">Coverage and precision of ", id);
    append_name(out, m->name);
    buffer_printf(out,
                  "</title><desc id=\"coverage-desc-%zu\">Share of right predictions among the "
                  "most confident share of the tickets. ",
                  id);
    figure_append_percent(out, m->coverage_at_90, 1);
    buffer_append_text(out, " of the tickets reach a precision of 90 %, ");
    figure_append_percent(out, m->coverage_at_95, 1);
    buffer_append_text(out, " reach 95 %.</desc>");
}

void report_chart_append_coverage(buffer *out, const triage_field_metrics *m, size_t id, int x,
                                  int y)
{
    double lowest = lowest_precision(m);
    int step = grid_step(lowest);
    double bottom = floor(lowest * 100 / step - 1e-9) * step / 100;
    plot p = {.left = 620,
              .top = 480,
              .width = 4380,
              .height = 3100,
              .bottom_share = bottom < 0 ? 0 : bottom};
    begin_chart(out, "coverage", id, x, y);
    describe_coverage(out, m, id);
    buffer_append_text(out, "<text class=\"name\" x=\"100\" y=\"190\">Precision of the most "
                            "confident tickets</text>");
    append_grid(out, &p, step);
    append_curve(out, &p, m);
    if (m->target_precision > 0)
        append_target(out, &p, m->target_precision);
    if (m->auto_coverage > 0)
        append_operating_point(out, &p, m);
    append_x_axis(out, &p, 3770, "coverage: share of the tickets, most confident first");
    buffer_append_text(out, "</svg>");
}
