/* SPDX-License-Identifier: MIT */
/*
 * The history of a registry: docs/formats/registry.md. It is read as a whole, together with the
 * champion, because that decides whether the last change has taken place. Thread-safe but for a
 * history, which is thread-owned.
 */
#ifndef REGISTRY_HISTORY_H
#define REGISTRY_HISTORY_H

#include "registry/registry.h"

#define HISTORY_NAME "history.jsonl"

/* Far beyond what a registry comes to: a change every minute for a year has 100 MB. */
#define HISTORY_MAX_BYTES (256u << 20)

/* Who and why, in bytes; escaped, both fit into a line. */
#define HISTORY_TEXT_MAX 4096
#define HISTORY_LINE_MAX 65536

/* A promotion or rollback. */
typedef struct history_change {
    int64_t at;
    uint64_t version, previous; /* numbers; previous 0: none was live */
    bool is_rollback, has_happened;
} history_change;

typedef struct history {
    buffer text;
    history_change *changes; /* in the order of the lines */
    size_t n_changes, capacity;
    uint64_t highest_version; /* of all lines */
} history;

/*
 * Reads the history at `path`; a missing file is an empty one. `champion` (its number, 0: none)
 * must have been read before the history: a writer changes the history first. ERROR_DATA.
 */
triage_status history_read(const char *path, uint64_t champion, history *ret_history,
                           triage_error *err) TRIAGE_CHECKED;
void history_free(history *h); /* frees what it holds */

/* Calls `visit` for each line but those of changes that have not happened. */
triage_status history_each(const history *h, const char *path,
                           bool (*visit)(void *context, const registry_event *), void *context,
                           triage_error *err) TRIAGE_CHECKED;

/* What was live at `at`: a number, 0 for none. */
uint64_t history_live_at(const history *h, int64_t at);

/* What was live before `champion` (its number) became live; 0 for none. ERROR_MEMORY. */
triage_status history_before(const history *h, uint64_t champion, uint64_t *ret_version,
                             triage_error *err) TRIAGE_CHECKED;

/* ERROR_ARGUMENT if `who` or `reason` is too long. */
triage_status history_check_texts(const char *who, const char *reason,
                                  triage_error *err) TRIAGE_CHECKED;

/* Appends a line, durably; the caller holds the folder's lock and syncs the folder if
 * `*ret_is_new`. On failure the file is as it was, as far as that can be done. */
triage_status history_append(const char *path, const registry_event *event, bool *ret_is_new,
                             triage_error *err) TRIAGE_CHECKED;

/* "promoted" or "rolled_back". */
bool history_is_change(const registry_event *event);

/* Makes the file at `path` consist of these events, unless it does; the caller holds the folder's
 * lock. ERROR_DATA for an event that history_read() would refuse. */
triage_status history_replace(const char *path, const registry_event *events, size_t n,
                              triage_error *err) TRIAGE_CHECKED;

#endif
