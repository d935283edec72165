/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand: the linker (--wrap, see meson.build) puts the functions of faults.c between the
 * library and the C library. One fault at a time, on one thread.
 */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_MEMORY,            /* an allocation gives NULL */
    FAULT_WRITE,             /* write() fails with EIO */
    FAULT_WRITE_NOTHING,     /* write() takes nothing */
    FAULT_WRITE_SHORT,       /* write() takes less than asked for: no error */
    FAULT_WRITE_INTERRUPTED, /* write() is interrupted by a signal: no error */
    FAULT_SYNC,              /* fsync() fails with EIO */
    FAULT_SYNC_UNSUPPORTED,  /* fsync() fails with EINVAL, as on file systems without it */
    FAULT_CLOSE,             /* close() closes, but fails with EIO */
    FAULT_RENAME,            /* rename() fails with EACCES */
    FAULT_THREAD,            /* pthread_create() fails with EAGAIN */
    FAULT_DATA_SYNC,         /* fdatasync() fails with EIO */
    FAULT_LOCK,              /* flock() fails with ENOLCK, as on network volumes without it */
    FAULT_MAKE,              /* mkdir() fails with ENOSPC */
    FAULT_OPEN,              /* open() fails with EMFILE */
    FAULT_STAT,              /* fstat() fails with EIO */
    FAULT_MAP,               /* mmap() fails with ENOMEM */
    FAULT_KILL,              /* the process ends before any of these calls, or within a write() */
} fault_kind;

/* The exit code of a process that FAULT_KILL has ended. */
#define FAULT_KILLED 79

/* From now on call `n` (from 0) of that kind fails; `lasts`: all after it, too. */
void fault_arm(fault_kind kind, size_t n, bool lasts);

/* No more faults; true if there has been one. */
bool fault_disarm(void);

/* The number of blocks that have been allocated and not yet freed. */
long fault_live_blocks(void);

#endif
