/* SPDX-License-Identifier: MIT */
/* Memory first, then an unlinked file. */
#define _GNU_SOURCE /* O_TMPFILE */
#include "services/backend/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So much stays in memory. */
#define MEMORY_BYTES ((size_t)256 << 10)

/* A file without a name; where the file system has none, one whose name is taken away at once. */
static int open_nameless(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    buffer path = {0};
    buffer_printf(&path, "%s/batch-XXXXXX", folder);
    if (buffer_string(&path)) {
        fd = mkostemp(path.data, O_CLOEXEC);
        if (fd >= 0)
            unlink(path.data);
    } else {
        errno = ENOMEM;
    }
    buffer_free(&path);
    return fd;
}

static void write_out(spool *s)
{
    if (s->fd < 0 && (s->fd = open_nameless(s->folder)) < 0) {
        s->fault = errno;
        return;
    }
    const char *at = s->memory.data;
    size_t left = s->memory.length;
    while (left > 0) {
        ssize_t n = write(s->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            s->fault = errno;
            return;
        }
        at += n;
        left -= (size_t)n;
        s->length += (uint64_t)n;
    }
}

void spool_settle(spool *s)
{
    if (s->memory.failed)
        s->fault = ENOMEM;
    if (!s->fault && s->memory.length >= MEMORY_BYTES)
        write_out(s);
    if (s->fault || s->memory.length >= MEMORY_BYTES)
        buffer_clear(&s->memory);
}

void spool_reply(spool *s, http_exchange *x, const char *content_type)
{
    if (!s->fault && s->memory.failed)
        s->fault = ENOMEM;
    if (!s->fault && s->fd >= 0)
        write_out(s);
    if (s->fault) {
        http_problem(x, 503, NULL, "the answers cannot be kept: %s", strerrordesc_np(s->fault));
    } else if (s->fd >= 0) {
        http_reply_file(x, 200, content_type, s->fd, 0, s->length);
        s->fd = -1;
    } else {
        http_reply(x, 200, content_type, s->memory.data, s->memory.length);
    }
}

void spool_free(spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    buffer_free(&s->memory);
}
