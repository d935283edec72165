/* SPDX-License-Identifier: MIT */
/* Atomic writes (temporary file, fsync, rename, fsync of the directory) and read-only maps. */
#include "base/file.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ".PID-ATTEMPT.tmp" and its NUL, for the longest numbers. */
#define TEMPORARY_SUFFIX_SIZE 40

/* Leftovers of killed writers with this process id that are stepped over. */
#define MAX_TEMPORARY_NAMES 100

/* write() may take less than asked for, or be interrupted: go on until all is written. */
static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            if (written == 0)
                errno = ENOSPC;
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* A rename is durable only once the directory is; a file system without it says EINVAL. */
static bool sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory =
        slash ? mem_copy_string(path, (size_t)(slash - path) + 1) : mem_copy_string(".", 1);
    if (!directory)
        return false;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0 || errno == EINVAL;
    close(fd);
    return synced;
}

/*
 * A new file beside `path`, whose name it writes into `temporary`. O_EXCL instead of mkstemp(),
 * which would make it for its owner alone. The name is tried again while another writer has it.
 */
static int open_temporary(const char *path, char *temporary, size_t size)
{
    int fd = -1;
    for (unsigned attempt = 0; attempt < MAX_TEMPORARY_NAMES; attempt++) {
        snprintf(temporary, size, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

static bool fill(int fd, const void *bytes, size_t length)
{
    bool filled = write_all(fd, bytes, length) && fsync(fd) == 0;
    int saved = errno;
    if (close(fd) != 0 && filled)
        return false;
    errno = saved;
    return filled;
}

/* A rename would replace a device or a pipe by a file, which nobody wants (least of all root). */
static bool is_replaceable(const char *path)
{
    struct stat facts;
    return stat(path, &facts) != 0 || S_ISREG(facts.st_mode);
}

triage_status file_write_atomic(const char *path, const void *bytes, size_t length,
                                triage_error *err)
{
    if (!is_replaceable(path))
        return error_set(err, TRIAGE_ERROR_IO, "cannot write '%s': not a regular file", path);
    size_t size = strlen(path) + TEMPORARY_SUFFIX_SIZE;
    char *temporary = mem_new(size, 1);
    if (!temporary)
        return error_memory(err);
    triage_status status = TRIAGE_OK;
    int fd = open_temporary(path, temporary, size);
    if (fd < 0)
        status = error_errno(err, errno, "cannot write", path);
    else if (!fill(fd, bytes, length) || rename(temporary, path) != 0) {
        status = error_errno(err, errno, "cannot write", path);
        unlink(temporary);
    } else if (!sync_directory(path))
        status = error_errno(err, errno, "cannot sync the directory of", path);
    free(temporary);
    return status;
}

static triage_status map_descriptor(int fd, const char *path, file_map *ret_map, triage_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return error_errno(err, errno, "cannot read", path);
    if (!S_ISREG(facts.st_mode))
        return error_set(err, TRIAGE_ERROR_IO, "cannot read '%s': not a regular file", path);
    file_map map = {.length = (size_t)facts.st_size};
    if (map.length > 0) {
        void *data = mmap(NULL, map.length, PROT_READ, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED)
            return error_errno(err, errno, "cannot map", path);
        map.data = data;
    }
    *ret_map = map;
    return TRIAGE_OK;
}

triage_status file_map_open(const char *path, file_map *ret_map, triage_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, errno, "cannot open", path);
    triage_status status = map_descriptor(fd, path, ret_map, err);
    close(fd);
    return status;
}

void file_unmap(file_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->length);
    *map = (file_map){0};
}
