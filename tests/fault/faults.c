/* SPDX-License-Identifier: MIT */
/* Calls on their way to the C library, some of which do not arrive. */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utf8proc.h>

static struct {
    fault_kind kind;
    size_t n_left; /* calls before the fault */
    bool lasts, has_failed;
    atomic_long n_live; /* several threads allocate, though only one meets faults */
} faults;

void fault_arm(fault_kind kind, size_t n, bool lasts)
{
    faults.kind = kind;
    faults.n_left = n;
    faults.lasts = lasts;
    faults.has_failed = false;
}

bool fault_disarm(void)
{
    faults.kind = FAULT_NONE;
    return faults.has_failed;
}

long fault_live_blocks(void)
{
    return atomic_load(&faults.n_live);
}

/* Whether the call that asks is to fail, with that errno. */
static bool fails(fault_kind kind, int errno_value)
{
    if (faults.kind != kind)
        return false;
    if (faults.n_left > 0) {
        faults.n_left--;
        return false;
    }
    if (faults.has_failed && !faults.lasts)
        return false;
    faults.has_failed = true;
    errno = errno_value;
    return true;
}

static void *counted(void *block)
{
    atomic_fetch_add(&faults.n_live, block != NULL);
    return block;
}

/* The names are the linker's. */
#define WRAP(result, name, ...)                                                                    \
    result __real_##name(__VA_ARGS__);                                                             \
    result __wrap_##name(__VA_ARGS__);                                                             \
    result __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t count, size_t size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(__real_calloc(count, size));
}

WRAP(void *, aligned_alloc, size_t alignment, size_t size)
{
    return fails(FAULT_MEMORY, ENOMEM) ? NULL : counted(__real_aligned_alloc(alignment, size));
}

WRAP(void *, realloc, void *block, size_t size)
{
    if (fails(FAULT_MEMORY, ENOMEM))
        return NULL;
    void *grown = __real_realloc(block, size);
    return block ? grown : counted(grown);
}

WRAP(void, free, void *block)
{
    atomic_fetch_sub(&faults.n_live, block != NULL);
    __real_free(block);
}

/* Its result is freed by whoever asked. */
WRAP(utf8proc_ssize_t, utf8proc_map, const utf8proc_uint8_t *text, utf8proc_ssize_t length,
     utf8proc_uint8_t **ret_mapped, utf8proc_option_t options)
{
    if (fails(FAULT_MEMORY, ENOMEM))
        return UTF8PROC_ERROR_NOMEM;
    utf8proc_ssize_t result = __real_utf8proc_map(text, length, ret_mapped, options);
    counted(*ret_mapped);
    return result;
}

/* What is not on the disk yet survives the end of a process: tests need not wait for the disk. */
static int sync_quickly(int fd)
{
    return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

static void may_end(void)
{
    if (fails(FAULT_KILL, 0))
        _exit(FAULT_KILLED);
}

WRAP(ssize_t, write, int fd, const void *bytes, size_t length)
{
    if (fails(FAULT_KILL, 0))
        _exit(__real_write(fd, bytes, length / 2) < 0 ? FAULT_KILLED + 1 : FAULT_KILLED);
    if (fails(FAULT_WRITE, EIO) || fails(FAULT_WRITE_INTERRUPTED, EINTR))
        return -1;
    if (fails(FAULT_WRITE_NOTHING, 0))
        return 0;
    if (length > 1 && fails(FAULT_WRITE_SHORT, 0))
        length = (length + 1) / 2;
    return __real_write(fd, bytes, length);
}

WRAP(int, fsync, int fd)
{
    may_end();
    return fails(FAULT_SYNC, EIO) || fails(FAULT_SYNC_UNSUPPORTED, EINVAL) ? -1 : sync_quickly(fd);
}

WRAP(int, close, int fd)
{
    may_end();
    int result = __real_close(fd);
    return fails(FAULT_CLOSE, EIO) ? -1 : result;
}

WRAP(int, rename, const char *from, const char *to)
{
    may_end();
    return fails(FAULT_RENAME, EACCES) ? -1 : __real_rename(from, to);
}

WRAP(int, fdatasync, int fd)
{
    may_end();
    return fails(FAULT_DATA_SYNC, EIO) ? -1 : sync_quickly(fd);
}

WRAP(int, flock, int fd, int operation)
{
    may_end();
    return fails(FAULT_LOCK, ENOLCK) ? -1 : __real_flock(fd, operation);
}

WRAP(int, mkdir, const char *path, mode_t mode)
{
    may_end();
    return fails(FAULT_MAKE, ENOSPC) ? -1 : __real_mkdir(path, mode);
}

/* What open(), fstat() and mmap() are with 64-bit offsets, which Meson asks for. */
WRAP(int, open64, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    may_end();
    return fails(FAULT_OPEN, EMFILE) ? -1 : __real_open64(path, flags, mode);
}

WRAP(int, fstat64, int fd, struct stat *ret_facts)
{
    return fails(FAULT_STAT, EIO) ? -1 : __real_fstat64(fd, ret_facts);
}

WRAP(void *, mmap64, void *wish, size_t length, int protection, int flags, int fd, off_t offset)
{
    return fails(FAULT_MAP, ENOMEM) ? MAP_FAILED
                                    : __real_mmap64(wish, length, protection, flags, fd, offset);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes,
     void *(*start)(void *), void *argument)
{
    return fails(FAULT_THREAD, EAGAIN) ? EAGAIN
                                       : __real_pthread_create(thread, attributes, start, argument);
}
