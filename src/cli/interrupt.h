/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C and SIGTERM while something is being made: the first one asks the work to end at the next
 * step, a second one ends the process at once.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on signals are noted. */
void interrupt_catch(void);

/* Whether one has come. */
bool interrupt_has_come(void);

/* Ends the process by the signal that has come, as its caller expects it; returns if none has. */
void interrupt_end(void);

#endif
