/* SPDX-License-Identifier: MIT */
/* Which version is live: asked, changed, taken back, remembered. */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "registry/folder.h"
#include "registry/history.h"
#include "registry/version_name.h"

#include <stdio.h>
#include <string.h>

#define CHAMPION_NAME "champion"

/* A version's name and white space. */
#define CHAMPION_MAX_BYTES 64

/* White space at the end, as an editor may leave it, is no matter. */
static size_t trimmed_length(const buffer *text)
{
    size_t length = text->length;
    while (length > 0 && text->data[length - 1] != '\0' &&
           strchr(" \t\r\n", text->data[length - 1]))
        length--;
    return length;
}

/* The champion as a number, 0 if there is none. */
static triage_status read_champion(registry *r, uint64_t *ret_number, triage_error *err)
{
    buffer path = {0}, text = {0};
    bool exists;
    uint64_t number = 0;
    triage_status status = folder_path(registry_folder(r), CHAMPION_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = folder_read(path.data, CHAMPION_MAX_BYTES, &text, &exists, err);
    if (status == TRIAGE_OK && exists) {
        text.length = trimmed_length(&text);
        const char *name = buffer_string(&text);
        if (!name)
            status = error_memory(err);
        else if (strlen(name) != text.length || !version_name_parse(name, &number))
            status = error_set(err, TRIAGE_ERROR_DATA, "'%s' does not name a version", path.data);
    }
    if (status == TRIAGE_OK)
        *ret_number = number;
    buffer_free(&path);
    buffer_free(&text);
    return status;
}

/* "" for 0. */
static void name_or_empty(uint64_t number, char ret_version[REGISTRY_VERSION_SIZE])
{
    if (!version_name_make(number, ret_version))
        ret_version[0] = '\0';
}

triage_status registry_champion(registry *r, char ret_version[REGISTRY_VERSION_SIZE],
                                triage_error *err)
{
    uint64_t number = 0;
    triage_status status = read_champion(r, &number, err);
    if (status == TRIAGE_OK)
        name_or_empty(number, ret_version);
    return status;
}

/* The champion and then the history, in this order; its path into `ret_path`. The history is the
 * caller's on success, the path always. */
static triage_status read_past(registry *r, uint64_t *ret_champion, history *ret_history,
                               buffer *ret_path, triage_error *err)
{
    triage_status status = folder_path(registry_folder(r), HISTORY_NAME, NULL, ret_path, err);
    if (status == TRIAGE_OK)
        status = read_champion(r, ret_champion, err);
    if (status == TRIAGE_OK)
        status = history_read(ret_path->data, *ret_champion, ret_history, err);
    return status;
}

triage_status registry_each_event(registry *r, bool (*visit)(void *context, const registry_event *),
                                  void *context, triage_error *err)
{
    uint64_t champion;
    history h = {0};
    buffer path = {0};
    triage_status status = read_past(r, &champion, &h, &path, err);
    if (status == TRIAGE_OK)
        status = history_each(&h, path.data, visit, context, err);
    history_free(&h);
    buffer_free(&path);
    return status;
}

triage_status registry_live_at(registry *r, int64_t at, char ret_version[REGISTRY_VERSION_SIZE],
                               triage_error *err)
{
    uint64_t champion;
    history h = {0};
    buffer path = {0};
    triage_status status = read_past(r, &champion, &h, &path, err);
    if (status == TRIAGE_OK)
        name_or_empty(history_live_at(&h, at), ret_version);
    history_free(&h);
    buffer_free(&path);
    return status;
}

/* Writes a line of the history; the caller holds the lock. */
static triage_status remember(registry *r, const char *action, const char *version,
                              uint64_t champion, const char *who, const char *reason,
                              triage_error *err)
{
    char previous[REGISTRY_VERSION_SIZE];
    buffer path = {0};
    bool is_new = false;
    name_or_empty(champion, previous);
    registry_event event = {.at = clock_unix_ms(),
                            .action = action,
                            .version = version,
                            .previous = previous,
                            .who = who,
                            .reason = reason};
    triage_status status = folder_path(registry_folder(r), HISTORY_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = history_append(path.data, &event, &is_new, err);
    if (status == TRIAGE_OK && is_new)
        status = folder_sync(registry_folder(r), err);
    buffer_free(&path);
    return status;
}

static triage_status verify(registry *r, const char *version, triage_error *err)
{
    triage_model *model = NULL;
    triage_status status = registry_open_model(r, version, &model, NULL, err);
    triage_model_free(model);
    return status;
}

/* The caller holds the lock. */
static triage_status write_champion(registry *r, const char *version, triage_error *err)
{
    buffer path = {0};
    char line[REGISTRY_VERSION_SIZE + 1];
    int length = snprintf(line, sizeof line, "%s\n", version);
    triage_status status = folder_path(registry_folder(r), CHAMPION_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = file_write_atomic(path.data, line, (size_t)length, err);
    buffer_free(&path);
    return status;
}

/* Verifies the version, then writes the history, then the champion; the caller holds the lock. */
static triage_status put_live(registry *r, const char *action, const char *version,
                              uint64_t champion, const char *who, const char *reason,
                              triage_error *err)
{
    triage_status status = verify(r, version, err);
    if (status == TRIAGE_OK)
        status = remember(r, action, version, champion, who, reason, err);
    if (status == TRIAGE_OK)
        status = write_champion(r, version, err);
    return status;
}

/* The caller holds the lock. */
static triage_status promote_locked(registry *r, const char *version, const char *expected,
                                    const char *who, const char *reason, triage_error *err)
{
    uint64_t champion;
    char name[REGISTRY_VERSION_SIZE];
    triage_status status = read_champion(r, &champion, err);
    if (status != TRIAGE_OK)
        return status;
    name_or_empty(champion, name);
    if (expected && strcmp(expected, name) != 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the champion has changed: it is %s now",
                         name[0] ? name : "none");
    if (strcmp(version, name) == 0)
        return TRIAGE_OK;
    return put_live(r, "promoted", version, champion, who, reason, err);
}

triage_status registry_promote(registry *r, const char *version, const char *expected,
                               const char *who, const char *reason, triage_error *err)
{
    int lock;
    who = who ? who : "";
    reason = reason ? reason : "";
    triage_status status = version_name_check(version, err);
    if (status == TRIAGE_OK)
        status = history_check_texts(who, reason, err);
    if (status == TRIAGE_OK)
        status = folder_lock(registry_folder(r), &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = promote_locked(r, version, expected, who, reason, err);
    folder_unlock(lock);
    return status;
}

/* The champion, and what was live before it. ERROR_ARGUMENT if nothing was. */
static triage_status read_previous(registry *r, uint64_t *ret_champion,
                                   char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    uint64_t before = 0;
    history h = {0};
    buffer path = {0};
    triage_status status = read_past(r, ret_champion, &h, &path, err);
    if (status == TRIAGE_OK)
        status = history_before(&h, *ret_champion, &before, err);
    history_free(&h);
    buffer_free(&path);
    if (status == TRIAGE_OK && !version_name_make(before, ret_version))
        status =
            error_set(err, TRIAGE_ERROR_ARGUMENT, "no version was live before the present one");
    return status;
}

triage_status registry_previous(registry *r, char ret_version[REGISTRY_VERSION_SIZE],
                                triage_error *err)
{
    uint64_t champion;
    char version[REGISTRY_VERSION_SIZE];
    triage_status status = read_previous(r, &champion, version, err);
    if (status == TRIAGE_OK)
        memcpy(ret_version, version, sizeof version);
    return status;
}

/* The caller holds the lock. */
static triage_status rollback_locked(registry *r, const char *who, const char *reason,
                                     char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    uint64_t champion;
    char version[REGISTRY_VERSION_SIZE];
    triage_status status = read_previous(r, &champion, version, err);
    if (status == TRIAGE_OK)
        status = put_live(r, "rolled_back", version, champion, who, reason, err);
    if (status == TRIAGE_OK)
        memcpy(ret_version, version, sizeof version);
    return status;
}

triage_status registry_rollback(registry *r, const char *who, const char *reason,
                                char ret_version[REGISTRY_VERSION_SIZE], triage_error *err)
{
    int lock;
    who = who ? who : "";
    reason = reason ? reason : "";
    triage_status status = history_check_texts(who, reason, err);
    if (status == TRIAGE_OK)
        status = folder_lock(registry_folder(r), &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = rollback_locked(r, who, reason, ret_version, err);
    folder_unlock(lock);
    return status;
}

/* The caller holds the lock. */
static triage_status reject_locked(registry *r, const char *version, const char *who,
                                   const char *reason, triage_error *err)
{
    uint64_t champion;
    registry_manifest manifest = {0};
    triage_status status = registry_find(r, version, &manifest, err);
    registry_manifest_free(&manifest);
    if (status == TRIAGE_OK)
        status = read_champion(r, &champion, err);
    if (status == TRIAGE_OK)
        status = remember(r, "rejected", version, champion, who, reason, err);
    return status;
}

triage_status registry_reject(registry *r, const char *version, const char *who, const char *reason,
                              triage_error *err)
{
    int lock;
    who = who ? who : "";
    reason = reason ? reason : "";
    triage_status status = history_check_texts(who, reason, err);
    if (status == TRIAGE_OK)
        status = folder_lock(registry_folder(r), &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = reject_locked(r, version, who, reason, err);
    folder_unlock(lock);
    return status;
}

/* --- a history that is kept elsewhere */

/* The caller holds the lock. */
static triage_status follow_locked(registry *r, const registry_event *events, size_t n,
                                   const char *version, bool *ret_is_changed, triage_error *err)
{
    uint64_t champion;
    char name[REGISTRY_VERSION_SIZE];
    buffer path = {0};
    triage_status status = read_champion(r, &champion, err);
    if (status != TRIAGE_OK)
        return status;
    name_or_empty(champion, name);
    bool is_changed = strcmp(name, version) != 0;
    if (is_changed)
        status = verify(r, version, err);
    if (status == TRIAGE_OK)
        status = folder_path(registry_folder(r), HISTORY_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = history_replace(path.data, events, n, err);
    if (status == TRIAGE_OK && is_changed)
        status = write_champion(r, version, err);
    if (status == TRIAGE_OK)
        *ret_is_changed = is_changed;
    buffer_free(&path);
    return status;
}

triage_status registry_follow(registry *r, const registry_event *events, size_t n,
                              bool *ret_is_changed, triage_error *err)
{
    int lock;
    const char *version = NULL;
    for (size_t i = 0; i < n; i++)
        if (history_is_change(&events[i]))
            version = events[i].version;
    if (!version) {
        *ret_is_changed = false;
        return TRIAGE_OK;
    }
    triage_status status = version_name_check(version, err);
    if (status == TRIAGE_OK)
        status = folder_lock(registry_folder(r), &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = follow_locked(r, events, n, version, ret_is_changed, err);
    folder_unlock(lock);
    return status;
}
