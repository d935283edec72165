/* SPDX-License-Identifier: MIT */
/* Counts, fixed-point numbers and percentages, digit by digit. */
#include "train/figure.h"

#include <inttypes.h>
#include <math.h>

#define MAX_DECIMALS 6
#define MAX_VALUE    1e9

void figure_append_count(buffer *out, uint64_t count)
{
    char text[32]; /* UINT64_MAX has 20 digits and 6 commas */
    char *const end = text + sizeof text;
    char *first = end;
    for (unsigned n_digits = 0; count > 0 || n_digits == 0; n_digits++, count /= 10) {
        if (n_digits > 0 && n_digits % 3 == 0)
            *--first = ',';
        *--first = (char)('0' + count % 10);
    }
    buffer_append(out, first, (size_t)(end - first));
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
