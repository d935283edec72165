/* SPDX-License-Identifier: MIT */
/* Numbers as text, without printf: predictions write millions of them. Not locale-dependent. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/buffer.h"

#include <stdbool.h>

/* Decimals of a confidence: one more than the calibration can be trusted for. */
#define CONFIDENCE_DECIMALS 4

/* Appends `value`, rounded half away from zero to `decimals` (at most 9) places: "0.9731". A number
 * that is not finite or that has more than 9 digits before the point is written by printf. */
void decimal_append(buffer *text, double value, unsigned decimals);

/* The same with a sign in front in any case: "+0.9731". */
void decimal_append_signed(buffer *text, double value, unsigned decimals);

#endif
