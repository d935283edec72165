/* SPDX-License-Identifier: MIT */
/* Noting SIGINT and SIGTERM. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler can reach nothing but a global. */
static volatile sig_atomic_t caught_signal;

static void note_signal(int number)
{
    caught_signal = number;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_has_come(void)
{
    return caught_signal != 0;
}

void interrupt_end(void)
{
    if (caught_signal != 0)
        raise(caught_signal);
}
