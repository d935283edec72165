/* SPDX-License-Identifier: MIT */
/* Lines of JSON, and files. */
#include "front.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define MAX_MESSAGE 2048

/* A string's content; bytes that JSON or a log cannot have become question marks. */
static size_t escape(const char *text, size_t length, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 2 < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        out[n++] = c < 0x20 || c >= 0x7F ? '?' : (char)c;
    }
    return n;
}

void say(const char *level, const char *message, size_t length)
{
    char line[2 * MAX_MESSAGE + 512], escaped[2 * MAX_MESSAGE];
    struct timespec now;
    struct tm tm;
    char stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    size_t n =
        escape(message, length < MAX_MESSAGE ? length : MAX_MESSAGE, escaped, sizeof escaped);
    int written =
        snprintf(line, sizeof line,
                 "{\"@timestamp\":\"%s.%03ldZ\",\"log.level\":\"%s\",\"message\":\"%.*s\","
                 "\"ecs.version\":\"8.11.0\",\"service.name\":\"triage-frontend\","
                 "\"event.dataset\":\"triage-frontend.log\"}\n",
                 stamp, now.tv_nsec / 1000000, level, (int)n, escaped);
    /* One call, so that lines of several processes do not mix. Nobody reads: nothing to be done. */
    if (written > 0)
        (void)!write(STDOUT_FILENO, line, (size_t)written);
}

void sayf(const char *level, const char *format, ...)
{
    char message[MAX_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length > 0)
        say(level, message, (size_t)length < sizeof message ? (size_t)length : sizeof message - 1);
}

/* "2026/01/31 12:00:00 [error] 7#7: *1 text": the level, and where the text begins. */
static const char *level_of(const char *line, size_t length, size_t *ret_start)
{
    static const char *const levels[][2] = {
        {"[debug] ", "debug"}, {"[info] ", "info"},  {"[notice] ", "info"}, {"[warn] ", "warn"},
        {"[error] ", "error"}, {"[crit] ", "error"}, {"[alert] ", "error"}, {"[emerg] ", "error"}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        size_t n = strlen(levels[i][0]);
        const char *at = memmem(line, length < 40 ? length : 40, levels[i][0], n);
        if (at) {
            *ret_start = (size_t)(at - line) + n;
            return levels[i][1];
        }
    }
    *ret_start = 0;
    return "error";
}

void pass_errors_on(int fd)
{
    char text[MAX_MESSAGE];
    size_t length = 0, start;
    for (;;) {
        ssize_t n = read(fd, text + length, sizeof text - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        length += (size_t)n;
        char *end;
        while ((end = memchr(text, '\n', length)) || length == sizeof text) {
            size_t line = end ? (size_t)(end - text) : length;
            const char *level = level_of(text, line, &start);
            say(level, text + start, line - start);
            size_t used = end ? line + 1 : line;
            memmove(text, text + used, length - used);
            length -= used;
        }
    }
}

bool write_file(const char *name, const char *text)
{
    char path[128], new_path[136];
    snprintf(path, sizeof path, FRONT_FOLDER "/%s", name);
    snprintf(new_path, sizeof new_path, "%s.new", path);
    FILE *file = fopen(new_path, "we");
    bool is_written = file && fputs(text, file) >= 0;
    if (file)
        is_written = fclose(file) == 0 && is_written;
    if (is_written && rename(new_path, path) == 0)
        return true;
    sayf("error", "cannot write %s: %s", path, strerror(errno));
    return false;
}
