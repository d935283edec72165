/* SPDX-License-Identifier: MIT */
/* For tests of reading: the events of a read, one a line, as text. */
#ifndef TEST_DATA_SUPPORT_H
#define TEST_DATA_SUPPORT_H

#include "base/buffer.h"
#include "triage/dataset.h"

#include <string.h>

/* `context` is a buffer. "bad LINE reason", "guess ...", "merged ..."; progress is left out. */
static inline void record_event(void *context, const triage_read_event *event)
{
    static const char *const names[] = {"bad", "guess", "merged"};
    if (event->kind == TRIAGE_READ_PROGRESS)
        return;
    buffer_printf(context, "%s", names[event->kind]);
    if (event->line > 0)
        buffer_printf(context, " %llu", (unsigned long long)event->line);
    buffer_printf(context, " %s\n", event->message);
}

/* buffer_string(), "" for an empty one. */
static inline const char *text_of(buffer *b)
{
    const char *text = buffer_string(b);
    return text ? text : "";
}

#endif
