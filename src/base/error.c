/* SPDX-License-Identifier: MIT */
/* Status texts and the filling of error details. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *triage_status_text(triage_status status)
{
    static const char *const texts[] = {
#define STATUS_TEXT(code, text) text,
        TRIAGE_STATUS_ROWS(STATUS_TEXT)
#undef STATUS_TEXT
    };
    return (unsigned)status < TRIAGE_N_STATUS ? texts[status] : "unknown status";
}

/* A message that was too long may end inside a character: drop its first bytes. */
static void cut_at_character(char *message, size_t length)
{
    size_t end = length;
    while (end > 0 && ((unsigned char)message[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)message[end - 1] >= 0xC0)
        message[end - 1] = '\0';
}

triage_status error_set(triage_error *err, triage_status status, const char *format, ...)
{
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (needed < 0)
        err->message[0] = '\0';
    else if ((size_t)needed >= sizeof err->message)
        cut_at_character(err->message, sizeof err->message - 1);
    return status;
}

triage_status error_memory(triage_error *err)
{
    return error_set(err, TRIAGE_ERROR_MEMORY, "out of memory");
}

triage_status error_errno(triage_error *err, int errno_value, const char *doing, const char *path)
{
    char text[128];
    /* strerror_r in its POSIX form: the library must not use strerror()'s shared buffer. */
    if (strerror_r(errno_value, text, sizeof text) != 0)
        snprintf(text, sizeof text, "error %d", errno_value);
    triage_status status =
        errno_value == EACCES || errno_value == EPERM ? TRIAGE_ERROR_PERMISSION : TRIAGE_ERROR_IO;
    if (errno_value == ENOMEM)
        status = TRIAGE_ERROR_MEMORY;
    return error_set(err, status, "%s '%s': %s", doing, path, text);
}
