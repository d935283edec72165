/* SPDX-License-Identifier: MIT */
/* Files that a person writes by hand, or a secret's: small, read whole. */
#ifndef CONFIG_SMALL_FILE_H
#define CONFIG_SMALL_FILE_H

#include "triage/status.h"

#include <stddef.h>

/*
 * The content of the regular file at `path` (links are followed), NUL-terminated, to be freed with
 * free(). ERROR_ARGUMENT if it is longer than `maximum` bytes or has a NUL; ERROR_IO,
 * ERROR_PERMISSION, ERROR_MEMORY.
 */
triage_status small_file_read(const char *path, size_t maximum, char **ret_text,
                              triage_error *err) TRIAGE_CHECKED;

#endif
