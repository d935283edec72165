/* SPDX-License-Identifier: MIT */
/* Times as text: RFC 3339 in UTC, from and to milliseconds since 1970. Thread-safe, no locale. */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-01-31T12:00:00.000Z" and a NUL. */
#define TIMESTAMP_SIZE 25

/* The earliest and latest time that has four digits of a year: 0000 to 9999. Others are cut there.
 */
void timestamp_format(int64_t ms, char ret_text[TIMESTAMP_SIZE]);

/*
 * Reads "2026-01-31", "2026-01-31T12:00:00", with a fraction, with "Z" or "+02:00" (none: UTC),
 * with a blank instead of the T. False for anything else.
 */
bool timestamp_parse(const char *text, size_t length, int64_t *ret_ms)
    __attribute__((warn_unused_result));

#endif
