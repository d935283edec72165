/* SPDX-License-Identifier: MIT */
/* Standard output in large writes, with the first failure remembered. */
#include "cli/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A system call a ticket would cost more than its prediction. */
#define FLUSH_SIZE ((size_t)1 << 17)

bool output_has_failed(const output *o)
{
    return o->failed_errno != 0;
}

void output_flush(output *o)
{
    if (o->text.failed)
        o->failed_errno = ENOMEM;
    const char *bytes = o->text.data;
    size_t length = o->text.length;
    while (length > 0 && !output_has_failed(o)) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (written == 0 || errno != EINTR)
            o->failed_errno = written == 0 ? ENOSPC : errno;
    }
    buffer_clear(&o->text);
}

void output_flush_if_full(output *o)
{
    if (o->text.length >= FLUSH_SIZE || o->text.failed)
        output_flush(o);
}

exit_code output_close(output *o, console *c)
{
    output_flush(o);
    buffer_free(&o->text);
    if (o->failed_errno == 0)
        return EXIT_CODE_DONE;
    if (o->failed_errno != EPIPE)
        console_error(c, "cannot write to standard output: %s", strerror(o->failed_errno));
    return EXIT_CODE_FAILED;
}
