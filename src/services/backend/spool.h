/* SPDX-License-Identifier: MIT */
/*
 * An answer that grows while a request is still being read: in memory as long as it is small, then
 * in a file without a name, so that memory stays constant and nothing is left behind. Thread-owned.
 */
#ifndef SERVICES_BACKEND_SPOOL_H
#define SERVICES_BACKEND_SPOOL_H

#include "http/request.h"

/* Zero-initialise with `folder` set and `fd` -1. */
typedef struct spool {
    const char *folder; /* borrowed */
    buffer memory;      /* append to it, then call spool_settle() */
    int fd;             /* -1: all is in memory */
    uint64_t length;    /* in the file */
    int fault;          /* errno of the first failure */
} spool;

/* Moves what is in memory to the file if it has become much. */
void spool_settle(spool *s);

/* Answers with all of it, or with a problem if anything failed. */
void spool_reply(spool *s, http_exchange *x, const char *content_type);

void spool_free(spool *s);

#endif
