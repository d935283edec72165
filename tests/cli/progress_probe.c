/* SPDX-License-Identifier: MIT */
/*
 * Shows a progress bar by a clock of its own, in which every look takes 0.06 seconds: what is drawn
 * does not depend on the speed of the machine.
 */
#include "base/clock.h"
#include "cli/console.h"

/* Stands in for the library's clock, which the linker then leaves out. */
double clock_seconds(void)
{
    static double now;
    now += 0.06;
    return now;
}

int main(void)
{
    console c = console_new("probe");
    for (uint64_t i = 0; i <= 20; i++)
        progress_update(&c.progress, "fit", PROGRESS_IN_STEPS, i * 1000, 20000);
    console_note(&c, "a line");
    for (uint64_t i = 0; i <= 10; i++)
        progress_update(&c.progress, "read", PROGRESS_IN_BYTES, i << 20, 0);
    for (uint64_t i = 0; i <= 3; i++)
        progress_update(&c.progress, "short", PROGRESS_IN_STEPS, i, 4);
    progress_clear(&c.progress);
    return 0;
}
