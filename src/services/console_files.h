/* SPDX-License-Identifier: MIT */
/*
 * The built console (web/dist) over HTTP. Its files are listed and read once, at the start; each is
 * a route of its own, so that no name that a client sends ever reaches the file system.
 *
 * Thread-safety: immutable once opened.
 */
#ifndef SERVICES_CONSOLE_FILES_H
#define SERVICES_CONSOLE_FILES_H

#include "http/server.h"
#include "triage/status.h"

typedef struct console_files console_files;

/*
 * Reads the files of `folder` and of its subfolder `assets`; NAME.gz is what NAME is sent as to
 * those who take gzip. ERROR_IO (also if there is no index.html), ERROR_PERMISSION, ERROR_DATA (too
 * many or too large files), ERROR_MEMORY.
 */
triage_status console_files_open(const char *folder, console_files **ret_files,
                                 triage_error *err) TRIAGE_CHECKED;
/* The server must have stopped. NULL is fine. */
void console_files_close(console_files *console);

/* Its routes, for the service `console` and an empty prefix. */
const http_route *console_files_routes(const console_files *console, size_t *ret_n_routes);

#endif
