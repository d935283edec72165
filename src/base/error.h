/* SPDX-License-Identifier: MIT */
/* Filling a triage_error: one call that formats, stores and returns the status. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "triage/status.h"

/*
 * Stores `status` and the formatted message in `err` (NULL: only the status is returned) and
 * returns `status`, so that a failing function can end with `return error_set(...)`.
 */
triage_status error_set(triage_error *err, triage_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The status and message for a failed allocation. */
triage_status error_memory(triage_error *err);

/* `doing` (such as "cannot open") + path + the text of `errno_value`; maps EACCES and EPERM. */
triage_status error_errno(triage_error *err, int errno_value, const char *doing, const char *path);

#endif
