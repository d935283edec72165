/* SPDX-License-Identifier: MIT */
/*
 * Being the first process of a container (process 1), without another program such as tini before
 * it. For it the kernel leaves out what it does for all others: a signal without a handler is lost
 * instead of ending it, and it inherits the children of processes that have ended.
 */
#ifndef CLI_FIRST_PROCESS_H
#define CLI_FIRST_PROCESS_H

/*
 * If this is process 1, takes care of both: signals that would end another program end this one,
 * with exit code 128 + number, and children end without leaving anything (the program itself starts
 * none). Services block the signals afterwards and end in order. Nothing otherwise.
 */
void first_process_prepare(void);

#endif
