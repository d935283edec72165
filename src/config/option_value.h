/* SPDX-License-Identifier: MIT */
/* The reading, checking and writing of one value of an option. */
#ifndef CONFIG_OPTION_VALUE_H
#define CONFIG_OPTION_VALUE_H

#include "base/buffer.h"
#include "config/options.h"

/* Where a value stands, the weakest first: a later one overrides an earlier one. */
typedef enum option_origin {
    OPTION_FROM_NOWHERE,
    OPTION_FROM_DEFAULT,
    OPTION_FROM_VAULT,
    OPTION_FROM_FILE,
    OPTION_FROM_ENVIRONMENT,
    OPTION_FROM_ARGUMENTS,
} option_origin;

/*
 * Reads `value` by the row's type, checks it and stores it at `place`. `shown_name` ("--threads",
 * "TRIAGE_THREADS", "triage.conf:3: threads") begins the message of ERROR_ARGUMENT. `has_commas`:
 * an option that may be repeated takes several values, separated by commas. ERROR_MEMORY.
 */
triage_status option_value_store(const option_row *row, const char *shown_name, const char *value,
                                 bool has_commas, void *place, triage_error *err) TRIAGE_CHECKED;

/* The same without storing. */
triage_status option_value_check(const option_row *row, const char *shown_name, const char *value,
                                 triage_error *err) TRIAGE_CHECKED;

/* The index of `value` in `choices`. ERROR_ARGUMENT with a message that names them all. */
triage_status option_value_choose(const char *const *choices, const char *shown_name,
                                  const char *value, uint32_t *ret_index,
                                  triage_error *err) TRIAGE_CHECKED;

/* Whether the value at `place` must not be shown. */
bool option_value_is_hidden(const option_row *row, const void *place);

/*
 * Appends the value at `place` as a configuration file has it, a secret as ***; number `i` (from 0)
 * of those of an option that may be repeated. False, and nothing appended, if there is none.
 */
bool option_value_append(const option_row *row, const void *place, size_t i, buffer *text);

/* Whether two places of the row hold the same value. */
bool option_value_equal(const option_row *row, const void *place, const void *other);

/* Appends a number of OPTION_BYTES or OPTION_DURATION as it is written, such as "64K" or "30s". */
void option_value_append_unit(option_type type, uint64_t value, buffer *text);

#endif
