/* SPDX-License-Identifier: MIT */
/*
 * The folder of a registry: paths in it, small files that are read with suspicion, the writers'
 * lock, temporary folders. Symbolic links in it are not followed. Thread-safe.
 */
#ifndef REGISTRY_FOLDER_H
#define REGISTRY_FOLDER_H

#include "base/buffer.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

/* `folder`/`name`, or with `inside` `folder`/`name`/`inside`, into the emptied buffer, with a NUL.
 */
triage_status folder_path(const char *folder, const char *name, const char *inside,
                          buffer *ret_path, triage_error *err) TRIAGE_CHECKED;

/* Makes the folder and its parents, as far as they are missing. ERROR_IO, ERROR_PERMISSION. */
triage_status folder_make(const char *path, triage_error *err) TRIAGE_CHECKED;

/* ERROR_IO, ERROR_PERMISSION if it is no folder that can be listed. */
triage_status folder_check(const char *path, triage_error *err) TRIAGE_CHECKED;

/*
 * The content of the regular file at `path` into the emptied buffer; `*ret_exists` false if there
 * is none. ERROR_DATA if it is anything but a regular file or has more than `most` bytes.
 */
triage_status folder_read(const char *path, size_t most, buffer *ret_content, bool *ret_exists,
                          triage_error *err) TRIAGE_CHECKED;

typedef enum folder_entry {
    FOLDER_NOTHING,
    FOLDER_FILE,
    FOLDER_FOLDER,
    FOLDER_OTHER, /* a symbolic link, a pipe, ... */
} folder_entry;

/* What is at `path`, without following a link there; its size in bytes (may be NULL). ERROR_IO. */
triage_status folder_look(const char *path, folder_entry *ret_entry, uint64_t *ret_size,
                          triage_error *err) TRIAGE_CHECKED;

/* Calls `visit` with the name of each entry until it returns false. ERROR_IO; who only tidies up
 * may pass over that. */
triage_status folder_each(const char *path, bool (*visit)(void *context, const char *name),
                          void *context, triage_error *err);

/*
 * Waits until no other writer, in this process or another, holds the folder's lock, and takes it;
 * given back by folder_unlock(). ERROR_IO, ERROR_PERMISSION.
 */
triage_status folder_lock(const char *folder, int *ret_lock, triage_error *err) TRIAGE_CHECKED;
void folder_unlock(int lock);

/* Makes what was renamed into the folder durable. ERROR_IO. */
triage_status folder_sync(const char *path, triage_error *err);

/* A new, empty folder in `folder` for `name`, whose path goes into `ret_path`. */
triage_status folder_temporary(const char *folder, const char *name, buffer *ret_path,
                               triage_error *err) TRIAGE_CHECKED;

/* Removes a temporary folder and the files in it, as far as possible. */
void folder_discard(const char *path);

/* Removes what killed writers left more than an hour ago, unless a writer is at work or this
 * process may not. */
void folder_clean(const char *folder);

#endif
