/* SPDX-License-Identifier: MIT */
/*
 * Files, written atomically and mapped for reading. A path is used as given; the current directory
 * is never changed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "triage/status.h"

#include <stdint.h>

/*
 * Writes `length` bytes to `path`: into a temporary file in the same directory (mode 0666 less the
 * umask), fsync, rename over `path`, fsync of the directory. On failure the temporary file is gone
 * and `path` is as it was, or, if only the directory could not be synced, the whole new file.
 * ERROR_IO, ERROR_PERMISSION, ERROR_MEMORY.
 */
triage_status file_write_atomic(const char *path, const void *bytes, size_t length,
                                triage_error *err) TRIAGE_CHECKED;

/* A file in memory, read-only, shared with other processes. */
typedef struct file_map {
    const unsigned char *data; /* NULL for an empty file */
    size_t length;
} file_map;

/* Maps the regular file at `path`. ERROR_IO, ERROR_PERMISSION. Unmap with file_unmap(). */
triage_status file_map_open(const char *path, file_map *ret_map, triage_error *err) TRIAGE_CHECKED;

/* Unmaps and zeroes; an empty map is fine. */
void file_unmap(file_map *map);

#endif
