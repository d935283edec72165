/* SPDX-License-Identifier: MIT */
/* Counts, fixed-point numbers and percentages, digit by digit. */
#include "train/figure.h"

#include <inttypes.h>
#include <math.h>

#define MAX_DECIMALS 6
#define MAX_VALUE    1e9

void figure_append_count(buffer *out, uint64_t count)
{
    if (count >= 1000) {
        figure_append_count(out, count / 1000);
        buffer_printf(out, ",%03u", (unsigned)(count % 1000));
    } else {
        buffer_printf(out, "%u", (unsigned)count);
    }
}

void figure_append_fixed(buffer *out, double value, unsigned decimals)
{
    uint64_t scale = 1;
    for (unsigned i = 0; i < decimals && i < MAX_DECIMALS; i++)
        scale *= 10;
    if (!(fabs(value) < MAX_VALUE)) {
        buffer_append_char(out, '-');
        return;
    }
    uint64_t scaled = (uint64_t)round(fabs(value) * (double)scale);
    if (value < 0 && scaled > 0)
        buffer_append_char(out, '-');
    buffer_printf(out, "%" PRIu64, scaled / scale);
    if (scale > 1)
        buffer_append_char(out, '.');
    for (uint64_t digit = scale / 10; digit > 0; digit /= 10)
        buffer_append_char(out, (char)('0' + scaled / digit % 10));
}

void figure_append_percent(buffer *out, double share, unsigned decimals)
{
    figure_append_fixed(out, 100 * share, decimals);
    buffer_append_text(out, " %");
}
