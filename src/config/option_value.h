/* SPDX-License-Identifier: MIT */
/* The reading and checking of one value of an option. */
#ifndef CONFIG_OPTION_VALUE_H
#define CONFIG_OPTION_VALUE_H

#include "config/options.h"

/* Where a value stands: lists in the environment are separated by commas, flags have a value. */
typedef enum option_origin {
    OPTION_FROM_ARGUMENTS,
    OPTION_FROM_ENVIRONMENT,
    OPTION_FROM_DEFAULT,
} option_origin;

/*
 * Reads `value` by the row's type, checks it and stores it at `place`. `shown_name` ("--threads",
 * "TRIAGE_THREADS") begins the message of ERROR_ARGUMENT. ERROR_MEMORY.
 */
triage_status option_value_store(const option_row *row, const char *shown_name, const char *value,
                                 option_origin origin, void *place,
                                 triage_error *err) TRIAGE_CHECKED;

/* The index of `value` in `choices`. ERROR_ARGUMENT with a message that names them all. */
triage_status option_value_choose(const char *const *choices, const char *shown_name,
                                  const char *value, uint32_t *ret_index,
                                  triage_error *err) TRIAGE_CHECKED;

#endif
