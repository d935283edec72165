/* SPDX-License-Identifier: MIT */
/* W3C trace context: a request's ids, continued from the caller's `traceparent` or begun. */
#ifndef TELEMETRY_TRACE_H
#define TELEMETRY_TRACE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct trace_context {
    char trace_id[33];  /* 32 lower-case hexadecimal digits */
    char parent_id[17]; /* the caller's span; "" if begun here */
    char span_id[17];   /* this request's span */
    bool is_sampled;
} trace_context;

/* "00-" + 32 + "-" + 16 + "-" + 2 digits. */
#define TRACE_PARENT_SIZE 56

/* Continues `traceparent` (may be NULL), or begins a trace if it is not valid. */
void trace_begin(const char *traceparent, size_t length, trace_context *ret_trace);

/* The header for a call that this request makes. */
void trace_write(const trace_context *trace, char ret_traceparent[TRACE_PARENT_SIZE]);

#endif
