/* SPDX-License-Identifier: MIT */
/*
 * How often a caller may ask: one token bucket for each caller and class of requests, which holds
 * what the rate gives in a second and is refilled evenly. The table is bounded; where it is full,
 * the bucket that was used longest ago makes room, so that a flood of addresses costs no memory.
 * Shared by threads.
 */
#ifndef HTTP_RATE_LIMIT_H
#define HTTP_RATE_LIMIT_H

#include "http/server.h"

typedef struct rate_limit rate_limit;

/* `rates`: requests a second for each class, 0: not limited. ERROR_MEMORY. */
triage_status rate_limit_new(const double rates[HTTP_N_RATES], rate_limit **ret_limit,
                             triage_error *err) TRIAGE_CHECKED;
void rate_limit_free(rate_limit *limit); /* NULL is fine */

/* Takes a token of the caller `key` at `now` (clock_seconds()). False: there is none, and it takes
 * so many seconds, rounded up, until there is one. */
bool rate_limit_take(rate_limit *limit, http_rate rate, const void *key, size_t length, double now,
                     unsigned *ret_wait_seconds);

#endif
