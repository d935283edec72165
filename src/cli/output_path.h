/* SPDX-License-Identifier: MIT */
/* Whether a file may be written at a path: asked before the work that it costs is done. */
#ifndef CLI_OUTPUT_PATH_H
#define CLI_OUTPUT_PATH_H

#include "triage/status.h"

/*
 * Only a regular file, or nothing, may stand at `path`: writing replaces what is there by renaming,
 * which would turn a device into a file. ERROR_IO, ERROR_PERMISSION.
 */
triage_status output_path_check(const char *path, triage_error *err) TRIAGE_CHECKED;

#endif
