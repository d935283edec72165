/* SPDX-License-Identifier: MIT */
/*
 * A disk that fails when a test says so, loaded with LD_PRELOAD: what would write below the folder
 * BROKEN_DISK_FOLDER fails with the error number that stands, as a 32-bit integer, in the file
 * BROKEN_DISK_SWITCH; 0 is a disk that is well. It breaks under a process that runs, which no mount
 * lets an ordinary user do.
 */
#define _GNU_SOURCE      /* RTLD_NEXT */
#undef _FILE_OFFSET_BITS /* both names of a function are wrapped, the old one and the one with 64  \
                          */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The function of this name behind ours. POSIX has the conversion, ISO C has not. */
#define NEXT(NAME) (__extension__(__typeof__(&NAME)) dlsym(RTLD_NEXT, #NAME))

/* The file's first page, shared with the test; NULL: nothing ever fails. */
static volatile const int *fault;
static const char *folder;

/* Before anything else runs: no lock is needed. */
__attribute__((constructor)) static void load(void)
{
    const char *path = getenv("BROKEN_DISK_SWITCH");
    int (*next_open)(const char *, int, ...) = NEXT(open);
    folder = getenv("BROKEN_DISK_FOLDER");
    int fd = path && folder ? next_open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = fd >= 0 ? mmap(NULL, sizeof *fault, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (page == MAP_FAILED) {
        fprintf(stderr, "broken_disk: no switch\n");
        abort();
    }
    close(fd);
    fault = page;
}

static bool is_below(const char *path)
{
    size_t length = folder ? strlen(folder) : 0;
    return length > 0 && strncmp(path, folder, length) == 0;
}

/* Whether a write to this file is to fail; errno says with what. */
static bool fails(int fd)
{
    char link[64], path[4096];
    int number = fault ? *fault : 0;
    if (number == 0)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    if (!is_below(path))
        return false;
    errno = number;
    return true;
}

static bool fails_at(const char *path)
{
    int number = fault ? *fault : 0;
    if (number == 0 || !is_below(path))
        return false;
    errno = number;
    return true;
}

/* A full disk lets files be opened that are there. */
static bool fails_to_open(const char *path, int flags)
{
    bool is_new =
        (flags & O_TMPFILE) == O_TMPFILE || ((flags & O_CREAT) && access(path, F_OK) != 0);
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    return (fault && *fault == EROFS ? writes : is_new) && fails_at(path);
}

#define WRAP_OPEN(NAME)                                                                            \
    int NAME(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE                        \
                          ? (mode_t)va_arg(args, unsigned)                                         \
                          : 0;                                                                     \
        va_end(args);                                                                              \
        return fails_to_open(path, flags) ? -1 : NEXT(NAME)(path, flags, mode);                    \
    }

#define WRAP_FD(TYPE, NAME, PARAMETERS, ARGUMENTS)                                                 \
    TYPE NAME PARAMETERS                                                                           \
    {                                                                                              \
        return fails(fd) ? -1 : NEXT(NAME) ARGUMENTS;                                              \
    }

#define WRAP_PATH(NAME, PARAMETERS, ARGUMENTS)                                                     \
    int NAME PARAMETERS                                                                            \
    {                                                                                              \
        return fails_at(path) ? -1 : NEXT(NAME) ARGUMENTS;                                         \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_FD(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
WRAP_FD(ssize_t, pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at))
WRAP_FD(ssize_t, pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at))
WRAP_FD(int, ftruncate, (int fd, off_t length), (fd, length))
WRAP_FD(int, ftruncate64, (int fd, off64_t length), (fd, length))
WRAP_FD(int, fsync, (int fd), (fd))
WRAP_FD(int, fdatasync, (int fd), (fd))
WRAP_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
WRAP_PATH(rename, (const char *path, const char *to), (path, to))
