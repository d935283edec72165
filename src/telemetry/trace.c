/* SPDX-License-Identifier: MIT */
/* W3C trace context: reading and writing `traceparent`, and new ids. */
#define _GNU_SOURCE
#include "telemetry/trace.h"

#include "base/hash.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* Where the fields of "00-<trace-id>-<parent-id>-<flags>" begin. */
#define TRACE_ID_AT      3
#define PARENT_ID_AT     36
#define FLAGS_AT         53
#define PARENT_LENGTH    (TRACE_PARENT_SIZE - 1)
#define TRACE_ID_LENGTH  32
#define PARENT_ID_LENGTH 16

/* Of some hundred requests' ids. */
#define POOL_BYTES 4096

/*
 * Random bytes of the system, many at a time, as each call costs. One of the few variables of the
 * services that can be written: a thread's own, so that ids need neither a lock nor an argument.
 */
static _Thread_local struct id_pool {
    unsigned char bytes[POOL_BYTES];
    size_t n_left;
} pool;

/* Without the system's randomness (before Linux 3.17): the time and the place in memory differ
 * enough for ids, which are no secrets. */
static size_t fill_without_system(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = (uint64_t)now.tv_nsec ^ ((uint64_t)now.tv_sec << 30) ^ (uintptr_t)&pool;
    for (size_t i = 0; i < POOL_BYTES; i += sizeof state) {
        uint64_t word = hash_mix(state += 0x9E3779B97F4A7C15u);
        memcpy(pool.bytes + i, &word, sizeof word);
    }
    return POOL_BYTES;
}

/* A signal may cut a long answer short, but not below 256 bytes. */
static void fill_pool(void)
{
    ssize_t n = getrandom(pool.bytes, POOL_BYTES, 0);
    pool.n_left = n >= 256 ? (size_t)n : fill_without_system();
}

/* `n_digits` random hexadecimal digits (2 for each byte) and a NUL, not all of them 0. */
static void make_id(size_t n_digits, char *ret_id)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char any;
    do {
        any = 0;
        if (pool.n_left < n_digits / 2) {
            fill_pool();
        }
        for (size_t i = 0; i < n_digits; i += 2) {
            unsigned char byte = pool.bytes[--pool.n_left];
            ret_id[i] = digits[byte >> 4];
            ret_id[i + 1] = digits[byte & 15];
            any |= byte;
        }
    } while (any == 0);
    ret_id[n_digits] = '\0';
}

/* The value of a lower-case hexadecimal digit, or -1. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool are_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (digit_value(text[i]) < 0)
            return false;
    return true;
}

/* Digits, of which one is not 0. */
static bool is_id(const char *text, size_t length)
{
    size_t n_zeros = 0;
    while (n_zeros < length && text[n_zeros] == '0')
        n_zeros++;
    return n_zeros < length && are_digits(text, length);
}

/* Version 00 is these 55 characters and no more; of a later version they are the beginning. */
static bool is_valid(const char *text, size_t length)
{
    if (length < PARENT_LENGTH || !are_digits(text, 2) || memcmp(text, "ff", 2) == 0)
        return false;
    if (length > PARENT_LENGTH && (memcmp(text, "00", 2) == 0 || text[PARENT_LENGTH] != '-'))
        return false;
    return text[2] == '-' && text[PARENT_ID_AT - 1] == '-' && text[FLAGS_AT - 1] == '-' &&
           is_id(text + TRACE_ID_AT, TRACE_ID_LENGTH) &&
           is_id(text + PARENT_ID_AT, PARENT_ID_LENGTH) && are_digits(text + FLAGS_AT, 2);
}

void trace_begin(const char *traceparent, size_t length, trace_context *ret_trace)
{
    trace_context t = {.is_sampled = true};
    make_id(PARENT_ID_LENGTH, t.span_id);
    if (traceparent && is_valid(traceparent, length)) {
        memcpy(t.trace_id, traceparent + TRACE_ID_AT, TRACE_ID_LENGTH);
        memcpy(t.parent_id, traceparent + PARENT_ID_AT, PARENT_ID_LENGTH);
        t.is_sampled = digit_value(traceparent[FLAGS_AT + 1]) & 1;
    } else {
        make_id(TRACE_ID_LENGTH, t.trace_id);
    }
    *ret_trace = t;
}

void trace_write(const trace_context *trace, char ret_traceparent[TRACE_PARENT_SIZE])
{
    snprintf(ret_traceparent, TRACE_PARENT_SIZE, "00-%.*s-%.*s-%s", TRACE_ID_LENGTH,
             trace->trace_id, PARENT_ID_LENGTH, trace->span_id, trace->is_sampled ? "01" : "00");
}
