/* SPDX-License-Identifier: MIT */
/* The civil calendar by Howard Hinnant's algorithms ("chrono-Compatible Low-Level Date
 * Algorithms"). */
#include "base/timestamp.h"

#include <string.h>

#define MS_A_DAY INT64_C(86400000)

/* 0000-01-01 and 9999-12-31T23:59:59.999. */
#define EARLIEST (-INT64_C(62167219200000))
#define LATEST   INT64_C(253402300799999)

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar; years are 0 to 9999. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static void put_digits(char *place, int value, int n)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        place[i] = (char)('0' + value % 10);
}

void timestamp_format(int64_t ms, char ret_text[TIMESTAMP_SIZE])
{
    ms = ms < EARLIEST ? EARLIEST : ms > LATEST ? LATEST : ms;
    int64_t days = ms / MS_A_DAY - (ms % MS_A_DAY < 0);
    int rest = (int)(ms - days * MS_A_DAY), year, month, day;
    date_of(days, &year, &month, &day);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIMESTAMP_SIZE);
    put_digits(ret_text, year, 4);
    put_digits(ret_text + 5, month, 2);
    put_digits(ret_text + 8, day, 2);
    put_digits(ret_text + 11, rest / 3600000, 2);
    put_digits(ret_text + 14, rest / 60000 % 60, 2);
    put_digits(ret_text + 17, rest / 1000 % 60, 2);
    put_digits(ret_text + 20, rest % 1000, 3);
}

/* What is left to be read. */
typedef struct scan {
    const char *at, *end;
} scan;

/* Exactly `n` digits, as a number from `min` to `max`. */
static bool read_digits(scan *s, int n, int min, int max, int *ret_value)
{
    int value = 0;
    if (s->end - s->at < n)
        return false;
    for (int i = 0; i < n; i++) {
        char c = *s->at++;
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *ret_value = value;
    return value >= min && value <= max;
}

static bool read_char(scan *s, const char *allowed)
{
    if (s->at == s->end || *s->at == '\0' || !strchr(allowed, *s->at))
        return false;
    s->at++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

/* A fraction of a second, in milliseconds; further digits are dropped. */
static bool read_fraction(scan *s, int *ret_ms)
{
    int ms = 0, n = 0;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        if (n < 3)
            ms = ms * 10 + (*s->at - '0');
        n++;
        s->at++;
    }
    for (int i = n; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return n > 0;
}

/* "Z", "+02:00", "-0500" or nothing: minutes east of UTC. */
static bool read_zone(scan *s, int *ret_minutes)
{
    int hours, minutes;
    *ret_minutes = 0;
    if (s->at == s->end || read_char(s, "Zz"))
        return true;
    bool is_west = *s->at == '-';
    if (!read_char(s, "+-") || !read_digits(s, 2, 0, 23, &hours))
        return false;
    (void)read_char(s, ":");
    if (!read_digits(s, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = (is_west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

bool timestamp_parse(const char *text, size_t length, int64_t *ret_ms)
{
    scan s = {text, text + length};
    int year, month, day, hour = 0, minute = 0, second = 0, ms = 0, zone = 0;
    if (!read_digits(&s, 4, 0, 9999, &year) || !read_char(&s, "-") ||
        !read_digits(&s, 2, 1, 12, &month) || !read_char(&s, "-") ||
        !read_digits(&s, 2, 1, days_in(year, month), &day))
        return false;
    if (s.at < s.end) {
        if (!read_char(&s, "Tt ") || !read_digits(&s, 2, 0, 23, &hour) || !read_char(&s, ":") ||
            !read_digits(&s, 2, 0, 59, &minute) || !read_char(&s, ":") ||
            !read_digits(&s, 2, 0, 60, &second))
            return false;
        if (s.at < s.end && *s.at == '.') {
            s.at++;
            if (!read_fraction(&s, &ms))
                return false;
        }
        if (!read_zone(&s, &zone))
            return false;
    }
    if (s.at != s.end)
        return false;
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)(minute - zone) * 60 + second;
    *ret_ms = days_of(year, month, day) * MS_A_DAY + seconds * 1000 + ms;
    return true;
}
