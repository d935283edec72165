/* SPDX-License-Identifier: MIT */
/*
 * Figures as people read them: "9,678", "0.867", "95.3 %". Independent of the locale; NaN and
 * infinities are written as "-".
 */
#ifndef TRAIN_FIGURE_H
#define TRAIN_FIGURE_H

#include "base/buffer.h"

#include <stdint.h>

/* A count with commas between thousands. */
void figure_append_count(buffer *out, uint64_t count);

/* `value` rounded to `decimals` (at most 6) places; its absolute value is below 10^9. */
void figure_append_fixed(buffer *out, double value, unsigned decimals);

/* A share in [0, 1] as a percentage: 0.953 is "95.3 %" with one decimal. */
void figure_append_percent(buffer *out, double share, unsigned decimals);

#endif
