/* SPDX-License-Identifier: MIT */
/* Handlers for what has none. */
#include "cli/first_process.h"

#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void end_by(int number)
{
    _exit(128 + number);
}

void first_process_prepare(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};
    struct sigaction action;
    if (getpid() != 1)
        return;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = end_by;
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaction(ending[i], &action, NULL);
    /* Ignored, so that the kernel takes the children away itself. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &action, NULL);
}
