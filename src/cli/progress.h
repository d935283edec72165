/* SPDX-License-Identifier: MIT */
/*
 * A progress bar with rate and time left on standard error: only if that is a terminal, redrawn at
 * most ten times a second, and wiped away at the end.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is counted, which decides how amounts are written. */
typedef enum progress_unit {
    PROGRESS_IN_STEPS,
    PROGRESS_IN_BYTES,
} progress_unit;

typedef struct progress {
    bool is_enabled;
    bool is_shown;     /* a bar stands in the terminal's line */
    char stage[24];    /* the stage being shown */
    double started_at; /* of the stage, in seconds of clock_seconds() */
    double drawn_at;
} progress;

/* Draws the state `done` of `total` (0: unknown) of `stage`, unless it did so a moment ago. */
void progress_update(progress *p, const char *stage, progress_unit unit, uint64_t done,
                     uint64_t total);

/* Wipes the bar away, so that a line may be written. */
void progress_clear(progress *p);

/* The text of one bar, such as "fit  [####----]  50 %  1200/s  3 s left"; for `seconds` > 0. */
void progress_format(const char *stage, progress_unit unit, uint64_t done, uint64_t total,
                     double seconds, char *ret_text, size_t size);

#endif
