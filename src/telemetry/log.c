/* SPDX-License-Identifier: MIT */
/*
 * Log lines: made in memory that a line has for itself, so that threads meet only where a finished
 * line is copied into the queue.
 */
#define _GNU_SOURCE
#include "telemetry/log.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/utf8.h"
#include "telemetry/log_writer.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The version of the Elastic Common Schema whose names are used. */
#define ECS_VERSION "8.11.0"

/* Lines with memory of their own that is kept; more at one time are made and freed. */
#define N_LINES 64
/* How many of them a thread tries before it makes one. */
#define N_TRIES 8
/* A line that grew beyond this gives its memory back. */
#define KEPT_LINE_BYTES 4096

/* "2026-01-31T12:31:05.123456Z" */
#define TIMESTAMP_LENGTH 27
#define SECOND_LENGTH    19

struct log_line {
    _Alignas(64) atomic_bool is_taken;
    bool is_extra; /* not one of the N_LINES: freed at its end */
    bool is_failed;
    log_level level;
    log_output *log;
    buffer text;
    json_writer json;
    time_t second; /* whose text is in `second_text`; (time_t)-1: none */
    char second_text[SECOND_LENGTH + 1];
};

struct log_output {
    log_line lines[N_LINES];
    log_level level;
    bool is_for_people;
    buffer fixed; /* the members that all lines have, without braces */
    log_writer *writer;
};

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
/* Of equal width, for people. */
static const char *const level_columns[] = {" debug ", " info  ", " warn  ", " error "};

bool log_level_parse(const char *name, log_level *ret_level)
{
    for (int i = LOG_DEBUG; i <= LOG_OFF; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (log_level)i;
            return true;
        }
    }
    return false;
}

static void write_member(json_writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    json_write_key(w, key);
    json_write_text(w, value);
}

/* What is the same in all lines is written once. */
static void make_fixed(log_output *log, const log_options *options)
{
    buffer dataset = {0}, object = {0};
    json_writer w = {.out = &object};
    json_begin_object(&w);
    write_member(&w, "ecs.version", ECS_VERSION);
    write_member(&w, "service.name", options->service_name);
    write_member(&w, "service.version", options->service_version);
    json_write_key(&w, "process.pid");
    json_write_int(&w, getpid());
    if (options->service_name) {
        buffer_append_text(&dataset, options->service_name);
        buffer_append_text(&dataset, ".log");
        write_member(&w, "event.dataset", buffer_string(&dataset));
    }
    json_end_object(&w);
    if (object.length > 2)
        buffer_append(&log->fixed, object.data + 1, object.length - 2);
    log->fixed.failed |= object.failed || dataset.failed;
    buffer_free(&object);
    buffer_free(&dataset);
}

static void free_log(log_output *log)
{
    for (size_t i = 0; i < N_LINES; i++)
        buffer_free(&log->lines[i].text);
    buffer_free(&log->fixed);
    free(log);
}

static void init_line(log_line *line, log_output *log, bool is_extra)
{
    *line = (log_line){.is_extra = is_extra, .log = log, .second = (time_t)-1};
}

triage_status log_open(const log_options *options, log_output **ret_log, triage_error *err)
{
    log_output *log = mem_new_aligned(1, sizeof *log);
    if (!log)
        return error_memory(err);
    memset(log, 0, sizeof *log);
    for (size_t i = 0; i < N_LINES; i++)
        init_line(&log->lines[i], log, false);
    log->level = options->level;
    log->is_for_people = options->is_for_people;
    make_fixed(log, options);
    triage_status status =
        log->fixed.failed ? error_memory(err) : log_writer_open(options->path, &log->writer, err);
    if (status) {
        free_log(log);
        return status;
    }
    *ret_log = log;
    return TRIAGE_OK;
}

triage_status log_reopen(log_output *log, triage_error *err)
{
    return log_writer_reopen(log->writer, err);
}

void log_close(log_output *log)
{
    if (!log)
        return;
    log_writer_close(log->writer);
    free_log(log);
}

void log_flush(log_output *log)
{
    log_writer_flush(log->writer);
}

uint64_t log_n_dropped(const log_output *log)
{
    return log_writer_n_dropped(log->writer);
}

/* A line that no other thread has; each thread begins its search at a place of its own. */
static log_line *take_line(log_output *log)
{
    size_t first = (size_t)hash_mix((uint64_t)pthread_self());
    for (size_t i = 0; i < N_TRIES; i++) {
        log_line *line = &log->lines[(first + i) % N_LINES];
        if (!atomic_load_explicit(&line->is_taken, memory_order_relaxed) &&
            !atomic_exchange_explicit(&line->is_taken, true, memory_order_acquire))
            return line;
    }
    log_line *line = mem_new_aligned(1, sizeof *line);
    if (line)
        init_line(line, log, true);
    return line;
}

static void give_back(log_line *line)
{
    if (line->is_extra) {
        buffer_free(&line->text);
        free(line);
        return;
    }
    if (line->text.capacity > KEPT_LINE_BYTES)
        buffer_free(&line->text);
    atomic_store_explicit(&line->is_taken, false, memory_order_release);
}

/* `digits` decimal digits of `value`, with zeros in front. */
static void put_digits(char *at, int digits, unsigned value)
{
    for (int i = digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
}

/* "2026-01-31T12:31:05", calculated once a second for each line's memory. */
static const char *second_text(log_line *line, time_t second, bool is_local)
{
    struct tm t;
    if (second == line->second)
        return line->second_text;
    if (!(is_local ? localtime_r(&second, &t) : gmtime_r(&second, &t)))
        memset(&t, 0, sizeof t);
    memcpy(line->second_text, "0000-00-00T00:00:00", SECOND_LENGTH + 1);
    put_digits(line->second_text, 4, (unsigned)(t.tm_year + 1900));
    put_digits(line->second_text + 5, 2, (unsigned)(t.tm_mon + 1));
    put_digits(line->second_text + 8, 2, (unsigned)t.tm_mday);
    put_digits(line->second_text + 11, 2, (unsigned)t.tm_hour);
    put_digits(line->second_text + 14, 2, (unsigned)t.tm_min);
    put_digits(line->second_text + 17, 2, (unsigned)t.tm_sec);
    line->second = second;
    return line->second_text;
}

static void begin_json(log_line *line, struct timespec now, const char *action, const char *message)
{
    json_writer *w = &line->json;
    char timestamp[TIMESTAMP_LENGTH];
    memcpy(timestamp, second_text(line, now.tv_sec, false), SECOND_LENGTH);
    timestamp[SECOND_LENGTH] = '.';
    put_digits(timestamp + SECOND_LENGTH + 1, 6, (unsigned)(now.tv_nsec / 1000));
    timestamp[TIMESTAMP_LENGTH - 1] = 'Z';
    *w = (json_writer){.out = &line->text};
    json_begin_object(w);
    json_write_key(w, "@timestamp");
    json_write_string(w, timestamp, sizeof timestamp);
    write_member(w, "log.level", level_names[line->level]);
    write_member(w, "message", message);
    json_write_members(w, line->log->fixed.data, line->log->fixed.length);
    write_member(w, "event.action", action);
}

/*
 * Text for a terminal: what could move its cursor (C0, DEL, and C1 as UTF-8) is shown as an escape,
 * what is not UTF-8 as U+FFFD.
 */
static void append_visible(buffer *out, const char *text, size_t length, bool is_quoted)
{
    while (length > 0) {
        size_t valid = utf8_valid_length(text, length);
        for (size_t i = 0; i < valid; i++) {
            unsigned char c = (unsigned char)text[i];
            bool is_c1 = c == 0xC2 && (unsigned char)text[i + 1] < 0xA0;
            if (c == '\n')
                buffer_append_text(out, "\\n");
            else if (c == '"' && is_quoted)
                buffer_append_text(out, "\\\"");
            else if (c < 0x20 || c == 0x7F || is_c1)
                buffer_printf(out, "\\u%04x", is_c1 ? (unsigned char)text[++i] : c);
            else
                buffer_append_char(out, text[i]);
        }
        text += valid;
        length -= valid;
        if (length > 0) {
            buffer_append_text(out, "\xEF\xBF\xBD");
            text++;
            length--;
        }
    }
}

static void begin_plain(log_line *line, struct timespec now, const char *message)
{
    buffer_append(&line->text, second_text(line, now.tv_sec, true) + 11, 8);
    buffer_append_text(&line->text, level_columns[line->level]);
    append_visible(&line->text, message, strlen(message), false);
}

log_line *log_begin(log_output *log, log_level level, const char *action, const char *message)
{
    if (!log || level < log->level || level >= LOG_OFF)
        return NULL;
    log_line *line = take_line(log);
    if (!line) {
        log_writer_drop(log->writer);
        return NULL;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    line->level = level;
    buffer_clear(&line->text);
    message = message ? message : "";
    if (log->is_for_people)
        begin_plain(line, now, message);
    else
        begin_json(line, now, action, message);
    return line;
}

/* Writes `key` unless the line is too long with a value of up to `length` bytes. */
static bool begin_member(log_line *line, const char *key, size_t length)
{
    if (line->text.length + strlen(key) + length > LOG_LINE_MAX_BYTES)
        return false;
    if (line->log->is_for_people) {
        buffer_append_char(&line->text, ' ');
        buffer_append_text(&line->text, key);
        buffer_append_char(&line->text, '=');
    } else {
        json_write_key(&line->json, key);
    }
    return true;
}

/* A number, true, false or null. */
static void put_plain(log_line *line, const char *key, const char *value, size_t length)
{
    if (!begin_member(line, key, length))
        return;
    if (line->log->is_for_people)
        buffer_append(&line->text, value, length);
    else
        json_write_raw(&line->json, value, length);
}

/* In quotes if its end could not be seen otherwise. */
static void append_for_people(buffer *out, const char *value, size_t length)
{
    bool is_quoted = length == 0;
    for (size_t i = 0; i < length; i++)
        is_quoted |= value[i] == ' ' || value[i] == '"' || value[i] == '=';
    if (is_quoted)
        buffer_append_char(out, '"');
    append_visible(out, value, length, is_quoted);
    if (is_quoted)
        buffer_append_char(out, '"');
}

void log_text_n(log_line *line, const char *key, const char *value, size_t length)
{
    if (!line || !value)
        return;
    if (length > LOG_VALUE_MAX_BYTES) {
        length = LOG_VALUE_MAX_BYTES;
        while (length > LOG_VALUE_MAX_BYTES - 3 && ((unsigned char)value[length] & 0xC0) == 0x80)
            length--;
    }
    if (!begin_member(line, key, length))
        return;
    if (line->log->is_for_people)
        append_for_people(&line->text, value, length);
    else
        json_write_string(&line->json, value, length);
}

void log_text(log_line *line, const char *key, const char *value)
{
    if (value)
        log_text_n(line, key, value, strlen(value));
}

void log_int(log_line *line, const char *key, int64_t value)
{
    if (!line)
        return;
    char text[24];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        text[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        text[--at] = '-';
    put_plain(line, key, text + at, sizeof text - at);
}

/*
 * "12.5": `decimals` digits behind the point, zeros at the end left off. By whole numbers alone,
 * which takes a tenth of the time of the shortest exact form. |value| < 1e15 / 10^decimals. The
 * length.
 */
static size_t format_fixed(double value, int decimals, char ret_text[NUMBER_TEXT_SIZE])
{
    uint64_t unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    uint64_t units = (uint64_t)(fabs(value) * (double)unit + 0.5);
    unsigned whole = (unsigned)(units / unit), rest = (unsigned)(units % unit);
    size_t at = 0;
    if (value < 0)
        ret_text[at++] = '-';
    int digits = 1;
    for (uint64_t power = 10; power <= whole; power *= 10)
        digits++;
    put_digits(ret_text + at, digits, whole);
    at += (size_t)digits;
    if (rest == 0)
        return at;
    ret_text[at] = '.';
    put_digits(ret_text + at + 1, decimals, rest);
    at += 1 + (size_t)decimals;
    while (ret_text[at - 1] == '0')
        at--;
    return at;
}

void log_real(log_line *line, const char *key, double value)
{
    char text[NUMBER_TEXT_SIZE];
    double size = fabs(value);
    if (!line)
        return;
    if (!isfinite(value))
        put_plain(line, key, "null", 4);
    else if (size == 0 || (size >= 0.1 && size < 1e9))
        put_plain(line, key, text, format_fixed(value, 6, text));
    else if (size >= 1e-4 && size < 0.1)
        put_plain(line, key, text, format_fixed(value, 9, text));
    else
        put_plain(line, key, text, number_format_double(value, text));
}

void log_bool(log_line *line, const char *key, bool value)
{
    if (line)
        put_plain(line, key, value ? "true" : "false", value ? 4 : 5);
}

void log_end(log_line *line)
{
    if (!line)
        return;
    log_writer *writer = line->log->writer;
    if (!line->log->is_for_people)
        json_end_object(&line->json);
    buffer_append_char(&line->text, '\n');
    if (line->text.failed)
        log_writer_drop(writer);
    else
        log_writer_append(writer, line->text.data, line->text.length, line->level >= LOG_WARN);
    give_back(line);
}
