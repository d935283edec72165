/* SPDX-License-Identifier: MIT */
/* The `triage` command. */
#include "triage/status.h"

int main(void)
{
    return 0;
}
