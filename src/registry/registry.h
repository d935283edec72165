/* SPDX-License-Identifier: MIT */
/*
 * Model versions in a folder, for one writer (the retrainer, or an admin's call) and any number of
 * readers, also over a network volume:
 *
 *     v000001/model.triage     immutable
 *     v000001/manifest.json    immutable; written last: without it there is no version
 *     champion                 the live version's name, replaced by rename
 *     history.jsonl            one line for each change of the champion and each rejection
 *
 * The format, and what a crash leaves at each point, stands in docs/formats/registry.md. Versions
 * are written in a temporary folder and renamed; what a killed process left of one is cleaned away
 * by registry_open() once it is an hour old. Numbers are not given out again. Whatever the folder
 * contains, functions answer with an error and read nothing outside of it: ERROR_DATA, or
 * ERROR_VERSION for a manifest of a newer format.
 *
 * Thread-safety: a registry is shared-immutable after registry_open(); functions that write take a
 * lock file in the folder for their duration (between processes, too).
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "base/buffer.h"
#include "triage/model.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct registry registry;

/* "v" and at least six digits. */
#define REGISTRY_VERSION_SIZE 16

/* Opens the folder, making it (and its parents) if `creates`. ERROR_IO, ERROR_PERMISSION; a folder
 * that disappears later, and comes again, is no matter. */
triage_status registry_open(const char *folder, bool creates, registry **ret_registry,
                            triage_error *err) TRIAGE_CHECKED;
void registry_close(registry *r); /* NULL is fine */
const char *registry_folder(const registry *r);

/* What a version says about itself; strings are NUL-terminated UTF-8. JSON:
 * docs/formats/registry.md. */
typedef struct registry_manifest {
    char version[REGISTRY_VERSION_SIZE];
    char parent[REGISTRY_VERSION_SIZE]; /* the champion it was compared with; "" for the first */
    char sha256[65];                    /* of the model file */
    uint64_t size_bytes;
    int64_t created_at;             /* ms since 1970 UTC */
    char trigger[32];               /* "start", "feedback", "request", "schedule", "import" */
    char state[16];                 /* "" is written as "candidate"; the rest is in the history */
    uint64_t n_tickets, n_feedback; /* it was trained on; at most INT64_MAX, as the next */
    uint64_t feedback_sequence;     /* the last correction that it knows */
    uint64_t data_hash;
    char *comparison; /* JSON of the gate's comparison with the parent, or NULL; owned */
} registry_manifest;

void registry_manifest_free(registry_manifest *m); /* frees what it holds */

/*
 * Adds a version from `model`: numbers it, writes model and manifest. `manifest->version`, `sha256`
 * and `size_bytes` are filled in; the rest is the caller's. Nothing half-written stays behind.
 * ERROR_ARGUMENT for a manifest that cannot be written (a comparison that is no JSON, a parent that
 * is no name), ERROR_IO, ERROR_PERMISSION.
 */
triage_status registry_add(registry *r, const triage_model *model, registry_manifest *manifest,
                           triage_error *err) TRIAGE_CHECKED;

/* The same from the bytes of a version that exists elsewhere, under its own name; fine if there
 * with the same model. ERROR_DATA if model and manifest do not belong together. */
triage_status registry_mirror(registry *r, const char *version, const void *model,
                              size_t model_length, const char *manifest, size_t manifest_length,
                              triage_error *err) TRIAGE_CHECKED;

/* The same, but another model of that name, or a damaged one, does not stay in the way: it is moved
 * aside within the folder (`aside-v000004-...`, which is no version), and `*ret_is_moved` says so.
 */
triage_status registry_mirror_over(registry *r, const char *version, const void *model,
                                   size_t model_length, const char *manifest,
                                   size_t manifest_length, bool *ret_is_moved,
                                   triage_error *err) TRIAGE_CHECKED;

/* The bytes of both files of a version, each compared with the other, into the emptied buffers;
 * `ret_model` NULL: not wanted, and not looked at. ERROR_ARGUMENT if there is no such version. */
triage_status registry_read(registry *r, const char *version, buffer *ret_manifest,
                            buffer *ret_model, triage_error *err) TRIAGE_CHECKED;

/* All versions, ascending; `*ret_manifests` is freed with registry_manifests_free(). */
triage_status registry_list(registry *r, registry_manifest **ret_manifests, size_t *ret_n,
                            triage_error *err) TRIAGE_CHECKED;
void registry_manifests_free(registry_manifest *manifests, size_t n);

/* ERROR_ARGUMENT if there is no such version. */
triage_status registry_find(registry *r, const char *version, registry_manifest *ret_manifest,
                            triage_error *err) TRIAGE_CHECKED;

/*
 * The model of a version, every byte verified, also against the manifest, which goes to
 * `ret_manifest` (NULL: not wanted). Both are the caller's. ERROR_ARGUMENT if there is no such
 * version, ERROR_MODEL.
 */
triage_status registry_open_model(registry *r, const char *version, triage_model **ret_model,
                                  registry_manifest *ret_manifest,
                                  triage_error *err) TRIAGE_CHECKED;

/* The path of the version's model file. ERROR_ARGUMENT for a name that is no version's. */
triage_status registry_model_path(const registry *r, const char *version, buffer *ret_path,
                                  triage_error *err) TRIAGE_CHECKED;

/* The live version's name, "" if none has been put live yet. */
triage_status registry_champion(registry *r, char ret_version[REGISTRY_VERSION_SIZE],
                                triage_error *err) TRIAGE_CHECKED;

/*
 * Puts a version live: opens and verifies its model first (ERROR_MODEL leaves all as it was), then
 * writes the history, then replaces `champion`. `who` and `reason` (NULL: "", at most 4,096 bytes
 * each) go to the history. For what is live already nothing is written.
 * `expected` (NULL: any) is the champion that the caller decided on: another one now is
 * ERROR_ARGUMENT ("the champion has changed").
 */
triage_status registry_promote(registry *r, const char *version, const char *expected,
                               const char *who, const char *reason,
                               triage_error *err) TRIAGE_CHECKED;

/* Puts the version live that was live before the present one became live: after v1, v2, v3 a first
 * call gives v2, a second one v1. ERROR_ARGUMENT if there is none. */
triage_status registry_rollback(registry *r, const char *who, const char *reason,
                                char ret_version[REGISTRY_VERSION_SIZE],
                                triage_error *err) TRIAGE_CHECKED;

/* Deletes a version. ERROR_ARGUMENT if there is none, and for what is live or was before it. */
triage_status registry_remove(registry *r, const char *version, triage_error *err) TRIAGE_CHECKED;

/* What registry_rollback() would put live. ERROR_ARGUMENT if there is none. */
triage_status registry_previous(registry *r, char ret_version[REGISTRY_VERSION_SIZE],
                                triage_error *err) TRIAGE_CHECKED;

/* Writes into the history that the version was not put live, and why. */
triage_status registry_reject(registry *r, const char *version, const char *who, const char *reason,
                              triage_error *err) TRIAGE_CHECKED;

/* One line of the history. Strings are valid during the visit only. */
typedef struct registry_event {
    int64_t at;                     /* ms since 1970 UTC */
    const char *action;             /* "promoted", "rolled_back", "rejected" */
    const char *version, *previous; /* previous: the champion before, "" if none */
    const char *who, *reason;
} registry_event;

/* All lines, oldest first, but for what a crash has cut off: a torn line, or a change that did not
 * take place. `visit` returns false to stop. */
triage_status registry_each_event(registry *r, bool (*visit)(void *context, const registry_event *),
                                  void *context, triage_error *err) TRIAGE_CHECKED;

/*
 * Takes over a history that is kept elsewhere, with all its events, and puts the version of its
 * last change live; without any event nothing is done. That version must be here, and its model is
 * verified first. `*ret_is_changed` says whether another one was live. ERROR_ARGUMENT if it is
 * missing, ERROR_MODEL, ERROR_DATA for an event that no history can have.
 */
triage_status registry_follow(registry *r, const registry_event *events, size_t n,
                              bool *ret_is_changed, triage_error *err) TRIAGE_CHECKED;

/* What was live at time `at` (ms): "" before the first. */
triage_status registry_live_at(registry *r, int64_t at, char ret_version[REGISTRY_VERSION_SIZE],
                               triage_error *err) TRIAGE_CHECKED;

#endif
