/* SPDX-License-Identifier: MIT */
/* Time: monotonic, and of the calendar. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since some fixed moment; never goes back. Thread-safe. */
double clock_seconds(void);

/* Milliseconds since 1970 UTC; goes back when the machine's clock is set back. Thread-safe. */
int64_t clock_unix_ms(void);

#endif
