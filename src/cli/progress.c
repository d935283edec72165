/* SPDX-License-Identifier: MIT */
/* The progress bar: one line of standard error, redrawn in place. */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define BAR_WIDTH 24

/* Between two drawings; faster is not read by anybody and slows the work. */
#define REDRAW_SECONDS 0.1

/* A stage shorter than this shows no bar: it would only flicker. */
#define PATIENCE_SECONDS 0.3

/* Time left is a guess from the rate so far; before this share is done it is no good. */
#define SHARE_FOR_TIME_LEFT 0.02

/* Longest line, without the terminal's control sequence. */
#define LINE_SIZE 160

static void format_rate(progress_unit unit, double rate, char *ret_text, size_t size)
{
    if (unit == PROGRESS_IN_BYTES)
        snprintf(ret_text, size, "%.1f MB/s", rate / 1e6);
    else if (rate >= 1e6)
        snprintf(ret_text, size, "%.1f M/s", rate / 1e6);
    else if (rate >= 1e4)
        snprintf(ret_text, size, "%.0f k/s", rate / 1e3);
    else
        snprintf(ret_text, size, "%.*f/s", rate < 10 ? 1 : 0, rate);
}

static void format_time_left(double seconds, char *ret_text, size_t size)
{
    if (seconds < 60)
        snprintf(ret_text, size, "%.0f s left", seconds);
    else if (seconds < 3600)
        snprintf(ret_text, size, "%d:%02d min left", (int)seconds / 60, (int)seconds % 60);
    else
        snprintf(ret_text, size, "%.1f h left", seconds / 3600);
}

void progress_format(const char *stage, progress_unit unit, uint64_t done, uint64_t total,
                     double seconds, char *ret_text, size_t size)
{
    char rate_text[32];
    double rate = (double)done / seconds;
    format_rate(unit, rate, rate_text, sizeof rate_text);
    if (total == 0) {
        snprintf(ret_text, size, "%s  %s  %.0f s", stage, rate_text, seconds);
        return;
    }
    double share = done < total ? (double)done / (double)total : 1.0;
    char bar[BAR_WIDTH + 1];
    size_t filled = (size_t)(share * BAR_WIDTH);
    memset(bar, '#', filled);
    memset(bar + filled, '-', BAR_WIDTH - filled);
    bar[BAR_WIDTH] = '\0';
    char left_text[32] = "";
    if (share >= SHARE_FOR_TIME_LEFT)
        format_time_left((1.0 - share) * seconds / share, left_text, sizeof left_text);
    snprintf(ret_text, size, "%-10s [%s] %3d %%  %s  %s", stage, bar, (int)(share * 100), rate_text,
             left_text);
}

void progress_update(progress *p, const char *stage, progress_unit unit, uint64_t done,
                     uint64_t total)
{
    if (!p->is_enabled)
        return;
    double now = clock_seconds();
    if (strncmp(p->stage, stage, sizeof p->stage - 1) != 0) {
        snprintf(p->stage, sizeof p->stage, "%s", stage);
        p->started_at = now;
    }
    double seconds = now - p->started_at;
    if (seconds < PATIENCE_SECONDS || now - p->drawn_at < REDRAW_SECONDS)
        return;
    char line[LINE_SIZE];
    progress_format(stage, unit, done, total, seconds, line, sizeof line);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    p->drawn_at = now;
    p->is_shown = true;
}

void progress_clear(progress *p)
{
    if (!p->is_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    p->is_shown = false;
}
