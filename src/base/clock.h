/* SPDX-License-Identifier: MIT */
/* Monotonic time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some fixed moment; never goes back. Thread-safe. */
double clock_seconds(void);

#endif
