/* SPDX-License-Identifier: MIT */
/* The history's lines: appended, read back, and which of the changes have happened. */
#include "registry/history.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/folder.h"
#include "registry/version_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* The next line of the text, without its end, and its number from 1; false behind the last. */
typedef struct line_cursor {
    const char *bytes;
    size_t length, next, number;
} line_cursor;

static bool next_line(line_cursor *c, const char **ret_line, size_t *ret_length)
{
    if (c->next >= c->length)
        return false;
    const char *start = c->bytes + c->next;
    const char *end = memchr(start, '\n', c->length - c->next);
    *ret_line = start;
    *ret_length = end ? (size_t)(end - start) : c->length - c->next;
    c->next += *ret_length + 1;
    c->number++;
    return true;
}

/* A string member without a NUL; owned by the value. */
static bool read_text(const json_value *object, const char *name, const char **ret_text)
{
    const json_value *value;
    size_t length;
    return json_member(object, name, &value) && json_string(value, ret_text, &length) &&
           strlen(*ret_text) == length;
}

static bool read_event(const json_value *line, registry_event *ret_event, uint64_t *ret_version,
                       uint64_t *ret_previous)
{
    const json_value *at;
    registry_event e = {0};
    if (!json_member(line, "at", &at) || !json_int(at, 0, INT64_MAX, &e.at) ||
        !read_text(line, "action", &e.action) || !read_text(line, "version", &e.version) ||
        !read_text(line, "previous", &e.previous) || !read_text(line, "who", &e.who) ||
        !read_text(line, "reason", &e.reason) || !version_name_parse(e.version, ret_version))
        return false;
    *ret_previous = 0;
    if (e.previous[0] && !version_name_parse(e.previous, ret_previous))
        return false;
    *ret_event = e;
    return true;
}

/* An event and what its strings belong to. */
typedef struct line_reader {
    json_parser *parser;
    json_value *value;
    const char *path;
    registry_event event;
    uint64_t version, previous;
} line_reader;

/* Reads a line into `r`; `*ret_is_event` false for what a crash has left. */
static triage_status read_line(line_reader *r, const char *line, size_t length, size_t number,
                               bool *ret_is_event, triage_error *err)
{
    json_free(r->value);
    r->value = NULL;
    *ret_is_event = false;
    if (length > HISTORY_LINE_MAX)
        return error_set(err, TRIAGE_ERROR_DATA, "%s:%zu: the line has more than %d bytes", r->path,
                         number, HISTORY_LINE_MAX);
    triage_status status = json_parse(r->parser, line, length, &r->value, NULL);
    if (status == TRIAGE_ERROR_MEMORY)
        return error_memory(err);
    if (status != TRIAGE_OK)
        return TRIAGE_OK;
    if (!read_event(r->value, &r->event, &r->version, &r->previous))
        return error_set(err, TRIAGE_ERROR_DATA, "%s:%zu: this is not an event of the history",
                         r->path, number);
    *ret_is_event = true;
    return TRIAGE_OK;
}

/* Calls `visit` for each event. */
static triage_status each_line(const buffer *text, const char *path,
                               triage_status (*visit)(void *context, const line_reader *r,
                                                      bool *ret_goes_on, triage_error *err),
                               void *context, triage_error *err)
{
    line_cursor cursor = {.bytes = text->data, .length = text->length};
    line_reader reader = {.parser = json_parser_new(), .path = path};
    if (!reader.parser)
        return error_memory(err);
    const char *line;
    size_t length;
    triage_status status = TRIAGE_OK;
    bool goes_on = true, is_event;
    while (status == TRIAGE_OK && goes_on && next_line(&cursor, &line, &length)) {
        status = read_line(&reader, line, length, cursor.number, &is_event, err);
        if (status == TRIAGE_OK && is_event)
            status = visit(context, &reader, &goes_on, err);
    }
    json_free(reader.value);
    json_parser_free(reader.parser);
    return status;
}

bool history_is_change(const registry_event *event)
{
    return strcmp(event->action, "promoted") == 0 || strcmp(event->action, "rolled_back") == 0;
}

static triage_status add_change(void *context, const line_reader *r, bool *ret_goes_on,
                                triage_error *err)
{
    history *h = context;
    (void)ret_goes_on;
    if (r->version > h->highest_version)
        h->highest_version = r->version;
    if (!history_is_change(&r->event))
        return TRIAGE_OK;
    if (!mem_reserve((void **)&h->changes, &h->capacity, h->n_changes + 1, sizeof *h->changes))
        return error_memory(err);
    h->changes[h->n_changes++] =
        (history_change){.at = r->event.at,
                         .version = r->version,
                         .previous = r->previous,
                         .is_rollback = strcmp(r->event.action, "rolled_back") == 0};
    return TRIAGE_OK;
}

triage_status history_read(const char *path, uint64_t champion, history *ret_history,
                           triage_error *err)
{
    history h = {0};
    bool exists;
    triage_status status = folder_read(path, HISTORY_MAX_BYTES, &h.text, &exists, err);
    if (status == TRIAGE_OK)
        status = each_line(&h.text, path, add_change, &h, err);
    if (status != TRIAGE_OK) {
        history_free(&h);
        return status;
    }
    /* A change that was cut off before the champion was replaced left the champion as it was. */
    for (size_t i = 0; i < h.n_changes; i++) {
        uint64_t after = i + 1 < h.n_changes ? h.changes[i + 1].previous : champion;
        h.changes[i].has_happened = h.changes[i].version == after;
    }
    *ret_history = h;
    return TRIAGE_OK;
}

void history_free(history *h)
{
    buffer_free(&h->text);
    free(h->changes);
    *h = (history){0};
}

typedef struct event_visit {
    const history *h;
    size_t n_changes; /* so far */
    bool (*visit)(void *context, const registry_event *);
    void *context;
} event_visit;

static triage_status visit_event(void *context, const line_reader *r, bool *ret_goes_on,
                                 triage_error *err)
{
    event_visit *v = context;
    (void)err;
    bool has_happened = !history_is_change(&r->event) || v->h->changes[v->n_changes++].has_happened;
    if (has_happened)
        *ret_goes_on = v->visit(v->context, &r->event);
    return TRIAGE_OK;
}

triage_status history_each(const history *h, const char *path,
                           bool (*visit)(void *context, const registry_event *), void *context,
                           triage_error *err)
{
    event_visit v = {.h = h, .visit = visit, .context = context};
    return each_line(&h->text, path, visit_event, &v, err);
}

/* The last in the order of the lines: clocks may have been set back. */
uint64_t history_live_at(const history *h, int64_t at)
{
    uint64_t live = 0;
    for (size_t i = 0; i < h->n_changes; i++)
        if (h->changes[i].has_happened && h->changes[i].at <= at)
            live = h->changes[i].version;
    return live;
}

/* A stack of what is live: a promotion lies on top, a rollback takes off. */
triage_status history_before(const history *h, uint64_t champion, uint64_t *ret_version,
                             triage_error *err)
{
    uint64_t *stack = mem_new(h->n_changes, sizeof *stack);
    size_t n = 0;
    if (!stack)
        return error_memory(err);
    for (size_t i = 0; i < h->n_changes; i++) {
        const history_change *change = &h->changes[i];
        if (!change->has_happened)
            continue;
        while (change->is_rollback && n > 0 && stack[n - 1] != change->version)
            n--;
        if (n == 0 || stack[n - 1] != change->version)
            stack[n++] = change->version;
    }
    if (n > 0 && stack[n - 1] == champion)
        n--;
    *ret_version = n > 0 ? stack[n - 1] : 0;
    free(stack);
    return TRIAGE_OK;
}

/* --- appending -------------------------------------------------------------------------------- */

triage_status history_check_texts(const char *who, const char *reason, triage_error *err)
{
    if (strnlen(who, HISTORY_TEXT_MAX + 1) > HISTORY_TEXT_MAX ||
        strnlen(reason, HISTORY_TEXT_MAX + 1) > HISTORY_TEXT_MAX)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "who and reason may have %d bytes in the history", HISTORY_TEXT_MAX);
    return TRIAGE_OK;
}

static void write_text(json_writer *w, const char *key, const char *value)
{
    json_write_key(w, key);
    json_write_text(w, value);
}

static void write_event(const registry_event *event, buffer *out)
{
    json_writer w = {.out = out};
    json_begin_object(&w);
    json_write_key(&w, "at");
    json_write_int(&w, event->at);
    write_text(&w, "action", event->action);
    write_text(&w, "version", event->version);
    write_text(&w, "previous", event->previous);
    write_text(&w, "who", event->who);
    write_text(&w, "reason", event->reason);
    json_end_object(&w);
    buffer_append_char(out, '\n');
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            if (written == 0)
                errno = ENOSPC;
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* Appends behind a line feed of its own if the last line was cut off. 0, or the errno. */
static int append_line(int fd, const registry_event *event, off_t size)
{
    buffer line = {0};
    char last = '\n';
    int failed = 0;
    if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
        return EIO;
    if (last != '\n')
        buffer_append_char(&line, '\n');
    write_event(event, &line);
    if (line.failed)
        failed = ENOMEM;
    else if (!write_all(fd, line.data, line.length) || fdatasync(fd) != 0) {
        failed = errno;
        /* Best effort: what stays is a torn line, or a change that has not happened. */
        if (ftruncate(fd, size) != 0)
            failed = failed ? failed : errno;
    }
    buffer_free(&line);
    return failed;
}

triage_status history_append(const char *path, const registry_event *event, bool *ret_is_new,
                             triage_error *err)
{
    struct stat facts;
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd < 0 && errno == ELOOP)
        return error_set(err, TRIAGE_ERROR_DATA, "'%s' is a symbolic link", path);
    if (fd < 0)
        return error_errno(err, errno, "cannot open", path);
    triage_status status = TRIAGE_OK;
    if (fstat(fd, &facts) != 0)
        status = error_errno(err, errno, "cannot read", path);
    else if (!S_ISREG(facts.st_mode))
        status = error_set(err, TRIAGE_ERROR_DATA, "'%s' is not a regular file", path);
    else {
        int failed = append_line(fd, event, facts.st_size);
        if (failed)
            status = error_errno(err, failed, "cannot write", path);
    }
    if (close(fd) != 0 && status == TRIAGE_OK)
        status = error_errno(err, errno, "cannot write", path);
    if (status == TRIAGE_OK)
        *ret_is_new = facts.st_size == 0;
    return status;
}

/* --- taken over from elsewhere ---------------------------------------------------------------- */

static triage_status check_event(const registry_event *event, triage_error *err)
{
    uint64_t number;
    if (!version_name_parse(event->version, &number) ||
        (event->previous[0] && !version_name_parse(event->previous, &number)) || event->at < 0 ||
        strnlen(event->action, HISTORY_TEXT_MAX + 1) > HISTORY_TEXT_MAX ||
        history_check_texts(event->who, event->reason, NULL) != TRIAGE_OK)
        return error_set(err, TRIAGE_ERROR_DATA, "an event of version '%.60s' fits no history",
                         event->version);
    return TRIAGE_OK;
}

triage_status history_replace(const char *path, const registry_event *events, size_t n,
                              triage_error *err)
{
    buffer text = {0}, old = {0};
    bool exists;
    triage_status status = folder_read(path, HISTORY_MAX_BYTES, &old, &exists, err);
    for (size_t i = 0; i < n && status == TRIAGE_OK; i++) {
        status = check_event(&events[i], err);
        if (status == TRIAGE_OK)
            write_event(&events[i], &text);
    }
    if (status == TRIAGE_OK && text.failed)
        status = error_memory(err);
    if (status == TRIAGE_OK &&
        (old.length != text.length || memcmp(old.data, text.data, text.length) != 0))
        status = file_write_atomic(path, text.data, text.length, err);
    buffer_free(&text);
    buffer_free(&old);
    return status;
}
