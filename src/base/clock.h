/* SPDX-License-Identifier: MIT */
/* Time: monotonic for durations, the calendar's for records. Thread-safe. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Seconds since some fixed moment; never goes back. Thread-safe. */
double clock_seconds(void);

/* Milliseconds since 1970 UTC. */
int64_t clock_unix_ms(void);

#endif
