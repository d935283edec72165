/* SPDX-License-Identifier: MIT */
/*
 * The store of one machine: an SQLite file in WAL mode. One connection writes, taken by one thread
 * after the other; readers have connections of their own and never wait for it.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "store/sqlite.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static triage_status take_reader(sqlite_store *s, sqlite_connection **ret_c, triage_error *err)
{
    sqlite_connection *c = NULL;
    pthread_mutex_lock(&s->read_lock);
    while (s->n_idle == 0 && s->n_readers == SQLITE_MAX_READERS)
        pthread_cond_wait(&s->reader_freed, &s->read_lock);
    if (s->n_idle > 0)
        c = s->idle[--s->n_idle];
    else
        s->n_readers++;
    pthread_mutex_unlock(&s->read_lock);
    if (c) {
        *ret_c = c;
        return TRIAGE_OK;
    }
    triage_status status = sqlite_connect(s, false, ret_c, err);
    if (status != TRIAGE_OK) {
        pthread_mutex_lock(&s->read_lock);
        s->n_readers--;
        pthread_cond_signal(&s->reader_freed);
        pthread_mutex_unlock(&s->read_lock);
    }
    return status;
}

static triage_status sqlite_take(store *base, bool writes, connection **ret_c, triage_error *err)
{
    sqlite_store *s = (sqlite_store *)base;
    if (writes) {
        pthread_mutex_lock(&s->write_lock);
        *ret_c = &s->writer->base;
        return TRIAGE_OK;
    }
    sqlite_connection *c = NULL;
    triage_status status = take_reader(s, &c, err);
    if (status == TRIAGE_OK)
        *ret_c = &c->base;
    return status;
}

static void sqlite_give(connection *base)
{
    sqlite_store *s = (sqlite_store *)base->store;
    if (base == &s->writer->base) {
        pthread_mutex_unlock(&s->write_lock);
        return;
    }
    pthread_mutex_lock(&s->read_lock);
    s->idle[s->n_idle++] = (sqlite_connection *)base;
    pthread_cond_signal(&s->reader_freed);
    pthread_mutex_unlock(&s->read_lock);
}

/* BEGIN IMMEDIATE has already seen to it. */
static triage_status sqlite_lock(connection *base, triage_error *err)
{
    (void)base;
    (void)err;
    return TRIAGE_OK;
}

/* --- changes by other processes ------------------------------------------------------------- */

static triage_status look_at_changes(sqlite_store *s)
{
    int64_t data_version = 0, n_changes = 0;
    if (!s->watcher) {
        triage_status status = sqlite_connect(s, false, &s->watcher, NULL);
        if (status != TRIAGE_OK)
            return status;
    }
    connection *c = &s->watcher->base;
    triage_status status =
        connection_number(c, "PRAGMA data_version", NULL, 0, 0, &data_version, NULL);
    if (status != TRIAGE_OK || data_version == s->data_version)
        return status;
    status = connection_number(c, "SELECT n_changes FROM pulse", NULL, 0, 0, &n_changes, NULL);
    if (status != TRIAGE_OK)
        return status;
    s->data_version = data_version;
    database_reach_change(&s->base, (uint64_t)n_changes);
    return TRIAGE_OK;
}

static void sqlite_look(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    pthread_mutex_lock(&s->watch_lock);
    /* A file that cannot be read now is looked at again the next time. */
    triage_status ignored = look_at_changes(s);
    (void)ignored;
    pthread_mutex_unlock(&s->watch_lock);
}

/* --- the one retrainer ---------------------------------------------------------------------- */

/*
 * A lock of the open file, not of the process: it ends when the last copy of the descriptor is
 * closed, by the kernel if need be. The file stays, because removing it would let two have locks of
 * two files.
 */
static triage_status lock_file(const char *path, int *ret_fd, triage_error *err)
{
    struct flock wish = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_errno(err, errno, "cannot open", path);
    if (fcntl(fd, F_OFD_SETLK, &wish) == 0) {
        *ret_fd = fd;
        return TRIAGE_OK;
    }
    int number = errno;
    close(fd);
    if (number == EAGAIN || number == EACCES)
        return TRIAGE_OK;
    return error_errno(err, number, "cannot lock", path);
}

static triage_status sqlite_lock_retrainer(store *base, bool *ret_held, triage_error *err)
{
    sqlite_store *s = (sqlite_store *)base;
    buffer path = {0};
    buffer_append_text(&path, s->path);
    buffer_append_text(&path, ".retrainer.lock");
    triage_status status = TRIAGE_OK;
    pthread_mutex_lock(&s->retrainer_lock);
    if (!buffer_string(&path))
        status = error_memory(err);
    else if (s->retrainer_fd < 0)
        status = lock_file(path.data, &s->retrainer_fd, err);
    if (status == TRIAGE_OK)
        *ret_held = s->retrainer_fd >= 0;
    pthread_mutex_unlock(&s->retrainer_lock);
    buffer_free(&path);
    return status;
}

static bool sqlite_lock_is_held(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    pthread_mutex_lock(&s->retrainer_lock);
    struct stat facts;
    /* Without a name, others lock another file. */
    bool is_held =
        s->retrainer_fd >= 0 && fstat(s->retrainer_fd, &facts) == 0 && facts.st_nlink > 0;
    pthread_mutex_unlock(&s->retrainer_lock);
    return is_held;
}

static void sqlite_unlock_retrainer(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    pthread_mutex_lock(&s->retrainer_lock);
    if (s->retrainer_fd >= 0)
        close(s->retrainer_fd);
    s->retrainer_fd = -1;
    pthread_mutex_unlock(&s->retrainer_lock);
}

/* --- opening and closing -------------------------------------------------------------------- */

/* What is written to a file without a name is lost when the process ends. */
static triage_status sqlite_check(store *base, triage_error *err)
{
    sqlite_store *s = (sqlite_store *)base;
    int has_moved = 0;
    pthread_mutex_lock(&s->write_lock);
    sqlite3_file_control(s->writer->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    pthread_mutex_unlock(&s->write_lock);
    if (has_moved)
        return error_set(err, TRIAGE_ERROR_IO,
                         "database '%s': the file was moved or removed while it is in use",
                         s->path);
    return TRIAGE_OK;
}

static void sqlite_close(store *base)
{
    sqlite_store *s = (sqlite_store *)base;
    sqlite_unlock_retrainer(base);
    for (unsigned i = 0; i < s->n_idle; i++)
        sqlite_disconnect(s->idle[i]);
    sqlite_disconnect(s->watcher);
    /* Last: it writes the log back into the file. */
    sqlite_disconnect(s->writer);
    pthread_mutex_destroy(&s->write_lock);
    pthread_mutex_destroy(&s->read_lock);
    pthread_mutex_destroy(&s->watch_lock);
    pthread_mutex_destroy(&s->retrainer_lock);
    pthread_cond_destroy(&s->reader_freed);
    database_destroy(base);
    free(s->path);
    free(s);
}

static const char *const sqlite_words[][2] = {
    {"{bytes}", "BLOB"},    {"{int}", "INTEGER"}, {"{bool}", "INTEGER"}, {"{real}", "REAL"},
    {"{strict}", "STRICT"}, {"{patient}", ""},    {NULL, NULL},
};

static const database_kind sqlite_kind = {
    .name = "sqlite",
    .words = sqlite_words,
    .count_tables =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = CAST($1 AS TEXT)",
    .close = sqlite_close,
    .take = sqlite_take,
    .give = sqlite_give,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .script = sqlite_script,
    .start = sqlite_start,
    .next = sqlite_next,
    .end = sqlite_end,
    .n_changed = sqlite_n_changed,
    .run_batch = sqlite_run_batch,
    .get_int = sqlite_get_int,
    .get_real = sqlite_get_real,
    .get_bytes = sqlite_get_bytes,
    .lock = sqlite_lock,
    .announce = sqlite_announce,
    .look = sqlite_look,
    .check = sqlite_check,
    .lock_retrainer = sqlite_lock_retrainer,
    .lock_is_held = sqlite_lock_is_held,
    .unlock_retrainer = sqlite_unlock_retrainer,
};

/* For its owner alone, which SQLite would not do; its log gets the same mode. An existing file is
 * not touched: closing it would end the locks that this process has on it. */
static triage_status make_file(const char *path, triage_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno == ENOENT || errno == ENOTDIR)
        return error_set(err, TRIAGE_ERROR_IO,
                         "cannot make the database '%s': its folder does not exist", path);
    else if (errno != EEXIST)
        return error_errno(err, errno, "cannot make the database", path);
    return TRIAGE_OK;
}

/* With a slash at the front of it no path is a word of SQLite's own, such as ":memory:". */
static char *plain_path(const char *path)
{
    buffer plain = {0};
    if (path[0] != '/')
        buffer_append_text(&plain, "./");
    buffer_append_text(&plain, path);
    if (!buffer_string(&plain))
        buffer_free(&plain);
    return plain.data;
}

triage_status sqlite_open(const char *path, store **ret_store, triage_error *err)
{
    if (path[0] == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the path of the database is empty");
    sqlite_store *s = mem_new_zeroed(1, sizeof *s);
    if (!s)
        return error_memory(err);
    triage_status status = database_init(&s->base, &sqlite_kind, err);
    if (status != TRIAGE_OK) {
        free(s);
        return status;
    }
    pthread_mutex_init(&s->write_lock, NULL);
    pthread_mutex_init(&s->read_lock, NULL);
    pthread_mutex_init(&s->watch_lock, NULL);
    pthread_mutex_init(&s->retrainer_lock, NULL);
    pthread_cond_init(&s->reader_freed, NULL);
    s->retrainer_fd = -1;
    s->path = plain_path(path);
    status = s->path ? make_file(s->path, err) : error_memory(err);
    if (status == TRIAGE_OK)
        status = sqlite_connect(s, true, &s->writer, err);
    if (status != TRIAGE_OK) {
        sqlite_close(&s->base);
        return status;
    }
    *ret_store = &s->base;
    return TRIAGE_OK;
}
