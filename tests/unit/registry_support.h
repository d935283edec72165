/* SPDX-License-Identifier: MIT */
/* For tests of the registry: a folder of a test's own, gone after it with all that is in it, and
 * small models that can be told apart. */
#ifndef TEST_REGISTRY_SUPPORT_H
#define TEST_REGISTRY_SUPPORT_H

#include "engine_support.h"
#include "registry/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE_PATH_SIZE 512

typedef struct place {
    char root[64];
    char folder[96]; /* of the registry, in the root */
    char scratch[PLACE_PATH_SIZE];
    registry *r;
} place;

/* Removes the entry of the folder `at`, with all that is in it. */
static inline void place_remove_at(int at, const char *name)
{
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *e = list ? readdir(list) : NULL; e; e = readdir(list))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            place_remove_at(fd, e->d_name);
    if (list)
        closedir(list);
    if (unlinkat(at, name, AT_REMOVEDIR) != 0)
        abort();
}

static inline void place_remove(const char *path)
{
    place_remove_at(AT_FDCWD, path);
}

static inline registry *place_open(const place *p)
{
    triage_error err;
    registry *r = NULL;
    if (registry_open(p->folder, true, &r, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return r;
}

/* cmocka set-up: `*state` becomes a place with an empty registry. */
static inline int place_make(void **state)
{
    place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    strcpy(p->root, "/tmp/triage-test-XXXXXX");
    if (!mkdtemp(p->root))
        return -1;
    snprintf(p->folder, sizeof p->folder, "%s/models/registry", p->root);
    p->r = place_open(p);
    *state = p;
    return 0;
}

/* cmocka tear-down. */
static inline int place_clear(void **state)
{
    place *p = *state;
    registry_close(p->r);
    place_remove(p->root);
    free(p);
    return 0;
}

/* The path of something in the registry, valid until the next call. */
static inline const char *place_path(place *p, const char *name)
{
    snprintf(p->scratch, sizeof p->scratch, "%s/%s", p->folder, name);
    return p->scratch;
}

static inline void place_write(place *p, const char *name, const char *text)
{
    FILE *file = fopen(place_path(p, name), "wb");
    if (!file || fwrite(text, 1, strlen(text), file) != strlen(text) || fclose(file) != 0)
        abort();
}

static inline bool place_has(place *p, const char *name)
{
    struct stat facts;
    return lstat(place_path(p, name), &facts) == 0;
}

/* How many entries of the folder begin with `prefix`. */
static inline size_t place_count(const place *p, const char *prefix)
{
    size_t n = 0;
    DIR *list = opendir(p->folder);
    assert_non_null(list);
    for (struct dirent *e = readdir(list); e; e = readdir(list))
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(list);
    return n;
}

/* A model whose two labels are `name` with 1 and 2 behind. */
static inline triage_model *named_model(const char *name)
{
    triage_dataset *dataset = new_dataset(1);
    char labels[2][32];
    for (int k = 0; k < 2; k++)
        snprintf(labels[k], sizeof labels[k], "%s%d", name, k + 1);
    for (int i = 0; i < 40; i++) {
        const char *label = labels[i % 2];
        add_ticket(dataset, i % 2 ? "the printer has no paper" : "my password has expired", &label);
    }
    return model_of(finished(dataset), TRIAGE_PRESET_WORDS);
}

static inline void add_version(registry *r, const triage_model *model,
                               char ret_version[REGISTRY_VERSION_SIZE])
{
    triage_error err;
    registry_manifest m = {.created_at = 1767225600000, .trigger = "request"};
    if (registry_add(r, model, &m, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    strcpy(ret_version, m.version);
}

static inline void promote(registry *r, const char *version)
{
    triage_error err;
    if (registry_promote(r, version, NULL, "test", "because", &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
}

static inline void assert_champion(registry *r, const char *version)
{
    triage_error err;
    char found[REGISTRY_VERSION_SIZE];
    if (registry_champion(r, found, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_string_equal(found, version);
}

/*
 * Whatever has happened to the writer: all versions are whole, the champion is one of them, and the
 * history agrees with it. Returns the number of versions.
 */
static inline size_t assert_whole(registry *r)
{
    triage_error err;
    registry_manifest *manifests = NULL;
    size_t n = 0;
    char champion[REGISTRY_VERSION_SIZE], remembered[REGISTRY_VERSION_SIZE];
    if (registry_champion(r, champion, &err) != TRIAGE_OK ||
        registry_live_at(r, INT64_MAX, remembered, &err) != TRIAGE_OK ||
        registry_list(r, &manifests, &n, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_string_equal(champion, remembered);
    bool has_champion = !champion[0];
    for (size_t i = 0; i < n; i++) {
        triage_model *model = NULL;
        if (registry_open_model(r, manifests[i].version, &model, NULL, &err) != TRIAGE_OK)
            fail_msg("%s", err.message);
        triage_model_free(model);
        has_champion |= strcmp(champion, manifests[i].version) == 0;
        assert_true(i == 0 || strcmp(manifests[i - 1].version, manifests[i].version) < 0);
    }
    assert_true(has_champion);
    registry_manifests_free(manifests, n);
    return n;
}

#endif
