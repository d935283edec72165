/* SPDX-License-Identifier: MIT */
/* Notes, warnings and errors on standard error, one line each. */
#include "cli/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer lines are cut. */
#define LINE_SIZE 4096

console console_new(const char *command)
{
    const char *terminal = getenv("TERM");
    bool can_redraw = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    return (console){.command = command, .progress = {.is_enabled = can_redraw}};
}

void console_set_quiet(console *c, bool is_quiet)
{
    c->is_quiet = is_quiet;
    if (is_quiet)
        c->progress.is_enabled = false;
}

/* Control characters, but the tab, become question marks. */
static void make_printable(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            text[i] = '?';
    }
}

/* The control characters of `text` are replaced in place. */
static void write_line(console *c, const char *prefix, char *text)
{
    make_printable(text, strlen(text));
    progress_clear(&c->progress);
    fprintf(stderr, "%s%s\n", prefix, text);
}

void console_note(console *c, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!c->is_quiet)
        write_line(c, "", text);
}

void console_warn(console *c, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(c, "", text);
}

void console_error(console *c, const char *format, ...)
{
    char prefix[64], text[LINE_SIZE];
    snprintf(prefix, sizeof prefix, "triage%s%s: ", c->command ? " " : "",
             c->command ? c->command : "");
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(c, prefix, text);
}

exit_code console_fail(console *c, triage_status status, const triage_error *err)
{
    const char *message = err->status == status && err->message[0] ? err->message : NULL;
    if (!message)
        message = triage_status_text(status);
    if (status == TRIAGE_ERROR_ARGUMENT && c->command)
        console_error(c, "%s; try 'triage %s --help'", message, c->command);
    else
        console_error(c, "%s", message);
    return exit_code_of(status);
}
