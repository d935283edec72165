/* SPDX-License-Identifier: MIT */
/* Paths, suspicious reading, the lock, temporary folders and what is left of them. */
#include "registry/folder.h"

#include "base/error.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY_PREFIX "tmp-"

/* What file_write_atomic() may leave beside the champion. */
#define CHAMPION_PREFIX "champion."

/* Leftovers with this process id that are stepped over. */
#define MAX_TEMPORARY_NAMES 100

#define LEFTOVER_SECONDS 3600

triage_status folder_path(const char *folder, const char *name, const char *inside,
                          buffer *ret_path, triage_error *err)
{
    buffer_clear(ret_path);
    buffer_append_text(ret_path, folder);
    buffer_append_char(ret_path, '/');
    buffer_append_text(ret_path, name);
    if (inside) {
        buffer_append_char(ret_path, '/');
        buffer_append_text(ret_path, inside);
    }
    return buffer_string(ret_path) ? TRIAGE_OK : error_memory(err);
}

/* The parent of a new folder is synced, too; where that is not possible it is still made. */
static triage_status make_one(const char *path, triage_error *err)
{
    if (mkdir(path, 0777) != 0)
        return errno == EEXIST ? TRIAGE_OK : error_errno(err, errno, "cannot make", path);
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] != '/')
        length--;
    char *parent = length > 0 ? mem_copy_string(path, length) : mem_copy_string(".", 1);
    if (parent)
        (void)folder_sync(parent, NULL);
    free(parent);
    return TRIAGE_OK;
}

triage_status folder_make(const char *path, triage_error *err)
{
    char *part = mem_copy_string(path, strlen(path));
    if (!part)
        return error_memory(err);
    triage_status status = TRIAGE_OK;
    for (char *slash = strchr(part + 1, '/'); slash && status == TRIAGE_OK && *part;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = make_one(part, err);
        *slash = '/';
    }
    if (status == TRIAGE_OK)
        status = make_one(path, err);
    free(part);
    return status;
}

triage_status folder_check(const char *path, triage_error *err)
{
    DIR *list = opendir(path);
    if (!list)
        return error_errno(err, errno, "cannot open", path);
    closedir(list);
    return TRIAGE_OK;
}

static triage_status read_all(int fd, const char *path, size_t most, buffer *ret_content,
                              triage_error *err)
{
    struct stat facts;
    buffer_clear(ret_content);
    if (fstat(fd, &facts) != 0)
        return error_errno(err, errno, "cannot read", path);
    if (!S_ISREG(facts.st_mode))
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is not a regular file", path);
    for (;;) {
        /* It may also grow while it is read. */
        if (facts.st_size > (off_t)most || ret_content->length > most)
            return error_set(err, TRIAGE_ERROR_DATA, "'%s' has more than %zu bytes", path, most);
        if (!buffer_reserve(ret_content, 4096))
            return error_memory(err);
        size_t room = ret_content->capacity - ret_content->length;
        ssize_t n = read(fd, ret_content->data + ret_content->length, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "cannot read", path);
        if (n == 0)
            return TRIAGE_OK;
        ret_content->length += (size_t)n;
    }
}

triage_status folder_read(const char *path, size_t most, buffer *ret_content, bool *ret_exists,
                          triage_error *err)
{
    /* Without O_NONBLOCK a pipe would make the caller wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ELOOP)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is a symbolic link", path);
    if (fd < 0 && errno != ENOENT)
        return error_errno(err, errno, "cannot open", path);
    triage_status status = TRIAGE_OK;
    if (fd >= 0) {
        status = read_all(fd, path, most, ret_content, err);
        close(fd);
    } else
        buffer_clear(ret_content);
    if (status == TRIAGE_OK)
        *ret_exists = fd >= 0;
    return status;
}

triage_status folder_look(const char *path, folder_entry *ret_entry, uint64_t *ret_size,
                          triage_error *err)
{
    struct stat facts;
    if (lstat(path, &facts) != 0) {
        if (errno != ENOENT)
            return error_errno(err, errno, "cannot look at", path);
        *ret_entry = FOLDER_NOTHING;
        return TRIAGE_OK;
    }
    *ret_entry = S_ISREG(facts.st_mode)   ? FOLDER_FILE
                 : S_ISDIR(facts.st_mode) ? FOLDER_FOLDER
                                          : FOLDER_OTHER;
    if (ret_size)
        *ret_size = (uint64_t)facts.st_size;
    return TRIAGE_OK;
}

triage_status folder_each(const char *path, bool (*visit)(void *context, const char *name),
                          void *context, triage_error *err)
{
    DIR *list = opendir(path);
    if (!list)
        return error_errno(err, errno, "cannot open", path);
    struct dirent *entry;
    bool goes_on = true;
    while (goes_on && (errno = 0, entry = readdir(list)) != NULL)
        goes_on = visit(context, entry->d_name);
    triage_status status = TRIAGE_OK;
    if (goes_on && errno != 0)
        status = error_errno(err, errno, "cannot list", path);
    closedir(list);
    return status;
}

/* 0, or the errno. Open for writing, because over NFS flock() is a lock on the file's bytes. */
static int take_lock(const char *folder, int operation, int *ret_lock)
{
    buffer path = {0};
    if (folder_path(folder, "lock", NULL, &path, NULL) != TRIAGE_OK) {
        buffer_free(&path);
        return ENOMEM;
    }
    int failed = 0;
    int fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0)
        failed = errno;
    while (!failed && flock(fd, operation) != 0)
        failed = errno == EINTR ? 0 : errno;
    buffer_free(&path);
    if (!failed)
        *ret_lock = fd;
    else if (fd >= 0)
        close(fd);
    return failed;
}

triage_status folder_lock(const char *folder, int *ret_lock, triage_error *err)
{
    int failed = take_lock(folder, LOCK_EX, ret_lock);
    return failed ? error_errno(err, failed, "cannot lock the folder", folder) : TRIAGE_OK;
}

void folder_unlock(int lock)
{
    /* Closing alone would leave it locked while a process that was forked in between lives. */
    (void)flock(lock, LOCK_UN);
    close(lock);
}

triage_status folder_sync(const char *path, triage_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "cannot sync", path);
    /* A file system without it says EINVAL. */
    int failed = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
    close(fd);
    return failed ? error_errno(err, failed, "cannot sync", path) : TRIAGE_OK;
}

triage_status folder_temporary(const char *folder, const char *name, buffer *ret_path,
                               triage_error *err)
{
    for (unsigned attempt = 0; attempt < MAX_TEMPORARY_NAMES; attempt++) {
        buffer_clear(ret_path);
        buffer_printf(ret_path, "%s/" TEMPORARY_PREFIX "%s-%ld-%u", folder, name, (long)getpid(),
                      attempt);
        if (!buffer_string(ret_path))
            return error_memory(err);
        if (mkdir(ret_path->data, 0777) == 0)
            return TRIAGE_OK;
        if (errno != EEXIST)
            break;
    }
    return error_errno(err, errno, "cannot make", ret_path->data);
}

/* A folder whose path is extended by the name of each entry. */
typedef struct sweep {
    buffer path;
    size_t folder_length;
    time_t before; /* of leftovers: last changed until then */
    bool has_found;
} sweep;

static const char *sweep_path(sweep *s, const char *name)
{
    s->path.length = s->folder_length;
    buffer_append_char(&s->path, '/');
    buffer_append_text(&s->path, name);
    return buffer_string(&s->path);
}

static bool discard_file(void *context, const char *name)
{
    const char *path = sweep_path(context, name);
    if (path && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        unlink(path);
    return path != NULL;
}

void folder_discard(const char *path)
{
    sweep s = {0};
    buffer_append_text(&s.path, path);
    s.folder_length = s.path.length;
    if (!s.path.failed)
        (void)folder_each(path, discard_file, &s, NULL);
    buffer_free(&s.path);
    rmdir(path);
}

static bool is_leftover(sweep *s, const char *name)
{
    struct stat facts;
    bool is_temporary = strncmp(name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0 ||
                        strncmp(name, CHAMPION_PREFIX, strlen(CHAMPION_PREFIX)) == 0;
    const char *path = is_temporary ? sweep_path(s, name) : NULL;
    return path && lstat(path, &facts) == 0 && facts.st_mtime <= s->before;
}

static bool find_leftover(void *context, const char *name)
{
    sweep *s = context;
    s->has_found = is_leftover(s, name);
    return !s->has_found;
}

static bool discard_leftover(void *context, const char *name)
{
    sweep *s = context;
    if (is_leftover(s, name) && unlink(s->path.data) != 0)
        folder_discard(s->path.data);
    return true;
}

void folder_clean(const char *folder)
{
    sweep s = {.before = time(NULL) - LEFTOVER_SECONDS};
    buffer_append_text(&s.path, folder);
    s.folder_length = s.path.length;
    if (!s.path.failed)
        (void)folder_each(folder, find_leftover, &s, NULL);
    /* Readers lock only if there is something to do. */
    int lock;
    if (s.has_found && take_lock(folder, LOCK_EX | LOCK_NB, &lock) == 0) {
        (void)folder_each(folder, discard_leftover, &s, NULL);
        folder_unlock(lock);
    }
    buffer_free(&s.path);
}
