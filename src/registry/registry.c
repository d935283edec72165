/* SPDX-License-Identifier: MIT */
/* Versions: added, mirrored, listed, opened. */
#include "registry/registry.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "registry/folder.h"
#include "registry/history.h"
#include "registry/manifest.h"
#include "registry/version_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_NAME    "model.triage"
#define MANIFEST_NAME "manifest.json"

/* How often a number is tried again that a writer took who does not respect the lock. */
#define MAX_COLLISIONS 10

struct registry {
    char *folder; /* constant */
};

triage_status registry_open(const char *folder, bool creates, registry **ret_registry,
                            triage_error *err)
{
    folder_entry entry;
    if (!folder || !*folder)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a registry needs a folder");
    triage_status status = folder_look(folder, &entry, NULL, err);
    if (status == TRIAGE_OK && entry == FOLDER_NOTHING && creates)
        status = folder_make(folder, err);
    if (status == TRIAGE_OK)
        status = folder_check(folder, err);
    if (status != TRIAGE_OK)
        return status;
    registry *r = mem_new_zeroed(1, sizeof *r);
    if (r)
        r->folder = mem_copy_string(folder, strlen(folder));
    if (!r || !r->folder) {
        registry_close(r);
        return error_memory(err);
    }
    folder_clean(folder);
    *ret_registry = r;
    return TRIAGE_OK;
}

void registry_close(registry *r)
{
    if (!r)
        return;
    free(r->folder);
    free(r);
}

const char *registry_folder(const registry *r)
{
    return r->folder;
}

triage_status registry_model_path(const registry *r, const char *version, buffer *ret_path,
                                  triage_error *err)
{
    triage_status status = version_name_check(version, err);
    return status == TRIAGE_OK ? folder_path(r->folder, version, MODEL_NAME, ret_path, err)
                               : status;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* `*ret_exists` false if the folder is missing or has no manifest. */
static triage_status read_version(registry *r, const char *version, bool *ret_exists,
                                  registry_manifest *ret_manifest, triage_error *err)
{
    buffer path = {0}, text = {0};
    folder_entry entry = FOLDER_NOTHING;
    triage_status status = folder_path(r->folder, version, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = folder_look(path.data, &entry, NULL, err);
    if (status == TRIAGE_OK && entry != FOLDER_NOTHING && entry != FOLDER_FOLDER)
        status = error_set(err, TRIAGE_ERROR_DATA, "'%s' is not a folder", path.data);
    bool exists = false;
    if (status == TRIAGE_OK && entry == FOLDER_FOLDER) {
        status = folder_path(r->folder, version, MANIFEST_NAME, &path, err);
        if (status == TRIAGE_OK)
            status = folder_read(path.data, MANIFEST_MAX_BYTES, &text, &exists, err);
    }
    if (status == TRIAGE_OK && exists)
        status = manifest_read(text.data, text.length, version, path.data, ret_manifest, err);
    if (status == TRIAGE_OK)
        *ret_exists = exists;
    buffer_free(&path);
    buffer_free(&text);
    return status;
}

triage_status registry_find(registry *r, const char *version, registry_manifest *ret_manifest,
                            triage_error *err)
{
    bool exists = false;
    triage_status status = version_name_check(version, err);
    if (status == TRIAGE_OK)
        status = read_version(r, version, &exists, ret_manifest, err);
    if (status == TRIAGE_OK && !exists)
        status = error_set(err, TRIAGE_ERROR_ARGUMENT, "there is no version %s", version);
    return status;
}

/* Opens the file, which must be one of that size, and compares all of it with the manifest. */
static triage_status open_model(const char *path, const registry_manifest *m,
                                triage_model **ret_model, triage_error *err)
{
    folder_entry entry;
    uint64_t size;
    char sha256[65];
    triage_model *model = NULL;
    triage_status status = folder_look(path, &entry, &size, err);
    if (status != TRIAGE_OK)
        return status;
    if (entry == FOLDER_NOTHING)
        return error_set(err, TRIAGE_ERROR_MODEL, "there is no '%s'", path);
    if (entry != FOLDER_FILE)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is not a regular file", path);
    if (size != m->size_bytes)
        return error_set(err, TRIAGE_ERROR_MODEL, "'%s' has another length than its manifest says",
                         path);
    status = triage_model_open(path, &model, err);
    if (status == TRIAGE_OK)
        status = triage_model_verify(model, err);
    if (status == TRIAGE_OK) {
        triage_model_sha256(model, sha256);
        if (strcmp(sha256, m->sha256) != 0)
            status = error_set(err, TRIAGE_ERROR_MODEL,
                               "'%s' has another SHA-256 than its manifest says", path);
    }
    if (status == TRIAGE_OK)
        *ret_model = model;
    else
        triage_model_free(model);
    return status;
}

triage_status registry_open_model(registry *r, const char *version, triage_model **ret_model,
                                  registry_manifest *ret_manifest, triage_error *err)
{
    buffer path = {0};
    registry_manifest manifest = {0};
    triage_status status = registry_find(r, version, &manifest, err);
    if (status == TRIAGE_OK)
        status = registry_model_path(r, version, &path, err);
    if (status == TRIAGE_OK)
        status = open_model(path.data, &manifest, ret_model, err);
    buffer_free(&path);
    if (status == TRIAGE_OK && ret_manifest)
        *ret_manifest = manifest;
    else
        registry_manifest_free(&manifest);
    return status;
}

/* Numbers of folders that have a version's name. */
typedef struct number_list {
    uint64_t *items;
    size_t n, capacity;
    bool has_failed;
} number_list;

static bool add_number(void *context, const char *name)
{
    number_list *list = context;
    uint64_t number;
    if (!version_name_parse(name, &number))
        return true;
    list->has_failed =
        !mem_reserve((void **)&list->items, &list->capacity, list->n + 1, sizeof *list->items);
    if (!list->has_failed)
        list->items[list->n++] = number;
    return !list->has_failed;
}

static int number_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* Ascending; `ret_list->items` is the caller's also on failure. */
static triage_status list_numbers(registry *r, number_list *ret_list, triage_error *err)
{
    triage_status status = folder_each(r->folder, add_number, ret_list, err);
    if (status == TRIAGE_OK && ret_list->has_failed)
        status = error_memory(err);
    if (status == TRIAGE_OK && ret_list->n > 0)
        qsort(ret_list->items, ret_list->n, sizeof *ret_list->items, number_compare);
    return status;
}

triage_status registry_list(registry *r, registry_manifest **ret_manifests, size_t *ret_n,
                            triage_error *err)
{
    number_list list = {0};
    registry_manifest *manifests = NULL;
    size_t n = 0;
    triage_status status = list_numbers(r, &list, err);
    if (status == TRIAGE_OK) {
        manifests = mem_new_zeroed(list.n, sizeof *manifests);
        if (!manifests)
            status = error_memory(err);
    }
    for (size_t i = 0; i < list.n && status == TRIAGE_OK; i++) {
        char version[REGISTRY_VERSION_SIZE];
        bool exists = false;
        (void)version_name_make(list.items[i], version);
        status = read_version(r, version, &exists, &manifests[n], err);
        n += status == TRIAGE_OK && exists;
    }
    free(list.items);
    if (status != TRIAGE_OK) {
        registry_manifests_free(manifests, n);
        return status;
    }
    *ret_manifests = manifests;
    *ret_n = n;
    return TRIAGE_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* What becomes a version: a model, or its bytes. */
typedef struct content {
    const triage_model *model;
    const void *bytes;
    size_t length;
    const char *manifest;
    size_t manifest_length;
} content;

static triage_status fill(const char *folder, const content *c, triage_error *err)
{
    buffer path = {0};
    triage_status status = folder_path(folder, MODEL_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = c->model ? triage_model_save(c->model, path.data, err)
                          : file_write_atomic(path.data, c->bytes, c->length, err);
    if (status == TRIAGE_OK)
        status = folder_path(folder, MANIFEST_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = file_write_atomic(path.data, c->manifest, c->manifest_length, err);
    buffer_free(&path);
    return status;
}

/* Writes the version; `*ret_is_taken` if there is a folder of that name with something in it. */
static triage_status write_version(registry *r, const char *version, const content *c,
                                   bool *ret_is_taken, triage_error *err)
{
    buffer temporary = {0}, path = {0};
    bool is_taken = false;
    triage_status status = folder_temporary(r->folder, version, &temporary, err);
    if (status != TRIAGE_OK) {
        buffer_free(&temporary);
        return status;
    }
    status = fill(temporary.data, c, err);
    if (status == TRIAGE_OK)
        status = folder_path(r->folder, version, NULL, &path, err);
    bool is_renamed = status == TRIAGE_OK && rename(temporary.data, path.data) == 0;
    if (status == TRIAGE_OK && !is_renamed) {
        is_taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
        if (!is_taken)
            status = error_errno(err, errno, "cannot write", path.data);
    }
    if (!is_renamed)
        folder_discard(temporary.data);
    else
        status = folder_sync(r->folder, err);
    buffer_free(&temporary);
    buffer_free(&path);
    if (status == TRIAGE_OK)
        *ret_is_taken = is_taken;
    return status;
}

/* Above all folders, also those that are no versions, and all that the history tells of. */
static triage_status next_number(registry *r, uint64_t *ret_number, triage_error *err)
{
    number_list list = {0};
    history h = {0};
    buffer path = {0};
    triage_status status = list_numbers(r, &list, err);
    if (status == TRIAGE_OK)
        status = folder_path(r->folder, HISTORY_NAME, NULL, &path, err);
    if (status == TRIAGE_OK)
        status = history_read(path.data, 0, &h, err);
    if (status == TRIAGE_OK) {
        uint64_t highest = list.n > 0 ? list.items[list.n - 1] : 0;
        *ret_number = (highest > h.highest_version ? highest : h.highest_version) + 1;
    }
    history_free(&h);
    free(list.items);
    buffer_free(&path);
    return status;
}

/* Writes the version under the first number that is free; the caller holds the lock. */
static triage_status add_locked(registry *r, const triage_model *model, registry_manifest *m,
                                triage_error *err)
{
    uint64_t number = 0;
    buffer text = {0};
    bool is_taken = true;
    triage_status status = next_number(r, &number, err);
    for (int i = 0; i < MAX_COLLISIONS && status == TRIAGE_OK && is_taken; i++, number++) {
        if (!version_name_make(number, m->version))
            status = error_set(err, TRIAGE_ERROR_DATA, "there are no numbers left for versions");
        if (status == TRIAGE_OK)
            status = manifest_write(m, &text, err);
        content c = {.model = model, .manifest = text.data, .manifest_length = text.length};
        if (status == TRIAGE_OK)
            status = write_version(r, m->version, &c, &is_taken, err);
    }
    if (status == TRIAGE_OK && is_taken)
        status =
            error_set(err, TRIAGE_ERROR_IO, "other writers take all numbers in '%s'", r->folder);
    buffer_free(&text);
    return status;
}

triage_status registry_add(registry *r, const triage_model *model, registry_manifest *manifest,
                           triage_error *err)
{
    registry_manifest m = *manifest;
    int lock;
    triage_status status = manifest_check(&m, err);
    if (status != TRIAGE_OK)
        return status;
    if (!m.state[0])
        memcpy(m.state, "candidate", sizeof "candidate");
    triage_model_sha256(model, m.sha256);
    m.size_bytes = triage_model_size_bytes(model);
    status = folder_lock(r->folder, &lock, err);
    if (status != TRIAGE_OK)
        return status;
    status = add_locked(r, model, &m, err);
    folder_unlock(lock);
    if (status == TRIAGE_OK)
        *manifest = m;
    return status;
}

/* Renames the version's folder to a name that is none; the caller holds the lock. */
static triage_status move_aside(registry *r, const char *version, triage_error *err)
{
    buffer from = {0}, to = {0};
    char name[64];
    snprintf(name, sizeof name, "aside-%s-%lld", version, (long long)clock_unix_ms());
    triage_status status = folder_path(r->folder, version, NULL, &from, err);
    if (status == TRIAGE_OK)
        status = folder_path(r->folder, name, NULL, &to, err);
    if (status == TRIAGE_OK && rename(from.data, to.data) != 0)
        status = error_errno(err, errno, "cannot move aside", from.data);
    buffer_free(&from);
    buffer_free(&to);
    return status;
}

/* `ret_is_moved` NULL: another model of that name may not be moved aside. The caller holds the
 * lock. */
static triage_status mirror_locked(registry *r, const registry_manifest *m, const content *c,
                                   bool *ret_is_moved, triage_error *err)
{
    bool exists = false, is_taken = false;
    registry_manifest there = {0};
    triage_status status = read_version(r, m->version, &exists, &there, err);
    bool is_other = status == TRIAGE_OK && exists && strcmp(there.sha256, m->sha256) != 0;
    if ((is_other || status == TRIAGE_ERROR_DATA) && ret_is_moved) {
        status = move_aside(r, m->version, err);
        *ret_is_moved = status == TRIAGE_OK;
        exists = false;
    } else if (is_other)
        status = error_set(err, TRIAGE_ERROR_DATA, "there is another version %s", m->version);
    if (status == TRIAGE_OK && !exists)
        status = write_version(r, m->version, c, &is_taken, err);
    if (status == TRIAGE_OK && is_taken)
        status = error_set(err, TRIAGE_ERROR_DATA, "there is a folder %s that is no version",
                           m->version);
    registry_manifest_free(&there);
    return status;
}

/* ERROR_DATA if these are not the bytes that the manifest names. */
static triage_status check_content(const registry_manifest *m, const void *model,
                                   size_t model_length, triage_error *err)
{
    char sha256[65];
    hash_sha256_hex(model, model_length, sha256);
    if (m->size_bytes != model_length || strcmp(m->sha256, sha256) != 0)
        return error_set(err, TRIAGE_ERROR_DATA, "%s: the model is not the one of the manifest",
                         m->version);
    return TRIAGE_OK;
}

static triage_status mirror(registry *r, const char *version, const content *c, bool *ret_is_moved,
                            triage_error *err)
{
    registry_manifest m = {0};
    int lock;
    triage_status status = version_name_check(version, err);
    if (status == TRIAGE_OK && c->manifest_length > MANIFEST_MAX_BYTES)
        status = error_set(err, TRIAGE_ERROR_DATA, "%s: the manifest is too long", version);
    if (status == TRIAGE_OK)
        status = manifest_read(c->manifest, c->manifest_length, version, version, &m, err);
    if (status != TRIAGE_OK)
        return status;
    status = check_content(&m, c->bytes, c->length, err);
    if (status == TRIAGE_OK)
        status = folder_lock(r->folder, &lock, err);
    if (status == TRIAGE_OK) {
        status = mirror_locked(r, &m, c, ret_is_moved, err);
        folder_unlock(lock);
    }
    registry_manifest_free(&m);
    return status;
}

triage_status registry_mirror(registry *r, const char *version, const void *model,
                              size_t model_length, const char *manifest, size_t manifest_length,
                              triage_error *err)
{
    content c = {.bytes = model,
                 .length = model_length,
                 .manifest = manifest,
                 .manifest_length = manifest_length};
    return mirror(r, version, &c, NULL, err);
}

triage_status registry_mirror_over(registry *r, const char *version, const void *model,
                                   size_t model_length, const char *manifest,
                                   size_t manifest_length, bool *ret_is_moved, triage_error *err)
{
    content c = {.bytes = model,
                 .length = model_length,
                 .manifest = manifest,
                 .manifest_length = manifest_length};
    bool is_moved = false;
    triage_status status = mirror(r, version, &c, &is_moved, err);
    if (status == TRIAGE_OK)
        *ret_is_moved = is_moved;
    return status;
}

triage_status registry_read(registry *r, const char *version, buffer *ret_manifest,
                            buffer *ret_model, triage_error *err)
{
    buffer path = {0};
    registry_manifest m = {0};
    bool exists = false;
    triage_status status = registry_find(r, version, &m, err);
    if (status == TRIAGE_OK)
        status = folder_path(r->folder, version, MANIFEST_NAME, &path, err);
    if (status == TRIAGE_OK)
        status = folder_read(path.data, MANIFEST_MAX_BYTES, ret_manifest, &exists, err);
    if (status == TRIAGE_OK && exists && ret_model) {
        status = folder_path(r->folder, version, MODEL_NAME, &path, err);
        if (status == TRIAGE_OK)
            status = folder_read(path.data, (size_t)m.size_bytes, ret_model, &exists, err);
        if (status == TRIAGE_OK && exists)
            status = check_content(&m, ret_model->data, ret_model->length, err);
    }
    if (status == TRIAGE_OK && !exists)
        status = error_set(err, TRIAGE_ERROR_DATA, "version %s has lost a file", version);
    registry_manifest_free(&m);
    buffer_free(&path);
    return status;
}
