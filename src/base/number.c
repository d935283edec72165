/* SPDX-License-Identifier: MIT */
/* Checked parsing and shortest formatting of numbers, independent of the program's locale. */
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any number that a person or a program writes; bounds the copy that strtod() needs. */
#define MAX_REAL_LENGTH 400

/*
 * strtod() and printf() follow the locale, which may be one with a decimal comma: this switches the
 * calling thread alone to the C locale. newlocale() of "C" allocates nothing in the common C
 * libraries, so a failure leaves the thread as it is.
 */
typedef struct c_locale {
    locale_t numbers, before;
} c_locale;

static c_locale c_locale_enter(void)
{
    c_locale l = {.numbers = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    l.before = l.numbers != (locale_t)0 ? uselocale(l.numbers) : (locale_t)0;
    return l;
}

static void c_locale_leave(c_locale l)
{
    if (l.numbers == (locale_t)0)
        return;
    uselocale(l.before);
    freelocale(l.numbers);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool number_parse_uint(const char *text, size_t length, uint64_t min, uint64_t max,
                       uint64_t *ret_value)
{
    uint64_t value = 0;
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    if (value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool number_parse_int(const char *text, size_t length, int64_t min, int64_t max, int64_t *ret_value)
{
    bool is_negative = length > 0 && text[0] == '-';
    uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, size;
    if (!number_parse_uint(text + is_negative, length - is_negative, 0, limit, &size))
        return false;
    /* -(size - 1) - 1 is also right for INT64_MIN, whose size has no positive counterpart. */
    int64_t value = is_negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    if (value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

static size_t skip_digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_digit(text[at]))
        at++;
    return at;
}

/* -?(digits[.digits?]|.digits)([eE][+-]?digits)? */
static bool is_real(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-';
    size_t whole = skip_digits(text, length, at) - at;
    at += whole;
    size_t fraction = 0;
    if (at < length && text[at] == '.') {
        fraction = skip_digits(text, length, at + 1) - at - 1;
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && (text[at] == '-' || text[at] == '+');
        size_t end = skip_digits(text, length, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == length;
}

bool number_parse_real(const char *text, size_t length, double min, double max, double *ret_value)
{
    char copy[MAX_REAL_LENGTH + 1];
    if (length > MAX_REAL_LENGTH || !is_real(text, length))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    c_locale l = c_locale_enter();
    double value = strtod(copy, NULL);
    c_locale_leave(l);
    if (!isfinite(value) || !(value >= min && value <= max))
        return false;
    *ret_value = value;
    return true;
}

size_t number_format_double(double value, char ret_text[NUMBER_TEXT_SIZE])
{
    c_locale l = c_locale_enter();
    int length = 0;
    /* 17 digits always read back as the same double (DBL_DECIMAL_DIG). */
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(ret_text, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(ret_text, NULL) == value)
            break;
    }
    c_locale_leave(l);
    return length > 0 ? (size_t)length : 0;
}

size_t number_format_float(float value, char ret_text[NUMBER_TEXT_SIZE])
{
    c_locale l = c_locale_enter();
    int length = 0;
    /* 9 digits always read back as the same float (FLT_DECIMAL_DIG). */
    for (int digits = 6; digits <= 9; digits++) {
        length = snprintf(ret_text, NUMBER_TEXT_SIZE, "%.*g", digits, (double)value);
        if (strtof(ret_text, NULL) == value)
            break;
    }
    c_locale_leave(l);
    return length > 0 ? (size_t)length : 0;
}
