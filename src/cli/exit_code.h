/* SPDX-License-Identifier: MIT */
/* The exit codes of the `triage` command, and which status of the library gives which. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

#include "triage/status.h"

/* X(name, number, meaning): the only list; the manual prints it. */
#define EXIT_CODE_ROWS(X)                                                                          \
    X(DONE, 0, "done")                                                                             \
    X(FAILED, 1, "failed: out of memory, a file that cannot be read or written, interrupted")      \
    X(USAGE, 2, "wrong usage: an unknown command or option, a value out of range")                 \
    X(DATA, 3, "bad input data: no such column, no usable ticket, a bad row with --strict")        \
    X(MODEL, 4, "bad model file: not a model, damaged, or written by a newer version")             \
    X(REACH, 5, "not permitted or not reachable")

typedef enum exit_code {
#define EXIT_CODE_ENUM(name, number, meaning) EXIT_CODE_##name = (number),
    EXIT_CODE_ROWS(EXIT_CODE_ENUM)
#undef EXIT_CODE_ENUM
} exit_code;

static inline exit_code exit_code_of(triage_status status)
{
    switch (status) {
    case TRIAGE_OK: return EXIT_CODE_DONE;
    case TRIAGE_ERROR_ARGUMENT: return EXIT_CODE_USAGE;
    case TRIAGE_ERROR_DATA: return EXIT_CODE_DATA;
    case TRIAGE_ERROR_MODEL:
    case TRIAGE_ERROR_VERSION: return EXIT_CODE_MODEL;
    case TRIAGE_ERROR_PERMISSION: return EXIT_CODE_REACH;
    case TRIAGE_ERROR_MEMORY:
    case TRIAGE_ERROR_IO:
    case TRIAGE_ERROR_CANCELLED:
    case TRIAGE_N_STATUS: break;
    }
    return EXIT_CODE_FAILED;
}

#endif
