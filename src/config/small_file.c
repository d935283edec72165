/* SPDX-License-Identifier: MIT */
/* Bounded reading of a regular file; a pipe or a device, which might never end, is refused. */
#include "config/small_file.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until the end or until `size` bytes are there; -1 with errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, text + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    return (ssize_t)length;
}

static triage_status read_open_file(int fd, const char *path, size_t maximum, char *text,
                                    triage_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return error_errno(err, errno, "cannot read", path);
    if (!S_ISREG(facts.st_mode))
        return error_set(err, TRIAGE_ERROR_IO, "cannot read '%s': it is not a regular file", path);
    ssize_t length = read_all(fd, text, maximum + 1);
    if (length < 0)
        return error_errno(err, errno, "cannot read", path);
    if ((size_t)length > maximum)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: longer than %zu bytes", path, maximum);
    if (memchr(text, '\0', (size_t)length))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s: not text, there is a NUL in it", path);
    text[length] = '\0';
    return TRIAGE_OK;
}

triage_status small_file_read(const char *path, size_t maximum, char **ret_text, triage_error *err)
{
    char *text = mem_new(maximum + 2, 1);
    if (!text)
        return error_memory(err);
    /* Opening a pipe must not wait for somebody to write to it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    triage_status status = fd < 0 ? error_errno(err, errno, "cannot open", path)
                                  : read_open_file(fd, path, maximum, text, err);
    if (fd >= 0)
        close(fd);
    if (status == TRIAGE_OK)
        *ret_text = text;
    else
        free(text);
    return status;
}
