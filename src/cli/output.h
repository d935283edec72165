/* SPDX-License-Identifier: MIT */
/*
 * Standard output, buffered. A write that fails is remembered: the rest is thrown away, and
 * output_close() tells. Thread-owned.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/buffer.h"
#include "cli/console.h"
#include "cli/exit_code.h"

#include <stdbool.h>

typedef struct output {
    buffer text;      /* append to it freely, then call output_flush_if_full() */
    int failed_errno; /* of the first write that failed; 0: none */
} output;

/* Writes what `text` holds if it is as much as is worth a system call. */
void output_flush_if_full(output *o);

/* Writes all that `text` holds. */
void output_flush(output *o);

/* Whether the rest of the work is in vain: nothing more can be written. */
bool output_has_failed(const output *o);

/*
 * Flushes and frees. EXIT_CODE_DONE if all was written; otherwise EXIT_CODE_FAILED, with a message
 * unless it was only that the reader has closed its end, as `head` does.
 */
exit_code output_close(output *o, console *c);

#endif
