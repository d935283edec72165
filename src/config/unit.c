/* SPDX-License-Identifier: MIT */
/* Sizes and durations: rows of units, largest last. */
#include "config/unit.h"

#include "base/number.h"

#include <string.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

static const unit sizes[] = {
    {"", 1},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
};

static const unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};

#define N_SIZES     (sizeof sizes / sizeof *sizes)
#define N_DURATIONS (sizeof durations / sizeof *durations)

/* The digits at the beginning of `text`, and what stands behind them. */
static bool parse_digits(const char *text, uint64_t *ret_number, const char **ret_rest)
{
    size_t n_digits = strspn(text, "0123456789");
    *ret_rest = text + n_digits;
    return number_parse_uint(text, n_digits, 0, UINT64_MAX, ret_number);
}

static bool scale(uint64_t number, uint64_t factor, uint64_t *ret_value)
{
    uint64_t product;
    if (__builtin_mul_overflow(number, factor, &product))
        return false;
    *ret_value = product;
    return true;
}

bool unit_parse_bytes(const char *text, uint64_t *ret_bytes)
{
    uint64_t number;
    const char *rest;
    if (!parse_digits(text, &number, &rest))
        return false;
    for (size_t i = 0; i < N_SIZES; i++) {
        size_t length = strlen(sizes[i].name);
        if (strncmp(rest, sizes[i].name, length) != 0)
            continue;
        const char *end = rest + length;
        if (*end == '\0' || strcmp(end, "B") == 0 || (i > 0 && strcmp(end, "iB") == 0))
            return scale(number, sizes[i].factor, ret_bytes);
    }
    return false;
}

bool unit_parse_duration(const char *text, uint64_t *ret_ms)
{
    uint64_t number;
    const char *rest;
    if (!parse_digits(text, &number, &rest))
        return false;
    if (number == 0 && *rest == '\0') {
        *ret_ms = 0;
        return true;
    }
    for (size_t i = 0; i < N_DURATIONS; i++) {
        if (strcmp(rest, durations[i].name) == 0)
            return scale(number, durations[i].factor, ret_ms);
    }
    return false;
}

/* With the largest unit that divides it. */
static void append(buffer *text, uint64_t value, const unit *units, size_t n_units)
{
    size_t i = n_units - 1;
    while (i > 0 && value % units[i].factor != 0)
        i--;
    buffer_printf(text, "%llu%s", (unsigned long long)(value / units[i].factor), units[i].name);
}

void unit_append_bytes(buffer *text, uint64_t bytes)
{
    if (bytes == 0)
        buffer_append_char(text, '0');
    else
        append(text, bytes, sizes, N_SIZES);
}

void unit_append_duration(buffer *text, uint64_t ms)
{
    if (ms == 0)
        buffer_append_char(text, '0');
    else
        append(text, ms, durations, N_DURATIONS);
}
