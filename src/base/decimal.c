/* SPDX-License-Identifier: MIT */
/* Fixed-point numbers, digit by digit. */
#include "base/decimal.h"

#include <math.h>
#include <stdint.h>

#define MAX_DECIMALS 9

/* Below it, value * 10^9 fits 63 bits. */
#define MAX_FAST_VALUE 1e9

/* The digits of `scaled`, the last `decimals` of them behind a point. */
static void append_digits(buffer *text, uint64_t scaled, unsigned decimals)
{
    char digits[32];
    char *const end = digits + sizeof digits;
    char *first = end;
    for (unsigned i = 0; i < decimals; i++, scaled /= 10)
        *--first = (char)('0' + scaled % 10);
    if (decimals > 0)
        *--first = '.';
    do {
        *--first = (char)('0' + scaled % 10);
        scaled /= 10;
    } while (scaled > 0);
    buffer_append(text, first, (size_t)(end - first));
}

static void append_absolute(buffer *text, double value, unsigned decimals)
{
    static const double powers[MAX_DECIMALS + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (decimals > MAX_DECIMALS)
        decimals = MAX_DECIMALS;
    if (value < MAX_FAST_VALUE)
        append_digits(text, (uint64_t)(value * powers[decimals] + 0.5), decimals);
    else
        buffer_printf(text, "%.*f", (int)decimals, value);
}

void decimal_append(buffer *text, double value, unsigned decimals)
{
    if (signbit(value))
        buffer_append_char(text, '-');
    append_absolute(text, fabs(value), decimals);
}

void decimal_append_signed(buffer *text, double value, unsigned decimals)
{
    buffer_append_char(text, signbit(value) ? '-' : '+');
    append_absolute(text, fabs(value), decimals);
}
