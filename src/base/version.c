/* SPDX-License-Identifier: MIT */
/* The version of the library. */
#include "triage/version.h"

const char *triage_version(void)
{
    return TRIAGE_VERSION;
}
