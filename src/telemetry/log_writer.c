/* SPDX-License-Identifier: MIT */
/* The log's queue: two buffers that change places, and the thread that writes one of them. */
#define _GNU_SOURCE
#include "telemetry/log_writer.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Lines are gathered for as long as this... */
#define GATHER_NANOSECONDS 100000000
/* ... or until there are as many bytes. */
#define GATHER_BYTES ((size_t)256 << 10)
/* After a flood, buffers are not kept as large as it made them. */
#define KEPT_BYTES ((size_t)1 << 20)
/* A pipe without O_NONBLOCK's patience: how often, and for how long each, it is waited for. */
#define BUSY_TRIES       1000
#define BUSY_NANOSECONDS 1000000
/* How long a reader has, when the log is closed, to take what waits. */
#define CLOSE_SECONDS 2

struct log_writer {
    char *path; /* NULL: standard output */
    pthread_t thread;
    _Atomic uint64_t n_dropped;

    pthread_mutex_t lock;    /* guards all up to `is_closing`; held for copies in memory only */
    pthread_cond_t has_work; /* for the thread: something waits, or one of the wishes below */
    pthread_cond_t has_done; /* for whoever waits on n_written or next_fd */
    buffer waiting;          /* whole lines */
    uint64_t n_appended;     /* bytes, ever */
    uint64_t n_written;      /* of them: written or dropped */
    int next_fd;             /* the file to go on with; -1: none */
    bool is_urgent, is_closing, has_ended;
    bool is_left; /* nobody waits for the thread any more: it frees all this */

    /* The thread's own. */
    int fd;         /* -1: standard output was closed from the start */
    buffer writing; /* what it took from `waiting` */
    buffer rest;    /* the end of a line whose beginning is in the file already */
};

static uint64_t count_lines(const char *bytes, size_t length)
{
    uint64_t n = 0;
    const char *end = bytes + length;
    for (const char *at = bytes; length > 0 && (at = memchr(at, '\n', (size_t)(end - at)));) {
        n++;
        if (++at == end)
            break;
    }
    return n;
}

/* How many of the bytes the file took. */
static size_t write_bytes(int fd, const char *bytes, size_t length)
{
    size_t written = 0;
    int busy = 0;
    while (written < length) {
        ssize_t n = write(fd, bytes + written, length - written);
        if (n > 0) {
            written += (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN && busy++ < BUSY_TRIES) {
            struct timespec pause = {.tv_nsec = BUSY_NANOSECONDS};
            nanosleep(&pause, NULL);
        } else {
            break;
        }
    }
    return written;
}

/*
 * Writes the rest of a line from before, then what was taken. Where the file stops taking, the line
 * it stopped in is kept, so that the file has whole lines if it goes on; the others are dropped.
 */
static void write_batch(log_writer *w)
{
    size_t n_rest = write_bytes(w->fd, w->rest.data, w->rest.length);
    if (n_rest < w->rest.length) {
        memmove(w->rest.data, w->rest.data + n_rest, w->rest.length - n_rest);
        w->rest.length -= n_rest;
        atomic_fetch_add(&w->n_dropped, count_lines(w->writing.data, w->writing.length));
        return;
    }
    buffer_clear(&w->rest);
    const char *bytes = w->writing.data;
    size_t length = w->writing.length, n = write_bytes(w->fd, bytes, length);
    if (n == length)
        return;
    if (n > 0 && bytes[n - 1] != '\n') {
        const char *newline = memchr(bytes + n, '\n', length - n);
        size_t end = newline ? (size_t)(newline - bytes) + 1 : length;
        buffer_append(&w->rest, bytes + n, end - n);
        n = end;
    }
    atomic_fetch_add(&w->n_dropped, count_lines(bytes + n, length - n));
}

/* The rest of a line belongs to the file its beginning is in. */
static void drop_rest(log_writer *w)
{
    if (w->rest.length > 0)
        atomic_fetch_add(&w->n_dropped, 1);
    buffer_clear(&w->rest);
}

static void change_file(log_writer *w, int fd)
{
    drop_rest(w);
    if (w->fd >= 0)
        close(w->fd);
    w->fd = fd;
}

/* With the lock: sleeps until there is something to do, and a little longer to gather more. */
static void wait_for_work(log_writer *w)
{
    while (w->waiting.length == 0 && w->next_fd < 0 && !w->is_closing)
        pthread_cond_wait(&w->has_work, &w->lock);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int status = 0;
    while (status == 0 && !w->is_urgent && w->next_fd < 0 && !w->is_closing &&
           w->waiting.length < GATHER_BYTES)
        status = pthread_cond_timedwait(&w->has_work, &w->lock, &until);
}

static void free_writer(log_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    pthread_cond_destroy(&w->has_done);
    pthread_cond_destroy(&w->has_work);
    pthread_mutex_destroy(&w->lock);
    buffer_free(&w->waiting);
    buffer_free(&w->writing);
    buffer_free(&w->rest);
    free(w->path);
    free(w);
}

static void *write_lines(void *context)
{
    log_writer *w = context;
    pthread_mutex_lock(&w->lock);
    while (!w->is_closing || w->waiting.length > 0 || w->next_fd >= 0) {
        wait_for_work(w);
        buffer taken = w->waiting;
        w->waiting = w->writing;
        w->writing = taken;
        uint64_t n_taken = w->n_appended;
        int next_fd = w->next_fd;
        w->is_urgent = false;
        pthread_mutex_unlock(&w->lock);

        if (next_fd >= 0)
            change_file(w, next_fd);
        write_batch(w);
        if (w->writing.capacity > KEPT_BYTES)
            buffer_free(&w->writing);
        buffer_clear(&w->writing);

        pthread_mutex_lock(&w->lock);
        w->n_written = n_taken;
        if (w->next_fd == next_fd)
            w->next_fd = -1;
        pthread_cond_broadcast(&w->has_done);
    }
    pthread_mutex_unlock(&w->lock);
    write_batch(w);
    pthread_mutex_lock(&w->lock);
    w->has_ended = true;
    bool is_left = w->is_left;
    pthread_cond_broadcast(&w->has_done);
    pthread_mutex_unlock(&w->lock);
    if (is_left)
        free_writer(w);
    return NULL;
}

static triage_status open_file(const char *path, int *ret_fd, triage_error *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        return error_errno(err, errno, "cannot open", path);
    *ret_fd = fd;
    return TRIAGE_OK;
}

/* Signals are for the program's other threads; and a write must fail, not end the process
 * (SIGPIPE, SIGXFSZ). Those that tell of a fault of this thread stay. */
static int start_thread(log_writer *w)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int status = pthread_create(&w->thread, NULL, write_lines, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void init_locks(log_writer *w)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->has_work, &monotonic);
    pthread_cond_init(&w->has_done, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

triage_status log_writer_open(const char *path, log_writer **ret_writer, triage_error *err)
{
    bool is_file = path && strcmp(path, "-") != 0;
    log_writer *w = mem_new_zeroed(1, sizeof *w);
    if (!w)
        return error_memory(err);
    init_locks(w);
    w->fd = w->next_fd = -1;
    triage_status status = TRIAGE_OK;
    if (is_file) {
        w->path = mem_copy_string(path, strlen(path));
        status = w->path ? open_file(path, &w->fd, err) : error_memory(err);
    } else {
        w->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    }
    if (!status && start_thread(w) != 0)
        status = error_set(err, TRIAGE_ERROR_MEMORY, "cannot start the log's thread");
    if (status) {
        free_writer(w);
        return status;
    }
    *ret_writer = w;
    return TRIAGE_OK;
}

triage_status log_writer_reopen(log_writer *w, triage_error *err)
{
    int fd = -1;
    if (!w->path)
        return TRIAGE_OK;
    triage_status status = open_file(w->path, &fd, err);
    if (status)
        return status;
    pthread_mutex_lock(&w->lock);
    /* Another thread is doing the same: one after the other. */
    while (w->next_fd >= 0)
        pthread_cond_wait(&w->has_done, &w->lock);
    w->next_fd = fd;
    pthread_cond_signal(&w->has_work);
    while (w->next_fd == fd)
        pthread_cond_wait(&w->has_done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return TRIAGE_OK;
}

/* With the lock: whether the thread ends soon. A reader that sleeps holds it in write(). */
static bool wait_for_end(log_writer *w)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CLOSE_SECONDS;
    int status = 0;
    while (!w->has_ended && status == 0)
        status = pthread_cond_timedwait(&w->has_done, &w->lock, &until);
    return w->has_ended;
}

void log_writer_close(log_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_closing = true;
    pthread_cond_signal(&w->has_work);
    bool has_ended = wait_for_end(w);
    w->is_left = !has_ended;
    if (w->is_left)
        pthread_detach(w->thread);
    pthread_mutex_unlock(&w->lock);
    if (!has_ended)
        return;
    pthread_join(w->thread, NULL);
    free_writer(w);
}

void log_writer_append(log_writer *w, const char *line, size_t length, bool is_urgent)
{
    size_t limit = LOG_WRITER_MAX_BYTES + (is_urgent ? LOG_WRITER_RESERVE_BYTES : 0);
    bool is_kept = false, is_worth_waking = false;
    pthread_mutex_lock(&w->lock);
    size_t before = w->waiting.length;
    if (before + length <= limit && buffer_reserve(&w->waiting, length)) {
        buffer_append(&w->waiting, line, length);
        w->n_appended += length;
        w->is_urgent |= is_urgent;
        is_kept = true;
        is_worth_waking =
            before == 0 || is_urgent || (before < GATHER_BYTES && before + length >= GATHER_BYTES);
    }
    w->waiting.failed = false;
    pthread_mutex_unlock(&w->lock);
    if (is_worth_waking)
        pthread_cond_signal(&w->has_work);
    if (!is_kept)
        log_writer_drop(w);
}

void log_writer_drop(log_writer *w)
{
    atomic_fetch_add_explicit(&w->n_dropped, 1, memory_order_relaxed);
}

void log_writer_flush(log_writer *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t n = w->n_appended;
    if (w->n_written < n) {
        w->is_urgent = true;
        pthread_cond_signal(&w->has_work);
    }
    while (w->n_written < n)
        pthread_cond_wait(&w->has_done, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

uint64_t log_writer_n_dropped(const log_writer *w)
{
    return atomic_load_explicit(&w->n_dropped, memory_order_relaxed);
}
