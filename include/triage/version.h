/* SPDX-License-Identifier: MIT */
/* The version of libtriage. */
#ifndef TRIAGE_VERSION_H
#define TRIAGE_VERSION_H

#include "triage/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRIAGE_VERSION "0.1.0"

/* The version of the library that is linked, such as "0.1.0"; static string. Thread-safe. */
TRIAGE_API const char *triage_version(void);

#ifdef __cplusplus
}
#endif

#endif
