/* SPDX-License-Identifier: MIT */
/* Numbers with a unit behind them: sizes in bytes and durations. */
#ifndef CONFIG_UNIT_H
#define CONFIG_UNIT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* "65536", "64K", "64KB", "64KiB", "1M", "1G": steps of 1,024. False if it is anything else or does
 * not fit. */
bool unit_parse_bytes(const char *text, uint64_t *ret_bytes) __attribute__((warn_unused_result));

/* "500ms", "30s", "15m", "24h", "7d", and "0". A bare number is none: nobody would know of what. */
bool unit_parse_duration(const char *text, uint64_t *ret_ms) __attribute__((warn_unused_result));

/* The shortest text that reads back as the same value. */
void unit_append_bytes(buffer *text, uint64_t bytes);
void unit_append_duration(buffer *text, uint64_t ms);

#endif
