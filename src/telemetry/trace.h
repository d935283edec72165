/* SPDX-License-Identifier: MIT */
/*
 * W3C trace context: a request's ids, continued from the caller's `traceparent` or begun. Ids are
 * random, from the operating system. Thread-safe; a fork() must be followed by an exec(), or both
 * processes would give the same ids.
 */
#ifndef TELEMETRY_TRACE_H
#define TELEMETRY_TRACE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct trace_context {
    char trace_id[33];  /* 32 lower-case hexadecimal digits */
    char parent_id[17]; /* the caller's span; "" if begun here */
    char span_id[17];   /* this request's span */
    bool is_sampled;    /* as the caller says; true if begun here */
} trace_context;

/* "00-" + 32 + "-" + 16 + "-" + 2 digits. */
#define TRACE_PARENT_SIZE 56

/*
 * Continues `traceparent` (may be NULL; `length` bytes), or begins a trace if it is not valid: not
 * of the form, upper-case digits, an id of zeros, version ff. Of a later version than 00 the four
 * known fields are read. If parent_id comes out as "", a `tracestate` that came along is not to be
 * passed on.
 */
void trace_begin(const char *traceparent, size_t length, trace_context *ret_trace);

/* The header for a call that this request makes. */
void trace_write(const trace_context *trace, char ret_traceparent[TRACE_PARENT_SIZE]);

#endif
