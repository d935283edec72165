/* SPDX-License-Identifier: MIT */
/* A directory of a test's own: made before it, gone with all files in it after it. */
#ifndef TEST_TEMP_DIR_H
#define TEST_TEMP_DIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct temp_dir {
    char path[64];
    char file[384]; /* what temp_file() gave last */
} temp_dir;

/* cmocka set-up: `*state` becomes a temp_dir. */
static inline int temp_dir_make(void **state)
{
    temp_dir *dir = calloc(1, sizeof *dir);
    if (!dir)
        return -1;
    strcpy(dir->path, "/tmp/triage-test-XXXXXX");
    *state = dir;
    return mkdtemp(dir->path) ? 0 : -1;
}

/* The path of `name` in the directory, valid until the next call. */
static inline const char *temp_path(temp_dir *dir, const char *name)
{
    snprintf(dir->file, sizeof dir->file, "%s/%s", dir->path, name);
    return dir->file;
}

/* Writes the file `name` and gives its path. */
static inline const char *temp_file(temp_dir *dir, const char *name, const void *bytes,
                                    size_t length)
{
    const char *path = temp_path(dir, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
    return path;
}

static inline const char *temp_text(temp_dir *dir, const char *name, const char *text)
{
    return temp_file(dir, name, text, strlen(text));
}

/* cmocka tear-down. */
static inline int temp_dir_remove(void **state)
{
    temp_dir *dir = *state;
    DIR *list = opendir(dir->path);
    for (struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list))
        if (entry->d_name[0] != '.')
            unlink(temp_path(dir, entry->d_name));
    if (list)
        closedir(list);
    int result = rmdir(dir->path);
    free(dir);
    return result;
}

#endif
