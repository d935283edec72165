/* SPDX-License-Identifier: MIT */
/*
 * The signals of a service: SIGTERM and SIGINT end it, SIGHUP has it read its files again. They are
 * blocked in all threads and taken by the main thread alone, which waits for nothing else.
 */
#ifndef SERVICES_PROCESS_H
#define SERVICES_PROCESS_H

#include <stdbool.h>

typedef enum process_signal { PROCESS_ENDS, PROCESS_RELOADS } process_signal;

/* Blocks the signals; before any thread is started. A write to a closed pipe or socket is an error,
 * not a signal, and a file that grows over its limit is, too. */
void process_block_signals(void);

/* Waits for the next signal. */
process_signal process_wait(void);

/* Tells a service manager that waits for it (NOTIFY_SOCKET of systemd) that the service is ready.
 */
void process_tell_ready(void);

#endif
