/* SPDX-License-Identifier: MIT */
/*
 * Status codes and error details of libtriage.
 *
 * Every function that can fail for more than one reason returns a `triage_status`. Details (which
 * file, which line, which value) go to an optional `triage_error`, which the caller owns. Output
 * parameters named `ret_...` are left untouched on failure.
 */
#ifndef TRIAGE_STATUS_H
#define TRIAGE_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TRIAGE_API     __attribute__((visibility("default")))
#define TRIAGE_CHECKED __attribute__((warn_unused_result))
#else
#define TRIAGE_API
#define TRIAGE_CHECKED
#endif

/* X(code, text): the only list of status codes; the texts are what triage_status_text() returns. */
#define TRIAGE_STATUS_ROWS(X)                                                                      \
    X(OK, "done")                                                                                  \
    X(ERROR_ARGUMENT, "wrong argument")                                                            \
    X(ERROR_MEMORY, "out of memory")                                                               \
    X(ERROR_IO, "input or output failed")                                                          \
    X(ERROR_DATA, "bad input data")                                                                \
    X(ERROR_MODEL, "bad model file")                                                               \
    X(ERROR_VERSION, "model file of a newer version")                                              \
    X(ERROR_PERMISSION, "not permitted")                                                           \
    X(ERROR_CANCELLED, "cancelled")

typedef enum triage_status {
#define TRIAGE_STATUS_ENUM(code, text) TRIAGE_##code,
    TRIAGE_STATUS_ROWS(TRIAGE_STATUS_ENUM)
#undef TRIAGE_STATUS_ENUM
        TRIAGE_N_STATUS
} triage_status;

/* Size in bytes of the message in a triage_error, its terminating NUL included. */
#define TRIAGE_ERROR_MESSAGE_SIZE 512

/* What went wrong, in one sentence for a person. Plain data: no function frees it. */
typedef struct triage_error {
    triage_status status;
    char
        message[TRIAGE_ERROR_MESSAGE_SIZE]; /* UTF-8, NUL-terminated, cut at a character boundary */
} triage_error;

/*
 * A short fixed text for `status`, such as "bad model file"; "unknown status" for any other value.
 * Never NULL; the string is static. Thread-safe.
 */
TRIAGE_API const char *triage_status_text(triage_status status);

#ifdef __cplusplus
}
#endif

#endif
